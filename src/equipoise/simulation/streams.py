# SPDX-License-Identifier: Apache-2.0
"""Counter-based random numbers: one stream per replicate and purpose.

Philox 4x64 (Salmon et al., SC 2011) gives random block i of a stream as a function of a key and a
counter, without any state carried from one draw to the next. Here the key is (seed, replicate) and
the third word of the counter is a hash of the purpose's name. So a replicate is the same alone or
among others, and a purpose that is added or dropped moves no draw of another purpose.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SMALLEST = 2.0**-54
_SCANS = 16
"""Planned scans whose draws share a stream; later ones have further streams."""


@dataclass(frozen=True, slots=True)
class Streams:
    """What a draw depends on: the seed, the replicates asked for, the patients in each."""

    seed: int
    replicates: tuple[int, ...]
    patients: int
    of: str = ""
    """Whose draws these are where it is not the patients': part of every purpose's name."""

    @property
    def subjects(self) -> int:
        """Rows of every draw: all patients of the first replicate, then of the next."""
        return len(self.replicates) * self.patients


def draw_uniforms(streams: Streams, purpose: str, *, width: int) -> FloatArray:
    """Uniform numbers inside (0, 1), one row of `width` per subject.

    Patients fill the stream one after the other, so later patients do not move earlier ones.
    """
    tag = int.from_bytes(
        blake2b(f"{streams.of}{purpose}".encode(), digest_size=8).digest(), "little"
    )
    counter = np.array([0, 0, tag, 0], dtype=np.uint64)
    out = np.empty((len(streams.replicates), streams.patients * width))
    for row, replicate in zip(out, streams.replicates, strict=True):
        key = np.array([streams.seed, replicate], dtype=np.uint64)
        Generator(Philox(key=key, counter=counter)).random(out=row)
    # 0 itself has no logarithm and no normal quantile; it comes once in 2^53 draws.
    return np.maximum(out, _SMALLEST).reshape(-1, width)


def draw_uniform(streams: Streams, purpose: str) -> FloatArray:
    """One uniform number inside (0, 1) per subject."""
    return draw_uniforms(streams, purpose, width=1)[:, 0]


def draw_per_scan(streams: Streams, purpose: str, *, scans: int, width: int = 1) -> FloatArray:
    """Uniform numbers inside (0, 1): (subjects, scans, width).

    Longer follow-up adds streams, so that it moves no draw of an earlier scan.
    """
    parts = [
        draw_uniforms(
            streams, f"{purpose}.{first}" if first else purpose, width=_SCANS * width
        ).reshape(-1, _SCANS, width)
        for first in range(0, scans, _SCANS)
    ]
    return np.concatenate(parts, axis=1)[:, :scans]
