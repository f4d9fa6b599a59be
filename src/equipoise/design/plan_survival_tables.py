# SPDX-License-Identifier: Apache-2.0
"""Tables of a time-to-event plan."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.design.array import FloatArray
from equipoise.design.assurance import (
    EffectPrior,
    assurance,
    prior_from_hazard_ratio,
    prior_from_median,
)
from equipoise.design.boundaries import operating
from equipoise.design.conditional_power import promise_of_rest
from equipoise.design.piecewise import Course
from equipoise.design.plan_survival import SurvivalOutline
from equipoise.design.trial_plan import summary_table
from equipoise.design.two_arms import Stratum, TwoArms, events_by, patients_in
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import Prior, SurvivalDesign

_CURVE = np.linspace(0.35, 1.0, 100)  # hazard ratios of the power curve
_SEEN = np.array([0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])  # hazard ratios an interim look may show


def looks_table(plan: SurvivalOutline) -> pl.DataFrame:
    """LOOKS: one row per look; a bound that does not exist is null."""
    bounds, last = plan.bounds, len(plan.events) - 1
    return pl.DataFrame(
        {
            "look": np.arange(1, last + 2),
            "kind": ["interim"] * last + ["final"],
            "fraction": bounds.fraction,
            "events": plan.events,
            "patients": plan.patients_at,
            "month": plan.month,
            "month_low": plan.month_low,
            "month_high": plan.month_high,
            "efficacy_z": _finite(plan.efficacy.z),
            "efficacy_p": _finite(plan.efficacy.p, plan.efficacy.z),
            "efficacy_hr": _finite(plan.efficacy.hazard_ratio, plan.efficacy.z),
            "alpha_spent": bounds.alpha,
            "futility_z": _finite(plan.futility.z),
            "futility_p": _finite(plan.futility.p, plan.futility.z),
            "futility_hr": _finite(plan.futility.hazard_ratio, plan.futility.z),
            "efficacy_stop_null": plan.null.cross_upper,
            "futility_stop_null": plan.null.cross_lower,
            "efficacy_stop": plan.alternative.cross_upper,
            "futility_stop": plan.alternative.cross_lower,
            "power": np.cumsum(plan.alternative.cross_upper),
        }
    )


def power_table(design: SurvivalDesign, plan: SurvivalOutline) -> pl.DataFrame:
    """POWER: 100 hazard ratios with the power and the expected events of the plan's bounds."""
    root = np.sqrt(plan.trial.share * (1 - plan.trial.share) * plan.events[-1])
    ratios = _CURVE * design.margin
    done = [
        operating(plan.bounds, drift=float(-np.log(hr / design.margin) * root)) for hr in ratios
    ]
    return pl.DataFrame(
        {
            "hazard_ratio": ratios,
            "power": [one.power for one in done],
            "expected_events": [one.expected_information * plan.events[-1] for one in done],
        }
    )


def timeline_table(plan: SurvivalOutline) -> pl.DataFrame:
    """TIMELINE: patients and events expected every half month, under the effect and without."""
    # the upper limit may be infinite: the last event may never come
    end = min(float(plan.month_high[-1]), 1.5 * float(plan.month[-1]) + 6)
    months = np.arange(0.0, np.ceil(end) + 3.25, 0.5)
    idle = tuple(
        Stratum(s.accrual, s.control, Course(s.control.event, s.control.dropout))
        for s in plan.trial.strata
    )
    return pl.DataFrame(
        {
            "month": months,
            "patients": patients_in(plan.trial, months),
            "events": events_by(plan.trial, months),
            "events_no_effect": events_by(TwoArms(idle, plan.trial.share), months),
        }
    )


def conditional_table(design: SurvivalDesign, plan: SurvivalOutline) -> pl.DataFrame:
    """CONDITIONAL: at each interim look, for hazard ratios it may show, what the rest promises."""
    information = plan.trial.share * (1 - plan.trial.share) * plan.events.astype(np.float64)
    effect = -np.log(plan.hazard_ratio / design.margin)
    rows = []
    for look in range(len(information) - 1):
        now, future = information[look], information[look + 1 :]
        for ratio in _SEEN * design.margin:
            z = float(-np.log(ratio / design.margin) * np.sqrt(now))
            promise = promise_of_rest(
                z,
                information=float(now),
                future=future,
                upper=plan.bounds.upper[look + 1 :],
                planned_theta=float(effect),
            )
            rows.append(
                {
                    "look": look + 1,
                    "hazard_ratio": float(ratio),
                    "z": z,
                    "crosses": bool(z >= plan.bounds.upper[look]),
                    "conditional_power_trend": promise.trend,
                    "conditional_power_design": promise.planned,
                    "predictive_power": promise.predictive,
                }
            )
    return pl.DataFrame(rows)


def assurance_table(design: SurvivalDesign, plan: SurvivalOutline) -> pl.DataFrame:
    """ASSURANCE: the prior, the power at its centre, and the chance of success over it."""
    if design.prior is None:
        return pl.DataFrame()
    prior = prior_of(design.prior, control_median=design.control[0].median_months)
    done = assurance(
        plan.bounds, prior=prior, events=float(plan.events[-1]), share=plan.trial.share
    )
    return pl.DataFrame(
        {
            "source": [design.prior.source],
            "hazard_ratio": [float(np.exp(prior.mean))],
            "log_sd": [prior.sd],
            "power_at_estimate": [done.power],
            "success": [done.success],
            "success_first_look": [float(done.by_look[0])],
        }
    )


def prior_of(prior: Prior, *, control_median: float) -> EffectPrior:
    """The prior that a protocol declares."""
    low, high = prior.ci
    shared = {"low": low, "high": high, "level": prior.level, "discount": prior.discount}
    if prior.hazard_ratio is not None:
        return prior_from_hazard_ratio(prior.hazard_ratio, **shared)
    if prior.median_months is None:
        raise MethodError(
            Fault(
                what="the prior has neither a hazard ratio nor a median",
                where="design.prior",
                mend="give `hazard_ratio` or `median_months`",
            )
        )
    return prior_from_median(prior.median_months, control_median=control_median, **shared)


def multiplicity_table(design: SurvivalDesign) -> pl.DataFrame:
    """MULTIPLICITY: each endpoint's first share of alpha, and who inherits it."""
    graph = design.multiplicity
    if graph is None:
        return pl.DataFrame()
    names = list(graph.weights)
    heirs = [
        ", ".join(f"{heir} {share:g}" for heir, share in graph.edges.get(name, {}).items())
        for name in names
    ]
    return pl.DataFrame(
        {
            "endpoint": names,
            "weight": [graph.weights[name] for name in names],
            "alpha": [graph.weights[name] * design.alpha for name in names],
            "passes_to": heirs,
        }
    )


def survival_summary(design: SurvivalDesign, plan: SurvivalOutline) -> pl.DataFrame:
    """SUMMARY: what was given, solved and computed."""
    whose = {item: "solved" if plan.solved == item else "given" for item in ("power", "effect")}
    stop = plan.alternative.cross_upper + plan.alternative.cross_lower
    stop[-1] = 1 - stop[:-1].sum()
    rows = [
        ("endpoint", design.endpoint, "given"),
        ("one-sided alpha", f"{design.alpha:g}", "given"),
        ("power", f"{plan.alternative.power:.4f}", whose["power"]),
        ("hazard ratio", f"{plan.hazard_ratio:.4f}", whose["effect"]),
        ("events", str(plan.events[-1]), "solved" if plan.solved == "events" else "given"),
        ("patients", str(plan.patients), "given" if design.patients else "solved"),
        ("accrual, months", f"{plan.accrual_months:.2f}", "given"),
        ("last look, month", f"{plan.month[-1]:.2f}", "computed"),
        ("expected events", f"{stop @ plan.events:.1f}", "computed"),
        ("expected months", f"{stop @ plan.month:.2f}", "computed"),
        ("size with all bounds", f"{plan.null.power:.5f}", "computed"),
    ]
    if design.patients and design.last_look_month:
        rows[6] = (rows[6][0], rows[6][1], "solved")
        rows[7] = (rows[7][0], rows[7][1], "given")
    return summary_table(rows)


def _finite(values: FloatArray, bound: FloatArray | None = None) -> pl.Series:
    keep = np.isfinite(values if bound is None else bound)
    kept = [float(v) if k else None for v, k in zip(values, keep, strict=True)]
    return pl.Series(kept, dtype=pl.Float64)
