# SPDX-License-Identifier: Apache-2.0
"""Log-rank, Cox and Kaplan-Meier of many simulated trials at once, times without ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.design.array import BoolArray, FloatArray
from equipoise.design.simulated_trials import Snapshot

_BLOCK = 200  # trials per block, so that the working arrays stay in cache


@dataclass(frozen=True, slots=True)
class BatchCox:
    """Log hazard ratio, experimental over control, and its standard error, (replicates,)."""

    log_ratio: FloatArray
    se: FloatArray


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Rows sorted by time: event, in experimental arm, at risk in all and in that arm."""

    event: BoolArray
    experimental: BoolArray
    n: FloatArray
    n1: FloatArray
    time: FloatArray


def batch_logrank(
    seen: Snapshot, *, weights: Sequence[tuple[float, float]] = ((0.0, 0.0),)
) -> FloatArray:
    """Stratified Fleming-Harrington Z, (tests, replicates), positive for the experimental arm.

    Notes         U = sum w d (n1 / n - x), V = sum w^2 d (n1 / n) (1 - n1 / n), w from the pooled
                  Kaplan-Meier curve just before; equals R's survdiff where no times are tied
    """
    out = np.empty((len(weights), len(seen.month)))
    for rows in _blocks(len(seen.month)):
        score = np.zeros((len(weights), rows.stop - rows.start))
        variance = np.zeros_like(score)
        for stratum in np.unique(seen.stratum):
            o = _order(seen, rows, seen.stratum == stratum)
            share = o.n1 / o.n
            before = _survival_before(o) if any(w != (0.0, 0.0) for w in weights) else None
            for i, (rho, gamma) in enumerate(weights):
                w = o.event * (1.0 if before is None else before**rho * (1 - before) ** gamma)
                score[i] += (w * (share - o.experimental)).sum(axis=1)
                variance[i] += (w * w * share * (1 - share)).sum(axis=1)
        out[:, rows] = score / np.sqrt(variance)
    return out


def batch_cox(seen: Snapshot) -> BatchCox:
    """Cox's estimate for one binary covariate by Newton's method, one stratum, no ties."""
    beta, se = np.empty(len(seen.month)), np.empty(len(seen.month))
    everyone = np.ones(seen.time.shape[1], dtype=bool)
    for rows in _blocks(len(seen.month)):
        o = _order(seen, rows, everyone)
        now = np.zeros(rows.stop - rows.start)
        events1 = (o.event & o.experimental).sum(axis=1)
        for _ in range(8):
            weighted = o.n1 * np.exp(now)[:, None]
            p = weighted / (weighted + o.n - o.n1)
            information = (o.event * p * (1 - p)).sum(axis=1)
            now = now + (events1 - (o.event * p).sum(axis=1)) / information
        beta[rows], se[rows] = now, 1 / np.sqrt(information)
    return BatchCox(beta, se)


def batch_milestone(seen: Snapshot, *, milestone: float) -> FloatArray:
    """Z of the difference of Kaplan-Meier survival at `milestone`, Greenwood, (replicates,)."""
    return _curve_z(seen, milestone, milestone_only=True)


def batch_restricted_mean(seen: Snapshot, *, until: float) -> FloatArray:
    """Z of the difference of restricted mean survival up to `until`, (replicates,)."""
    return _curve_z(seen, until, milestone_only=False)


def _curve_z(seen: Snapshot, until: float, *, milestone_only: bool) -> FloatArray:
    z = np.empty(len(seen.month))
    for rows in _blocks(len(seen.month)):
        difference = np.zeros(rows.stop - rows.start)
        variance = np.zeros_like(difference)
        for sign, arm in ((-1, ~seen.experimental), (1, seen.experimental)):
            o = _order(seen, rows, arm)
            inside = o.event & (o.time <= until)
            curve = np.cumprod(1 - inside / o.n, axis=1)
            greenwood = inside / (o.n * np.maximum(o.n - 1, 1))
            if milestone_only:
                difference += sign * curve[:, -1]
                variance += curve[:, -1] ** 2 * greenwood.sum(axis=1)
            else:
                stops = np.clip(o.time, 0.0, until)
                width = np.diff(stops, axis=1, append=until)
                first = stops[:, :1]
                area = first[:, 0] + (curve * width).sum(axis=1)
                ahead = np.cumsum((curve * width)[:, ::-1], axis=1)[:, ::-1]
                difference += sign * area
                variance += (ahead**2 * greenwood).sum(axis=1)
        z[rows] = difference / np.sqrt(variance)
    return z


def _blocks(count: int) -> list[slice]:
    return [slice(i, min(i + _BLOCK, count)) for i in range(0, count, _BLOCK)]


def _order(seen: Snapshot, rows: slice, patients: BoolArray) -> _Ordered:
    time = seen.time[rows][:, patients]
    order = np.argsort(time, axis=1)
    experimental = np.broadcast_to(seen.experimental[patients], time.shape)
    arm = np.take_along_axis(experimental, order, axis=1)
    event = np.take_along_axis(seen.event[rows][:, patients], order, axis=1)
    n = np.broadcast_to(np.arange(time.shape[1], 0, -1.0), time.shape)
    n1 = np.cumsum(arm[:, ::-1], axis=1)[:, ::-1].astype(np.float64)
    return _Ordered(event, arm, n, n1, np.take_along_axis(time, order, axis=1))


def _survival_before(o: _Ordered) -> FloatArray:
    after = np.cumprod(1 - o.event / o.n, axis=1)
    return np.hstack([np.ones((len(after), 1)), after[:, :-1]])
