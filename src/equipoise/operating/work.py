# SPDX-License-Identifier: Apache-2.0
"""Room that eight trials work in: allocated once, small enough for the processor's cache."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.operating.lanes import WIDTH

LINE = 64
"""Bytes in a cache line: a vector that straddles two costs twice."""


class Work(NamedTuple):
    """Room for eight trials, (rows, 8) each and on a cache line: entry and the end of follow-up on
    the calendar, follow-up with flags, calendar of events, keys of one look, share of arm 1.
    """

    entry: NDArray[np.float64]
    ends: NDArray[np.float64]
    follow: NDArray[np.uint64]
    order: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    share: NDArray[np.float64]
    scratch: NDArray[np.float64]


def make_work(rows: int) -> Work:
    """Uninitialised room for trials of `rows` rows."""
    return Work(
        entry=aligned_rows(rows).view(np.float64),
        ends=aligned_rows(rows).view(np.float64),
        follow=aligned_rows(rows),
        order=aligned_rows(rows),
        keys=aligned_rows(rows),
        share=aligned_rows(rows).view(np.float64),
        scratch=aligned_rows(3).view(np.float64),
    )


def aligned_rows(rows: int) -> NDArray[np.uint64]:
    """Uninitialised (rows, 8) uint64 that begins on a cache line."""
    raw = np.empty(rows * WIDTH + LINE // 8, dtype=np.uint64)
    skip = (-raw.ctypes.data % LINE) // 8
    return raw[skip : skip + rows * WIDTH].reshape(rows, WIDTH)
