# SPDX-License-Identifier: Apache-2.0
"""When each patient enters, and who the patients are at baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri

from equipoise.protocol.model import Protocol, Simulation
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
    """Enrolment at an even rate: given their number, dates are sorted uniform draws.

    The reference date is the entry (randomisation), or the first dose where nobody is randomised.
    """
    first, last = day_number(simulation.enrolment.first), day_number(simulation.enrolment.last)
    arrival = draw_uniform(streams, "enrolment").reshape(-1, streams.patients)
    entry = first + _whole(np.sort(arrival, axis=1).ravel(), last - first + 1)
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


def simulate_covariates(simulation: Simulation, streams: Streams) -> pl.DataFrame:
    """Baseline characteristics, each independent of the others, one row per subject."""
    columns: list[pl.Series] = []
    for name, law in simulation.continuous.items():
        low, high = ndtr((np.array([law.min, law.max]) - law.mean) / law.sd)
        uniform = draw_uniform(streams, f"covariate.{name}")
        value = law.mean + law.sd * ndtri(low + uniform * (high - low))
        value = np.clip(np.round(value, law.decimals), law.min, law.max)
        columns.append(pl.Series(name, value if law.decimals else value.astype(np.int64)))
    for name, chances in simulation.categorical.items():
        level = choose(draw_uniform(streams, f"covariate.{name}"), list(chances.values()))
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
