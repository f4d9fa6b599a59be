# SPDX-License-Identifier: Apache-2.0
"""Who the patients of a twin are: characteristics, arm, and for how long each could be followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl
from numpy.random import Generator

from equipoise.grouping import derive_groupings
from equipoise.protocol.model import Protocol, Simulation
from equipoise.simulation.enrolment import (
    LONGEST_DELAY,
    Entry,
    day_number,
    simulate_covariates,
)
from equipoise.simulation.randomisation import allocate_arms
from equipoise.simulation.streams import Streams
from equipoise.statistics.observations import Floats, Ints
from equipoise.twins.printed_counts import wanted_counts
from equipoise.twins.printed_spans import figures_of

_TRIES = 300
"""Randomisation lists drawn before the arms are made as large as printed without blocks."""
_FOLLOW_UP = {"followup_q1": 0.25, "followup_median": 0.5, "followup_q3": 0.75}


@dataclass(frozen=True, slots=True)
class People:
    """The patients in order of entry; `potential` days from the reference date to the cut-off.

    arm, stratum : (patients,) codes; covariates : one row per patient
    """

    entry: Entry
    covariates: pl.DataFrame
    arm: Ints
    stratum: Ints
    potential: Ints
    cutoff: int

    @property
    def count(self) -> int:
        """How many patients there are."""
        return len(self.arm)


def make_people(
    protocol: Protocol,
    simulation: Simulation,
    sizes: Mapping[str, int],
    streams: Streams,
    rng: Generator,
) -> People:
    """Patients with the printed arm sizes, baseline counts and length of follow-up."""
    covariates = _with_counts(protocol, simulate_covariates(simulation, streams), sizes, rng)
    grouped = derive_groupings(covariates, protocol.groupings)
    arm = _arms(protocol, grouped, [sizes[one.id] for one in protocol.arms], streams, rng)
    cutoff = day_number(simulation.cutoff)
    potential = _potential(protocol, simulation, streams.patients, rng)
    return People(
        entry=_entry(protocol, simulation, cutoff + 1 - potential, rng),
        covariates=_by_arm(protocol, covariates, arm, sizes, rng),
        arm=arm,
        stratum=_strata(protocol, grouped),
        potential=potential,
        cutoff=cutoff,
    )


def _with_counts(
    protocol: Protocol, covariates: pl.DataFrame, sizes: Mapping[str, int], rng: Generator
) -> pl.DataFrame:
    """Levels of which a count over all patients is printed get exactly so many."""
    for name in covariates.columns:
        wanted = wanted_counts(protocol, f"BASELINE.{name}", sizes)
        only = protocol.arms[0].id if len(protocol.arms) == 1 else None
        levels = {level: n for (arm, level), n in wanted.items() if arm == only and level}
        if levels:
            values = _exact(covariates[name].to_list(), levels, rng)
            covariates = covariates.with_columns(pl.Series(name, values))
    return covariates


def _by_arm(
    protocol: Protocol,
    covariates: pl.DataFrame,
    arm: Ints,
    sizes: Mapping[str, int],
    rng: Generator,
) -> pl.DataFrame:
    """The same for counts printed by arm, where the characteristic is no stratum."""
    if len(protocol.arms) == 1:
        return covariates
    for name in covariates.columns:
        wanted = wanted_counts(protocol, f"BASELINE.{name}", sizes)
        values = covariates[name].to_list()
        for index, one in enumerate(protocol.arms):
            levels = {level: n for (of, level), n in wanted.items() if of == one.id and level}
            here = np.flatnonzero(arm == index)
            if levels:
                for place, value in zip(
                    here, _exact([values[i] for i in here], levels, rng), strict=True
                ):
                    values[place] = value
        covariates = covariates.with_columns(pl.Series(name, values, dtype=covariates[name].dtype))
    return covariates


def _exact(values: list[str], levels: Mapping[str, int], rng: Generator) -> list[str]:
    """The values with exactly so many of each named level; the fewest patients change."""
    values = list(values)
    spare = [i for i in rng.permutation(len(values)) if values[i] not in levels]
    for level, n in levels.items():
        mine = [i for i in rng.permutation(len(values)) if values[i] == level]
        spare += mine[n:]
    others = [value for value in values if value not in levels] or list(levels)
    for level, n in levels.items():
        short = n - sum(value == level for value in values)
        for i in (spare.pop() for _ in range(max(short, 0))):
            values[i] = level
    for level, n in levels.items():
        over = [i for i in range(len(values)) if values[i] == level][n:]
        for i in over:
            values[i] = others[int(rng.integers(len(others)))]
    return values


def _arms(
    protocol: Protocol, grouped: pl.DataFrame, sizes: list[int], streams: Streams, rng: Generator
) -> Ints:
    """A randomisation list with the printed arm sizes."""
    for turn in range(_TRIES):
        again = Streams(seed=streams.seed, replicates=(turn + 1,), patients=streams.patients)
        arm = allocate_arms(protocol, grouped, again)
        if np.bincount(arm, minlength=len(sizes)).tolist() == sizes:
            return arm
    return rng.permutation(np.repeat(np.arange(len(sizes)), sizes))


def _strata(protocol: Protocol, grouped: pl.DataFrame) -> Ints:
    """The stratum of each patient in the stratified analyses, as a code."""
    names = next((item.strata for item in protocol.analyses if item.strata), ())
    if not names:
        return np.zeros(grouped.height, dtype=np.int64)
    label = grouped.select(pl.concat_str([pl.col(n).cast(pl.String) for n in names], separator="|"))
    return label.to_series().cast(pl.Categorical).to_physical().cast(pl.Int64).to_numpy()


def _potential(protocol: Protocol, simulation: Simulation, patients: int, rng: Generator) -> Ints:
    """Days each patient could be followed, longest first, spread by the printed follow-up."""
    cutoff = day_number(simulation.cutoff)
    shortest = cutoff - day_number(simulation.enrolment.last) + 1
    longest = cutoff - day_number(simulation.enrolment.first) + 1
    known = {0.0: float(shortest), 1.0: float(longest), **_printed_follow_up(protocol)}
    quantiles = np.array(sorted(known))
    days = np.maximum.accumulate(np.clip([known[q] for q in quantiles], shortest, longest))
    drawn = (rng.permutation(patients) + rng.random(patients)) / patients
    return np.sort(np.floor(np.interp(drawn, quantiles, days)).astype(np.int64))[::-1].copy()


def _printed_follow_up(protocol: Protocol) -> dict[float, float]:
    """Quantiles of follow-up in days: of survival, else of a read endpoint and half a scan more."""
    kinds = {item.id: item.kind for item in protocol.endpoints}
    by_kind: dict[bool, dict[float, float]] = {True: {}, False: {}}
    for analysis in protocol.analyses:
        survival = kinds[analysis.endpoint] == "os"
        more = 0.0 if survival else protocol.assessments.schedule[0].every_days / 2
        for figure, _, printed in figures_of(protocol, analysis.id):
            at = _FOLLOW_UP.get(figure.bind.stat) if figure.bind else None
            if at is None or printed.value is None:
                continue
            pairs: list[tuple[float, Decimal]] = [(at, printed.value)]
            if printed.iqr is not None:
                pairs += [(0.25, printed.iqr[0]), (0.75, printed.iqr[1])]
            by_kind[survival] |= {q: float(v) * protocol.days_per_month + more for q, v in pairs}
    return by_kind[True] or by_kind[False]


def _entry(protocol: Protocol, simulation: Simulation, reference: Ints, rng: Generator) -> Entry:
    """First days of patients whose reference date is known."""
    n = len(reference)
    delay = rng.integers(0, LONGEST_DELAY + 1, size=(n, 2))
    randomised = protocol.randomisation is not None
    entry = reference if randomised else reference - delay[:, 0]
    window = max(protocol.assessments.baseline_window_days - LONGEST_DELAY, 1)
    baseline = entry - 1 - rng.integers(0, window, size=n)
    floors: Floats = rng.random(n) * simulation.enrolment.sites
    return Entry(
        consent=baseline - delay[:, 1],
        baseline_scan=baseline,
        entry=entry,
        start=entry + delay[:, 0],
        reference=reference,
        site=1 + floors.astype(np.int64),
    )
