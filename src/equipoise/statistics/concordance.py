# SPDX-License-Identifier: Apache-2.0
"""Concordance of a risk score with the order of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from equipoise.statistics.cox import CoxFit
from equipoise.statistics.observations import Flags, Floats, Ints


@dataclass(frozen=True, slots=True)
class Concordance:
    """Pairs by whether the higher risk had the earlier event; c = 1 is perfect, 0.5 is chance.

    c = (concordant + tied_x / 2) / (concordant + discordant + tied_x). tied_x: same risk;
    tied_y: both had the event at one time, different risks. std_err: infinitesimal jackknife.
    """

    c: float
    std_err: float
    concordant: float
    discordant: float
    tied_x: float
    tied_y: float


@njit(cache=True, nogil=True)
def _pairs(
    time: Floats, event: Flags, risk: Floats, weight: Floats, entry: Floats, offsets: Ints
) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    """Weighted pair counts (4,) and each row's part in them (n, 3)."""
    total, part = np.zeros(4), np.zeros((time.size, 3))
    for segment in range(offsets.size - 1):
        for i in range(offsets[segment], offsets[segment + 1]):
            if not event[i]:
                continue
            for j in range(offsets[segment], offsets[segment + 1]):
                if j == i or time[j] < time[i] or (entry.size > 0 and entry[j] >= time[i]):
                    continue
                pair = weight[i] * weight[j]
                if time[j] == time[i] and event[j]:
                    if risk[i] != risk[j]:
                        total[3] += 0.5 * pair
                    continue
                kind = 0 if risk[i] > risk[j] else (1 if risk[i] < risk[j] else 2)
                total[kind] += pair
                part[i, kind] += pair
                part[j, kind] += pair
    return total, part


def concordance(fit: CoxFit, *, cluster: Ints | None = None) -> Concordance:
    """Concordance of a fitted Cox model within strata; NaN when no pair can be compared.

    cluster (n,) codes in the caller's row order sum the jackknife parts.
    Source: Harrell et al., JAMA 1982;247:2543-2546; Therneau & Watson 2017 (ties, variance).
    """
    rows = fit.rows
    weight = rows.weight if rows.weight.size else np.ones(rows.time.size)
    risk = rows.x @ fit.beta
    total, part = _pairs(
        rows.time, rows.event, np.round(risk, 12), weight, rows.entry, rows.offsets
    )
    pairs = float(total[:3].sum())
    if pairs == 0.0:
        nan = float("nan")
        return Concordance(nan, nan, 0.0, 0.0, 0.0, float(total[3]))
    c = float(total[0] + 0.5 * total[2]) / pairs
    influence = (part[:, 0] + 0.5 * part[:, 2] - c * part.sum(axis=1)) / pairs
    if cluster is not None:
        influence = np.bincount(cluster[rows.order], influence)
    error = float(np.sqrt(np.sum(influence**2)))
    con, dis, tied_x, tied_y = (float(value) for value in total)
    return Concordance(c, error, con, dis, tied_x, tied_y)
