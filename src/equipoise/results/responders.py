# SPDX-License-Identifier: Apache-2.0
"""Time to response among those who responded: a summary, for the time is known for each."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import in_arm
from equipoise.results.number import number
from equipoise.results.observed_times import observed_times
from equipoise.results.schema import Result
from equipoise.results.summaries import summarise
from equipoise.results.task import Task
from equipoise.results.time_to_event import MONTH, MONTHS


def time_among_responders(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> list[Result]:
    """Months to the response of each arm's responders; who did not respond has no such time.

    A curve would count the others as censored and estimate another quantity.
    """
    results: list[Result] = []
    for arm in observed_times(task, adam, protocol):
        here = in_arm(task.scope(run_id), arm.group)
        responded = arm.where("CNSR = 0")
        days = arm.days[arm.event]
        results += [
            number(here, "n", len(responded.keys), rows=responded),
            *summarise(
                here,
                days / task.args["days_per_month"],
                rows=responded,
                unit=MONTHS,
                decimals=0,
                quantile=task.args["quantile"],
                why_none="nobody responded",
                fmt=MONTH,
            ),
        ]
    return results
