# SPDX-License-Identifier: Apache-2.0
"""Many two-arm trials drawn at once, to check what the formulas say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equipoise.design.array import BoolArray, FloatArray
from equipoise.design.piecewise import Accrual, Rate, cumulative
from equipoise.design.two_arms import TwoArms


@dataclass(frozen=True, slots=True)
class Trials:
    """`replicates` trials of n patients each: (replicates, n) arrays, months.

    `entry` calendar month; `event` and `dropout` since entry, inf where never; `experimental` (n,)
    whether in that arm; `stratum` (n,) index.
    """

    entry: FloatArray
    event: FloatArray
    dropout: FloatArray
    experimental: BoolArray
    stratum: FloatArray


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The trials as seen at a cut-off: `time` since entry, below 0 for patients not yet entered,
    and `event` observed, both (replicates, n); `month` (replicates,) of the cut-off.
    """

    time: FloatArray
    event: BoolArray
    month: FloatArray
    experimental: BoolArray
    stratum: FloatArray


def draw_trials(
    trial: TwoArms, *, patients: int, replicates: int, rng: np.random.Generator
) -> Trials:
    """Trials with exactly that many patients, allocated exactly in ratio within strata.

    Notes         entry iid from the accrual's density; times by inverting cumulative hazards
    """
    sizes = _sizes(trial, patients)
    parts = []
    for index, (stratum, n) in enumerate(zip(trial.strata, sizes, strict=True)):
        shape = (replicates, int(n))
        treated = np.arange(n) < round(trial.share * n)
        event = np.where(
            treated,
            draw_times(stratum.experimental.event, shape, rng),
            draw_times(stratum.control.event, shape, rng),
        )
        dropout = np.where(
            treated,
            draw_times(stratum.experimental.dropout, shape, rng),
            draw_times(stratum.control.dropout, shape, rng),
        )
        entry = draw_entries(stratum.accrual, shape, rng)
        parts.append((entry, event, dropout, treated, np.full(int(n), float(index))))
    joined = [np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)]
    return Trials(joined[0], joined[1], joined[2], joined[3], joined[4])


def see_at_events(trials: Trials, events: int) -> Snapshot:
    """Every trial as it stood when its n-th event happened, that event included."""
    happens = np.where(trials.event <= trials.dropout, trials.entry + trials.event, np.inf)
    month = np.partition(happens, events - 1, axis=1)[:, events - 1]
    return see_at_month(trials, month)


def see_at_month(trials: Trials, month: FloatArray) -> Snapshot:
    """Every trial as it stood at its month (replicates,)."""
    cut = month[:, None]
    observed = np.minimum(trials.event, trials.dropout)
    # compare on the calendar: `time <= cut - entry` may lose the very event that set the cut-off
    happened = (trials.event <= trials.dropout) & (trials.entry + trials.event <= cut)
    time = np.where(happened, trials.event, np.minimum(observed, cut - trials.entry))
    return Snapshot(time, happened, month, trials.experimental, trials.stratum)


def _sizes(trial: TwoArms, patients: int) -> FloatArray:
    """Patients per stratum: in proportion, rounded so that they add up."""
    share = np.array(
        [float(s.accrual.rate @ (s.accrual.end - s.accrual.start)) for s in trial.strata]
    )
    edges = np.round(np.cumsum(share / share.sum()) * patients)
    return np.diff(edges, prepend=0.0)


def draw_entries(accrual: Accrual, shape: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """Months of entry, independent, from the density that accrual implies."""
    mass = accrual.rate * (accrual.end - accrual.start)
    at_edge = np.append(0.0, np.cumsum(mass))
    edges = np.append(accrual.start, accrual.end[-1])
    return np.asarray(np.interp(rng.random(shape) * at_edge[-1], at_edge, edges))


def draw_times(rate: Rate, shape: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """Times with that hazard, inf where it ends at 0."""
    target = rng.standard_exponential(shape)
    at_start = cumulative(rate, rate.start)
    piece = np.searchsorted(at_start, target, side="right") - 1
    # a piece of hazard 0 shares its cumulative hazard with the next; searchsorted takes the last
    with np.errstate(divide="ignore"):
        return np.asarray(rate.start[piece] + (target - at_start[piece]) / rate.value[piece])
