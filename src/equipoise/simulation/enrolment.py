# SPDX-License-Identifier: Apache-2.0
"""When each patient enters, and who the patients are at baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri

from equipoise.protocol.model import EntryRate, Protocol, Simulation
from equipoise.simulation.joint import correlate
from equipoise.simulation.streams import FloatArray, IntArray, Streams, draw_uniform, draw_uniforms

LONGEST_DELAY = 3
"""Days from consent to baseline scan, and from entry to first dose, at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Dates of the first days, each (subjects,) in days since 1970-01-01."""

    consent: IntArray
    baseline_scan: IntArray
    entry: IntArray
    start: IntArray
    reference: IntArray
    site: IntArray


def day_number(date: str) -> int:
    """An ISO date in days since 1970-01-01."""
    return int(np.datetime64(date, "D").astype(np.int64))


def simulate_entry(protocol: Protocol, simulation: Simulation, streams: Streams) -> Entry:
    """Enrolment: given their number, dates are sorted draws in proportion to the rates.

    The reference date is the entry (randomisation), or the first dose where nobody is randomised.
    """
    first, last = day_number(simulation.enrolment.first), day_number(simulation.enrolment.last)
    arrival = draw_uniform(streams, "enrolment").reshape(-1, streams.patients)
    share = _share_of_time(
        np.sort(arrival, axis=1).ravel(),
        simulation.enrolment.rates,
        months=(last - first + 1) / protocol.days_per_month,
    )
    entry = first + _whole(share, last - first + 1)
    delay = draw_uniforms(streams, "enrolment.delays", width=3)
    scan_to_entry = max(protocol.assessments.baseline_window_days - LONGEST_DELAY, 1)
    start = entry + _whole(delay[:, 0], LONGEST_DELAY + 1)
    baseline_scan = entry - 1 - _whole(delay[:, 1], scan_to_entry)
    return Entry(
        consent=baseline_scan - _whole(delay[:, 2], LONGEST_DELAY + 1),
        baseline_scan=baseline_scan,
        entry=entry,
        start=start,
        reference=start if protocol.randomisation is None else entry,
        site=1 + _whole(draw_uniform(streams, "enrolment.site"), simulation.enrolment.sites),
    )


def _share_of_time(uniform: FloatArray, rates: Sequence[EntryRate], *, months: float) -> FloatArray:
    """The share of the enrolment period gone by at each entry: (n,) in (0, 1).

    Inverts the expected share of entries, which is linear within each stretch of one rate.
    """
    if not rates:
        return uniform
    ends = [months if rate.until_month is None else rate.until_month for rate in rates]
    ends = [*np.minimum(ends, months)]
    width = np.diff(ends, prepend=0.0)
    entries = np.cumsum(width * [rate.per_month for rate in rates])
    reached = np.concatenate([[0.0], entries / entries[-1]])
    return np.interp(uniform, reached, np.concatenate([[0.0], ends]) / months)


def simulate_covariates(simulation: Simulation, streams: Streams) -> pl.DataFrame:
    """Baseline characteristics, one row per subject; correlated where the protocol says so."""
    names = [*simulation.continuous, *simulation.categorical]
    uniforms = correlate(
        {name: draw_uniform(streams, f"covariate.{name}") for name in names},
        simulation.correlations,
    )
    columns: list[pl.Series] = []
    for name, law in simulation.continuous.items():
        low, high = ndtr((np.array([law.min, law.max]) - law.mean) / law.sd)
        value = law.mean + law.sd * ndtri(low + uniforms[name] * (high - low))
        value = np.clip(np.round(value, law.decimals), law.min, law.max)
        columns.append(pl.Series(name, value if law.decimals else value.astype(np.int64)))
    for name, chances in simulation.categorical.items():
        level = choose(uniforms[name], list(chances.values()))
        columns.append(pl.Series(name, list(chances), dtype=pl.String).gather(level))
    return pl.DataFrame(columns)


def choose(uniform: FloatArray, chances: list[float]) -> IntArray:
    """Index of the category that each draw falls in; chances are taken relative to their sum."""
    edges = np.cumsum(chances) / np.sum(chances)
    return np.asarray(np.searchsorted(edges[:-1], uniform, side="right"), dtype=np.int64)


def choose_or_none(uniform: FloatArray, chances: Mapping[int, float]) -> IntArray:
    """The key that each draw falls on, 0 where it lies past the sum of the chances."""
    keys = np.array([*chances, 0])
    edges = np.cumsum(list(chances.values()))
    return np.asarray(keys[np.searchsorted(edges, uniform, side="right")], dtype=np.int64)


def _whole(uniform: FloatArray, count: int) -> IntArray:
    """Uniform draws to whole numbers 0 .. count - 1."""
    return np.floor(uniform * count).astype(np.int64)
