# SPDX-License-Identifier: Apache-2.0
"""Replicates to operating characteristics: sums per block, then means with their error.

A block gives the number, sum and sum of squares of each quantity. Blocks are added exactly
(math.fsum), so that neither their order nor who computed them shows in the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy.special import ndtri

from equipoise.operating.kernel import CUT, ENROLLED, EVENTS, LOG_HR, SE, Z
from equipoise.operating.plan import Floats, Ints
from equipoise.operating.scenario import Bounds, Scenario, true_log_hazard_ratio

UNITS = {
    "duration": "months",
    "cut": "months",
    "events": "events",
    "enrolled": "patients",
    "sample_size": "patients",
}
"""Unit of each quantity that has one; the others are probabilities, Z or log hazard ratios."""

Rows = Iterator[tuple[str, int, Floats]]


def stopping_look(out: Floats, bounds: Bounds) -> tuple[Ints, Ints]:
    """At which look each replicate stops (from 0), and why: 1 efficacy, -1 futility, 0 neither.

    Parameters    out : (replicates, looks, 6) - as simulate_replicates gives it
    Returns       two (replicates,) arrays; a replicate that nothing stops ends at its last look, or
                  at the look before one that never comes.
    """
    replicates, looks, _ = out.shape
    stop = np.full(replicates, -1)
    why = np.zeros(replicates, dtype=np.int64)
    reached = np.isfinite(out[:, :, CUT]).sum(axis=1)
    for look in range(looks):
        z = out[:, look, Z]
        open_still = (stop < 0) & (look < reached)
        for bound, reason in _bounds_at(bounds, look):
            crossed = z <= -bound if reason > 0 else z > -bound
            hit = open_still & crossed & (why == 0)
            stop[hit], why[hit] = look, reason
    return np.where(stop < 0, np.maximum(reached, 1) - 1, stop), why


def _bounds_at(bounds: Bounds, look: int) -> list[tuple[float, int]]:
    efficacy = bounds.efficacy[look]
    futility = bounds.futility[look] if bounds.futility else None
    return [(b, why) for b, why in ((efficacy, 1), (futility, -1)) if b is not None]


def _estimates(rows: Floats, truth: float | None, confidence: float, stem: str, look: int) -> Rows:
    """Estimate, bias and coverage from (replicates, 6) rows."""
    yield f"{stem}log_hr", look, rows[:, LOG_HR]
    if truth is not None:
        width = ndtri(0.5 + confidence / 2) * rows[:, SE]
        covered = np.where(np.isnan(width), np.nan, np.abs(rows[:, LOG_HR] - truth) <= width)
        yield f"{stem}bias", look, rows[:, LOG_HR] - truth
        yield f"{stem}coverage", look, covered


def _quantities(scenario: Scenario, out: Floats, confidence: float) -> Rows:
    """Name, look (0 = the trial as a whole) and value in each replicate, NaN where it has none."""
    truth = true_log_hazard_ratio(scenario.trial)
    stop, why = stopping_look(out, scenario.bounds)
    final = out[np.arange(len(out)), stop]
    final = np.where(np.isfinite(final[:, :1]), final, np.nan)
    yield "reject", 0, (why == 1).astype(np.float64)
    yield "futile", 0, (why == -1).astype(np.float64)
    yield "events", 0, final[:, EVENTS]
    yield "sample_size", 0, final[:, ENROLLED]
    yield "duration", 0, final[:, CUT]
    yield from _estimates(final, truth, confidence, "stopped_", 0)
    for look in range(out.shape[1]):
        rows = np.where(np.isfinite(out[:, look, :1]), out[:, look], np.nan)
        yield "stop_efficacy", look + 1, ((stop == look) & (why == 1)).astype(np.float64)
        yield "stop_futility", look + 1, ((stop == look) & (why == -1)).astype(np.float64)
        yield "reached", look + 1, np.isfinite(out[:, look, CUT]).astype(np.float64)
        yield "z", look + 1, rows[:, Z]
        yield "cut", look + 1, rows[:, CUT]
        yield "events", look + 1, rows[:, EVENTS]
        yield "enrolled", look + 1, rows[:, ENROLLED]
        efficacy = scenario.bounds.efficacy[look]
        if efficacy is not None:
            yield "reject_this_look_alone", look + 1, (rows[:, Z] <= -efficacy).astype(np.float64)
        yield from _estimates(rows, truth, confidence, "", look + 1)
        if look + 1 < out.shape[1]:
            yield "z_times_next_z", look + 1, rows[:, Z] * out[:, look + 1, Z]


def summarise_block(scenario: Scenario, out: Floats, *, confidence: float) -> pl.DataFrame:
    """Number, sum and sum of squares of every quantity in one block of replicates."""
    rows = []
    for quantity, look, values in _quantities(scenario, out, confidence):
        known = values[~np.isnan(values)]
        total, squares = float(known.sum()), float((known * known).sum())
        rows.append((quantity, look, known.size, total, squares))
    schema = {
        "quantity": pl.String,
        "look": pl.Int64,
        "n": pl.Int64,
        "total": pl.Float64,
        "squares": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def join_blocks(blocks: list[pl.DataFrame]) -> pl.DataFrame:
    """Every quantity of one scenario: value, Monte-Carlo standard error, sd, number of replicates.

    Returns       quantity, look (0 = whole trial), value, se, sd, n, unit
    """
    order = blocks[0].select("quantity", "look").rows()
    columns = [block.select("n", "total", "squares").rows() for block in blocks]
    rows = []
    for place, (quantity, look) in enumerate(order):
        parts = [column[place] for column in columns]
        n = sum(part[0] for part in parts)
        total, squares = (math.fsum(part[k] for part in parts) for k in (1, 2))
        value = total / n if n else None
        sd = math.sqrt(max(0.0, squares - total * total / n) / (n - 1)) if n > 1 else None
        se = sd / math.sqrt(n) if sd is not None else None
        rows.append((quantity, look, value, se, sd, n, UNITS.get(quantity)))
    schema = {
        "quantity": pl.String,
        "look": pl.Int64,
        "value": pl.Float64,
        "se": pl.Float64,
        "sd": pl.Float64,
        "n": pl.Int64,
        "unit": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
