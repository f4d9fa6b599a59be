# SPDX-License-Identifier: Apache-2.0
"""The weighted rows of R finegray: it differs from cmprsk in who may be censored at a tie."""

from __future__ import annotations

from itertools import pairwise

import numpy as np


def weighted_rows(time, cause, of_interest):
    """Subject, entry, time, event, weight (n, 5) for a weighted Cox model of one cause.

    Those with another event at T stay at risk with weight G(t-) / G(T-). R counts those with an
    event at a time as gone before the censorings of that time; cmprsk counts them as still there.
    """
    cuts = np.unique(time[cause == 0])
    lost = np.array([((time == c) & (cause == 0)).sum() for c in cuts])
    there = np.array([(time > c).sum() for c in cuts]) + lost
    curve = np.concatenate([[1.0], np.cumprod(1.0 - lost / there)])  # after 0, 1, 2 ... cuts
    last = time[cause == of_interest].max()
    rows = []
    for subject, (end, kind) in enumerate(zip(time, cause, strict=True)):
        if kind in (0, of_interest):
            rows.append((subject, 0.0, end, kind == of_interest, 1.0))
            continue
        before = np.searchsorted(cuts, end, side="left")
        edges = [0.0, *cuts[(cuts >= end) & (cuts < last)], max(last, end)]
        for i, (start, stop) in enumerate(pairwise(edges)):
            rows.append((subject, start, stop, 0, curve[before + i] / curve[before]))
    return np.array(rows, dtype=float)
