# SPDX-License-Identifier: Apache-2.0
"""Progression-free and overall survival of the same patients, tested together across looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.design.array import BoolArray, FloatArray
from equipoise.design.batch_tests import batch_logrank
from equipoise.design.boundaries import efficacy_bounds
from equipoise.design.graph import Graph, remove_node
from equipoise.design.piecewise import Accrual, Rate
from equipoise.design.simulated_trials import Trials, draw_entries, draw_times, see_at_month
from equipoise.design.spending import Spending


@dataclass(frozen=True, slots=True)
class Disease:
    """An illness-death model of one arm, hazards per month: `progression` and `death` before it
    since entry, `death_after` since progression.
    """

    progression: Rate
    death: Rate
    death_after: Rate


@dataclass(frozen=True, slots=True)
class PfsOsTrials:
    """The same simulated patients as progression-free survival and as overall survival."""

    pfs: Trials
    os: Trials


@dataclass(frozen=True, slots=True)
class PfsOsOperating:
    """Over simulated trials: `rejected` (2, looks) cumulative share with PFS, OS rejected by each
    look; `any_rejected` share with either; `correlation` (looks,) of the two Z; `events` (2, looks)
    and `month` (looks,) means.
    """

    rejected: FloatArray
    any_rejected: float
    correlation: FloatArray
    events: FloatArray
    month: FloatArray


def draw_pfs_os(
    control: Disease,
    experimental: Disease,
    *,
    accrual: Accrual,
    dropout: Rate,
    share: float,
    patients: int,
    replicates: int,
    rng: np.random.Generator,
) -> PfsOsTrials:
    """Trials in which PFS is the first of progression and death, and OS the death.

    Notes         OS = PFS + time after progression where progression came first; that is what makes
                  the two correlated, and OS hazards not proportional even if each hazard is
    Source: Meller, Beyersmann and Rufibach (2019) Statistics in Medicine 38:4270-4289.
    """
    shape = (replicates, patients)
    treated = np.arange(patients) < round(share * patients)

    def times(treatment: Rate, comparator: Rate) -> FloatArray:
        return np.where(
            treated, draw_times(treatment, shape, rng), draw_times(comparator, shape, rng)
        )

    progression = times(experimental.progression, control.progression)
    death = times(experimental.death, control.death)
    after = times(experimental.death_after, control.death_after)
    first = np.minimum(progression, death)
    survival = np.where(progression < death, progression + after, death)
    entry, loss = draw_entries(accrual, shape, rng), draw_times(dropout, shape, rng)
    stratum = np.zeros(patients)
    return PfsOsTrials(
        Trials(entry, first, loss, treated, stratum),
        Trials(entry, survival, loss, treated, stratum),
    )


def operate_pfs_os(
    trials: PfsOsTrials,
    *,
    looks: Sequence[tuple[int, int]],
    planned: tuple[int, int],
    spending: tuple[Spending, Spending],
    graph: Graph,
    alpha: float,
) -> PfsOsOperating:
    """What the graphical procedure does across looks, by simulation.

    Parameters    looks    : (PFS events, OS events) of each look, which comes when both are reached
                  planned  : events at full information of either endpoint
                  graph    : weights and edges of the two hypotheses, PFS first
                  alpha    : float - family-wise, one-sided
    Notes         bounds at the mean observed information of each look; alpha passed on also reopens
                  earlier looks (Maurer and Bretz 2013)
    """
    months = [np.maximum(*_months(trials, counts)) for counts in looks]
    z = np.empty((2, len(looks), len(months[0])))
    events = np.empty((2, len(looks)))
    for k, month in enumerate(months):
        for i, one in enumerate((trials.pfs, trials.os)):
            seen = see_at_month(one, month)
            z[i, k] = batch_logrank(seen)[0]
            events[i, k] = float(seen.event.sum(axis=1).mean())

    def crossed(i: int, weight: float) -> BoolArray:
        return _crossed(z[i], events[i], planned[i], spending[i], weight * alpha)

    own = [crossed(i, float(graph.weights[i])) for i in (0, 1)]
    heir = [crossed(i, float(remove_node(graph, 1 - i).weights[i])) for i in (0, 1)]
    rejected = np.stack([own[i] | (own[1 - i] & heir[i]) for i in (0, 1)])
    return PfsOsOperating(
        rejected=rejected.mean(axis=2),
        any_rejected=float(rejected[:, -1].any(axis=0).mean()),
        correlation=np.array([np.corrcoef(z[0, k], z[1, k])[0, 1] for k in range(len(looks))]),
        events=events,
        month=np.array([float(month.mean()) for month in months]),
    )


def _months(trials: PfsOsTrials, counts: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Month of the n-th PFS event and of the n-th death of every trial."""
    found = []
    for one, count in zip((trials.pfs, trials.os), counts, strict=True):
        happens = np.where(one.event <= one.dropout, one.entry + one.event, np.inf)
        found.append(np.partition(happens, max(count - 1, 0), axis=1)[:, max(count - 1, 0)])
    return found[0], found[1]


def _crossed(
    z: FloatArray, events: FloatArray, planned: int, spending: Spending, level: float
) -> BoolArray:
    """Whether each trial has crossed by each look at that level, (looks, trials)."""
    if level <= 0:
        return np.zeros(z.shape, dtype=bool)
    fraction = events / planned
    upper = efficacy_bounds(fraction, spending(fraction, level)).upper
    return np.asarray(np.logical_or.accumulate(z >= upper[:, None], axis=0))
