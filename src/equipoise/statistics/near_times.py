# SPDX-License-Identifier: Apache-2.0
"""Join times that differ only by rounding error, for those who want R's answer to near ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.observations import Floats, as_times

TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))


def join_near_times(time: ArrayLike) -> Floats:
    """Times (n,) with each run of near-equal ones replaced by its smallest.

    Two neighbours are joined when their gap is at most 1.5e-8, or at most that part of the mean
    distinct time, as R survival does by default (`timefix`). No method here does it unasked:
    with times from 1e-6 to 1e6 it joins times that really differ.
    Source: R survival, help page of `aeqSurv`; vignette "Roundoff error and tied times".
    """
    times = as_times(time)
    distinct = np.unique(times)
    steps = np.diff(distinct)
    near = (steps <= TOLERANCE) | (steps / float(np.mean(distinct)) <= TOLERANCE)
    starts = np.concatenate([[True], ~near])
    joined = distinct[np.flatnonzero(starts)][np.cumsum(starts) - 1]
    out: Floats = joined[np.searchsorted(distinct, times)]
    return out
