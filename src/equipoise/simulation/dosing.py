# SPDX-License-Identifier: Apache-2.0
"""Doses given: one row per drug and cycle, by the regimen, until treatment stops."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol, Regimen, Schedule
from equipoise.simulation.safety import NEVER
from equipoise.simulation.streams import BoolArray, IntArray

_NOTHING = Regimen(
    drug="NONE", dose=0, unit="mg", route="ORAL", schedule=Schedule(days=(1,), cycle_days=1)
)
_TEXT = pl.lit(None, dtype=pl.String)
_LATE_START = 7
"""Days by which an interruption before a cycle begins delays that cycle."""


def give_doses(
    protocol: Protocol,
    arm: IntArray,
    *,
    start: IntArray,
    last_day: IntArray,
    reduce_from: IntArray,
    interrupt_from: IntArray,
) -> pl.DataFrame:
    """Doses of every subject, ordered by subject, start and drug.

    Parameters    start, last_day : (subjects,) first and last possible day of treatment
                  reduce_from, interrupt_from : (subjects,) onset of the event that calls for it
    Returns       subject, regimen, cycle, first, last, dose, reduced, interrupted, completed
    """
    # A patient given nothing adds no row, but the columns are there whoever is dosed.
    nobody = np.empty(0, dtype=np.int64)
    parts = [_cycles(_NOTHING, nobody, nobody, nobody, nobody).with_columns(order=0, regimen=_TEXT)]
    for index, one in enumerate(protocol.arms):
        here = np.flatnonzero((arm == index) & (start <= last_day))
        for order, name in enumerate(one.regimens):
            rows = _cycles(
                protocol.regimens[name],
                start[here],
                last_day[here],
                reduce_from[here],
                interrupt_from[here],
            )
            rows = rows.with_columns(
                pl.Series("subject", here).gather(rows["subject"]),
                order=order,
                regimen=pl.lit(name),
            )
            parts.append(rows)
    return pl.concat(parts).sort("subject", "first", "order").drop("order")


def _cycles(
    regimen: Regimen,
    start: IntArray,
    last_day: IntArray,
    reduce_from: IntArray,
    interrupt_from: IntArray,
) -> pl.DataFrame:
    plan = regimen.schedule
    longest = int(np.max(last_day - start, initial=0))
    cycles = np.arange(plan.first_cycle - 1, longest // plan.cycle_days + 1)
    if plan.last_cycle is not None:
        cycles = cycles[cycles < plan.last_cycle]
    first = start[:, None] + cycles * plan.cycle_days + (plan.days[0] - 1)
    last = first + plan.days[-1] - plan.days[0]
    interrupted = _interrupted(first, last, last_day, interrupt_from) & (len(plan.days) > 1)
    within = interrupted & (interrupt_from[:, None] >= first)
    last_given = np.where(within, np.maximum(interrupt_from[:, None] - 1, first), last)
    first = np.where(interrupted & ~within, first + _LATE_START, first)
    last_given = np.minimum(last_given, last_day[:, None])
    lower = [level for level in regimen.dose_levels if level < regimen.dose]
    reduced = (first > reduce_from[:, None]) & bool(lower)
    subject, cycle = np.nonzero(first <= last_given)
    return pl.DataFrame(
        {
            "subject": subject,
            "cycle": cycles[cycle] + 1,
            "first": first[subject, cycle],
            "last": last_given[subject, cycle],
            "dose": np.where(reduced, lower[0] if lower else regimen.dose, regimen.dose)[
                subject, cycle
            ],
            "reduced": reduced[subject, cycle],
            "interrupted": interrupted[subject, cycle],
            "completed": (cycles[cycle] + 1 == (plan.last_cycle or NEVER))
            & (last_given[subject, cycle] == last[subject, cycle]),
        }
    )


def _interrupted(
    first: IntArray, last: IntArray, last_day: IntArray, interrupt_from: IntArray
) -> BoolArray:
    """The first cycle whose dosing is not over when the event begins, if it can be given."""
    after = last >= interrupt_from[:, None]
    this = after & (np.cumsum(after, axis=1) == 1)
    possible = np.maximum(first + _LATE_START, interrupt_from[:, None]) <= last_day[:, None]
    return np.asarray(this & possible)
