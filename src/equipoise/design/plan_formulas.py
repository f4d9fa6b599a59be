# SPDX-License-Identifier: Apache-2.0
"""The events of a plan by the classical formulas, side by side."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.design.events_needed import (
    average_hazard_factor,
    freedman_events,
    lachin_foulkes_size,
    schoenfeld_events,
)
from equipoise.design.piecewise import Course, times
from equipoise.design.plan_survival import SurvivalOutline
from equipoise.design.two_arms import Stratum, TwoArms, events_by, events_by_arm
from equipoise.protocol.model import SurvivalDesign


def formulas_table(design: SurvivalDesign, plan: SurvivalOutline) -> pl.DataFrame:
    """FORMULAS: events for one look at the plan's power, and with the price of its looks.

    Returns       formula, events at a single look, events with the plan's looks; empty where the
                  hazard ratio changes, which no formula of these allows
    Notes         the price of looking is the plan's own: its drift squared over that of one look.
                  Lachin and Foulkes' is read at the month of the last look; Freedman's is for
                  superiority only.
    """
    if len(design.effect) > 1:
        return pl.DataFrame()
    share, power = plan.trial.share, plan.alternative.power
    single = {
        "Schoenfeld": schoenfeld_events(
            plan.hazard_ratio,
            alpha=design.alpha,
            power=power,
            share=share,
            null_ratio=design.margin,
        ),
        "Lachin-Foulkes": _lachin_foulkes(design, plan, power),
    }
    if design.margin == 1:
        single["Freedman"] = freedman_events(
            plan.hazard_ratio, alpha=design.alpha, power=power, ratio=share / (1 - share)
        )
    price = float(plan.events[-1]) / single["Schoenfeld"]
    return pl.DataFrame(
        {
            "formula": list(single),
            "events_single_look": [int(np.ceil(x - 1e-6)) for x in single.values()],
            "events_with_the_looks": [int(np.ceil(x * price - 1e-6)) for x in single.values()],
        }
    )


def _lachin_foulkes(design: SurvivalDesign, plan: SurvivalOutline, power: float) -> float:
    """Events by the variances under both hypotheses, at the calendar of the plan."""
    trial, month = plan.trial, float(plan.month[-1])
    ratio = trial.share / (1 - trial.share)
    factor = average_hazard_factor(plan.hazard_ratio, ratio=ratio, null_ratio=design.margin)
    strata = tuple(
        Stratum(
            s.accrual,
            Course(times(s.control.event, factor), s.control.dropout),
            Course(times(s.control.event, factor * design.margin), s.control.dropout),
        )
        for s in trial.strata
    )
    at_null = events_by_arm(TwoArms(strata, trial.share), month)
    actual = events_by_arm(trial, month)
    size = lachin_foulkes_size(
        plan.hazard_ratio,
        alpha=design.alpha,
        power=power,
        null_events=(float(at_null[0][0]), float(at_null[1][0])),
        events=(float(actual[0][0]), float(actual[1][0])),
        null_ratio=design.margin,
    )
    return size * float(events_by(trial, month)[0])
