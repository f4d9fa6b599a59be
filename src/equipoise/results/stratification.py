# SPDX-License-Identifier: Apache-2.0
"""Strata as used for randomisation against those recorded: who was in which, and who in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from equipoise.protocol.model import Factor, Protocol
from equipoise.results.groups import arm_groups, group_size, in_arm, quoted, table_of
from equipoise.results.schema import Level, Result
from equipoise.results.tally import group_rows, tally
from equipoise.results.task import Task

STRATUM, SOURCE = "STRATUM", "SOURCE"
RANDOMISED, RECORDED, DIFFERENT = "RANDOMISED", "RECORDED", "DIFFERENT"


def stratification(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Per factor the patients by its level as randomised, as recorded, and where the two differ.

    The factor of place w was randomised by STRATwR (CDISC ADaMIG 1.3); no rows for one without it:
    nobody knows what was used.
    """
    adsl = table_of(adam, "ADSL")
    strata = protocol.randomisation.strata if protocol.randomisation else ()
    levels = [
        part
        for place, factor in enumerate(strata, start=1)
        if {f"STRAT{place}R", factor.variable} <= set(adsl.columns)
        for part in _levels(place, factor)
    ]
    if not levels:
        return []
    results: list[Result] = []
    for group in arm_groups(adsl, protocol, task.population, arm_variable="ARMCD", total=True):
        size = group_size(task.scope(run_id), group)
        results.append(size)
        for level, condition in levels:
            here = replace(in_arm(task.scope(run_id), group), levels=level)
            results += tally(here, group_rows(adsl, "ADSL", group, condition), size)
    return results


def _levels(place: int, factor: Factor) -> Iterator[tuple[tuple[Level, ...], str]]:
    """Rows of one factor with their conditions; a missing level differs from a known one."""
    top, used = Level(STRATUM, factor.variable, place), f"STRAT{place}R"
    for order, (source, column) in enumerate(
        ((RANDOMISED, used), (RECORDED, factor.variable)), start=1
    ):
        for at, level in enumerate(factor.levels or (), start=1):
            condition = f"CAST({column} AS VARCHAR) = {quoted(level)}"
            yield (top, Level(SOURCE, source, order), Level(factor.variable, level, at)), condition
    one, two = (f"COALESCE(CAST({c} AS VARCHAR), '')" for c in (used, factor.variable))
    yield (top, Level(SOURCE, DIFFERENT, 3)), f"{one} <> {two}"
