# SPDX-License-Identifier: Apache-2.0
"""A protocol's plan beside its simulation: one row per quantity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import ndtri

from equipoise.design.boundaries import Operating
from equipoise.design.one_sample_logrank import power_one_sample_logrank
from equipoise.design.piecewise import Course, cumulative, patients_by, scale_accrual, times
from equipoise.design.plan import outline_of, plan_design
from equipoise.design.plan_inputs import accrual_of, hazard_of, monthly, trial_of
from equipoise.design.plan_survival import SurvivalOutline
from equipoise.design.response_verify import verify_response
from equipoise.design.simulated_trials import draw_trials, see_at_month
from equipoise.design.two_arms import Stratum, TwoArms, patients_in, scale_trial
from equipoise.design.verify import Verification, verify_group_sequential
from equipoise.protocol.model import (
    OneSampleSurvivalDesign,
    Protocol,
    SurvivalDesign,
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A quantity by formula and by simulation, with its Monte-Carlo standard error."""

    quantity: str
    formula: float
    simulated: float
    error: float


def verify_plan(protocol: Protocol, *, replicates: int, rng: np.random.Generator) -> pl.DataFrame:
    """VERIFY: quantity, formula, simulated, standard error, and their distance in such errors.

    Returns       one row per quantity; `sigmas` beyond 3 is a formula to distrust
    Raises        MethodError - this kind of design is not simulated
    """
    design = protocol.design
    if isinstance(design, SurvivalDesign):
        rows = _survival(design, outline_of(protocol), replicates, rng)
    elif isinstance(design, OneSampleSurvivalDesign):
        rows = [_one_sample(design, protocol, replicates, rng)]
    else:
        rows = [_Row(*one) for one in verify_response(protocol, replicates=replicates, rng=rng)]
    return pl.DataFrame(
        {
            "quantity": [row.quantity for row in rows],
            "formula": [row.formula for row in rows],
            "simulated": [row.simulated for row in rows],
            "standard_error": [row.error for row in rows],
            "sigmas": [
                (row.simulated - row.formula) / row.error if row.error > 0 else 0.0 for row in rows
            ],
        }
    )


def _survival(
    design: SurvivalDesign,
    plan: SurvivalOutline,
    replicates: int,
    rng: np.random.Generator,
) -> list[_Row]:
    unit = trial_of(design, share=plan.trial.share, starts=[0.0], ratios=[design.margin])
    idle = scale_trial(unit, plan.patients / float(patients_in(unit, np.inf)[0]))
    rows = []
    for name, trial, operating in (
        ("under the plan's effect", plan.trial, plan.alternative),
        ("under the null", idle, plan.null),
    ):
        done = verify_group_sequential(
            trial,
            plan.bounds,
            patients=plan.patients,
            events=plan.events.astype(np.float64),
            replicates=replicates,
            rng=rng,
            null_ratio=design.margin,
        )
        rows += _compare(name, operating, done)
        if trial is plan.trial:
            rows.append(_months(operating, plan, done))
    return rows


def _compare(name: str, operating: Operating, done: Verification) -> list[_Row]:
    rows = []
    for look, (formula, simulated) in enumerate(
        zip(operating.cross_upper, done.cross_upper, strict=True), 1
    ):
        error = float(np.sqrt(formula * (1 - formula) / done.replicates))
        rows.append(
            _Row(f"efficacy at look {look} {name}", float(formula), float(simulated), error)
        )
    error = float(np.sqrt(operating.power * (1 - operating.power) / done.replicates))
    rows.append(_Row(f"efficacy at any look {name}", operating.power, done.power, error))
    return rows


def _months(operating: Operating, plan: SurvivalOutline, done: Verification) -> _Row:
    stop = operating.cross_upper + operating.cross_lower
    stop[-1] = 1 - stop[:-1].sum()
    formula = float(stop @ plan.month)
    return _Row("expected months", formula, done.expected_months, done.expected_months_se)


def _one_sample(
    design: OneSampleSurvivalDesign,
    protocol: Protocol,
    replicates: int,
    rng: np.random.Generator,
) -> _Row:
    summary = plan_design(protocol).tables["SUMMARY"]
    patients = int(next(row[1] for row in summary.iter_rows() if row[0] == "patients"))
    ends = [piece.until_month for piece in design.accrual]
    accrual = accrual_of(ends, [piece.per_month for piece in design.accrual], start=0.0)
    entered = scale_accrual(accrual, patients / float(patients_by(accrual, np.inf)[0]))
    historical, dropout = hazard_of(design.historical), monthly(design.dropout_per_month)
    month = ends[-1] + design.follow_up_months
    formula = power_one_sample_logrank(
        entered,
        historical=historical,
        dropout=dropout,
        hazard_ratio=design.hazard_ratio,
        month=month,
        alpha=design.alpha,
    )
    course = Course(times(historical, design.hazard_ratio), dropout)
    drawn = draw_trials(
        TwoArms((Stratum(entered, course, course),), 0.5),
        patients=patients,
        replicates=replicates,
        rng=rng,
    )
    seen = see_at_month(drawn, np.full(replicates, month))
    observed = seen.event.sum(axis=1)
    expected = cumulative(historical, seen.time.ravel()).reshape(seen.time.shape).sum(axis=1)
    z = (expected - observed) / np.sqrt((observed + expected) / 2)
    error = float(np.sqrt(formula * (1 - formula) / replicates))
    return _Row("power", formula, float(np.mean(z >= -ndtri(design.alpha))), error)
