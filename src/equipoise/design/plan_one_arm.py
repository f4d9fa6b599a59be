# SPDX-License-Identifier: Apache-2.0
"""Plans of single-arm trials and of two response rates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from equipoise.design.one_sample_logrank import power_one_sample_logrank, size_one_sample_logrank
from equipoise.design.piecewise import patients_by, scale_accrual
from equipoise.design.plan_inputs import accrual_of, hazard_of, monthly
from equipoise.design.simon import simon_two_stage, two_stage
from equipoise.design.single_arm import at_least, exact_single_stage
from equipoise.design.trial_plan import TrialPlan, summary_table
from equipoise.design.two_arm_response import (
    Region,
    fisher_region,
    miettinen_nurminen_region,
    pearson_region,
    power_of_region,
    size_two_arm_response,
)
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import (
    OneSampleSurvivalDesign,
    SingleArmResponseDesign,
    TwoArmResponseDesign,
)

_RATIOS = np.linspace(0.35, 1.0, 100)
_RATES = np.round(np.linspace(0.0, 1.0, 101)[1:-1], 2)
REGIONS: dict[str, Region] = {
    "fisher": fisher_region,
    "chi-square": pearson_region,
    "miettinen-nurminen": miettinen_nurminen_region,
}
_TESTS = {
    "fisher": "Fisher's exact test",
    "chi-square": "the chi-square test",
    "miettinen-nurminen": "the score test of Miettinen and Nurminen",
}


def plan_one_sample(design: OneSampleSurvivalDesign, *, label: str) -> TrialPlan:
    """One arm against history: power of the patients given, or patients for the power given."""
    ends = [piece.until_month for piece in design.accrual]
    accrual = accrual_of(ends, [piece.per_month for piece in design.accrual], start=0.0)
    historical, dropout = hazard_of(design.historical), monthly(design.dropout_per_month)
    month = ends[-1] + design.follow_up_months
    size = partial(
        size_one_sample_logrank,
        accrual,
        historical=historical,
        dropout=dropout,
        month=month,
        hazard_ratio=design.hazard_ratio,
        alpha=design.alpha,
    )
    if design.patients is None and design.power is None:
        raise _nothing_to_solve()
    needed = size(power=design.power or 0.5)
    patients = design.patients or int(np.ceil(needed.patients - 1e-9))
    entered = scale_accrual(accrual, patients / float(patients_by(accrual, np.inf)[0]))
    ratios = np.union1d(_RATIOS[:-1], [design.hazard_ratio])
    power = [
        power_one_sample_logrank(
            entered,
            historical=historical,
            dropout=dropout,
            hazard_ratio=float(ratio),
            month=month,
            alpha=design.alpha,
        )
        for ratio in ratios
    ]
    each = patients / needed.patients
    done = _OneSample(
        patients=patients,
        events=each * needed.events,
        expected=each * needed.expected_null,
        power=power[int(np.searchsorted(ratios, design.hazard_ratio))],
        accrual_months=ends[-1],
    )
    tables = {
        "SUMMARY": _one_sample_summary(design, done),
        "POWER": pl.DataFrame({"hazard_ratio": ratios, "power": power}),
    }
    return TrialPlan(design.kind, tables, _one_sample_words(design, done, label))


@dataclass(frozen=True, slots=True)
class _OneSample:
    """A solved one-sample design: `expected` events are those that history would bring."""

    patients: int
    events: float
    expected: float
    power: float
    accrual_months: float


def _one_sample_summary(design: OneSampleSurvivalDesign, done: _OneSample) -> pl.DataFrame:
    return summary_table(
        [
            ("endpoint", design.endpoint, "given"),
            ("one-sided alpha", f"{design.alpha:g}", "given"),
            ("power", f"{done.power:.4f}", "given" if design.power else "solved"),
            ("hazard ratio to history", f"{design.hazard_ratio:g}", "given"),
            ("patients", str(done.patients), "given" if design.patients else "solved"),
            ("events", f"{done.events:.1f}", "computed"),
            ("events that history would bring", f"{done.expected:.1f}", "computed"),
            ("analysis, month", f"{done.accrual_months + design.follow_up_months:.1f}", "computed"),
        ]
    )


def _one_sample_words(design: OneSampleSurvivalDesign, done: _OneSample, label: str) -> str:
    old = design.historical[0].median_months
    return (
        f"{label} is compared with a historical median of {old:g} months by the one-sample "
        f"log-rank test at a one-sided level of {design.alpha:g}. With {done.patients} patients "
        f"enrolled over {done.accrual_months:g} months and followed for "
        f"{design.follow_up_months:g} months after the last, about {done.events:.0f} events are "
        f"expected and the power is {100 * done.power:.1f}% if the hazard is "
        f"{design.hazard_ratio:g} times the historical one (a median of about "
        f"{old / design.hazard_ratio:.1f} months)."
    )


def plan_single_arm_response(design: SingleArmResponseDesign, *, label: str) -> TrialPlan:
    """One arm, a response rate, in one stage or in Simon's two."""
    done = _exact(design) if design.kind == "exact-single-stage" else _simon(design)
    goal = f"{label}: a rate of {100 * design.p0:g}% is not worth pursuing, "
    goal += f"{100 * design.p1:g}% is. "
    summary = summary_table(
        [
            ("endpoint", design.endpoint, "given"),
            ("patients", str(done.stages["patients"][-1]), "solved"),
            ("one-sided size", f"{done.alpha:.5f}", "computed"),
            ("power", f"{done.power:.5f}", "computed"),
        ]
    )
    tables = {"SUMMARY": summary, "STAGES": done.stages, "RATES": done.rates}
    return TrialPlan(design.kind, tables, goal + done.words)


@dataclass(frozen=True, slots=True)
class _Response:
    """A solved response design with its tables and its sentence."""

    stages: pl.DataFrame
    rates: pl.DataFrame
    alpha: float
    power: float
    words: str


def _exact(design: SingleArmResponseDesign) -> _Response:
    one = exact_single_stage(p0=design.p0, p1=design.p1, alpha=design.alpha, power=design.power)
    success = [at_least(one.responses, one.patients, float(p)) for p in _RATES]
    words = (
        f"Among {one.patients} patients, {one.responses} responses or more show activity "
        f"(exact one-sided size {one.alpha:.4f}, power {one.power:.4f})."
    )
    return _Response(
        stages=pl.DataFrame({"patients": [one.patients], "go_on_from": [one.responses]}),
        rates=pl.DataFrame({"rate": _RATES, "success": success}),
        alpha=one.alpha,
        power=one.power,
        words=words,
    )


def _simon(design: SingleArmResponseDesign) -> _Response:
    both = simon_two_stage(p0=design.p0, p1=design.p1, alpha=design.alpha, power=design.power)
    d = both.optimal if design.kind == "simon-optimal" else both.minimax
    form = (d.first_responses, d.first_patients, d.responses, d.patients)
    success = [two_stage(*form, p0=float(p), p1=float(p)).power for p in _RATES]
    words = (
        f"Simon's {design.kind.removeprefix('simon-')} two-stage design enters "
        f"{d.first_patients} patients, stops with {d.first_responses} responses or fewer, and "
        f"shows activity with more than {d.responses} responses among {d.patients} (size "
        f"{d.alpha:.4f}, power {d.power:.4f}; under {100 * design.p0:g}% the chance to stop early "
        f"is {d.early_stop:.3f} and {d.expected_patients:.1f} patients are expected)."
    )
    stages = {
        "patients": [d.first_patients, d.patients],
        "go_on_from": [d.first_responses + 1, d.responses + 1],
    }
    return _Response(
        stages=pl.DataFrame(stages),
        rates=pl.DataFrame({"rate": _RATES, "success": success}),
        alpha=d.alpha,
        power=d.power,
        words=words,
    )


def plan_two_arm_response(design: TwoArmResponseDesign, *, label: str, ratio: float) -> TrialPlan:
    """Two arms, a response rate, by the exact power of the named test."""
    region = REGIONS[design.kind]
    size = size_two_arm_response(
        region, p0=design.p0, p1=design.p1, alpha=design.alpha, power=design.power, ratio=ratio
    )
    reject = region(size.control, size.experimental, design.alpha)
    rates = np.round(np.linspace(design.p0, min(1.0, 2 * design.p1 - design.p0), 100), 6)
    curve = [power_of_region(reject, p0=design.p0, p1=float(p)) for p in rates]
    summary = summary_table(
        [
            ("endpoint", design.endpoint, "given"),
            ("one-sided alpha", f"{design.alpha:g}", "given"),
            ("control patients", str(size.control), "solved"),
            ("experimental patients", str(size.experimental), "solved"),
            ("power", f"{size.power:.5f}", "computed"),
            ("largest size", f"{size.size:.5f}", "computed"),
        ]
    )
    paragraph = (
        f"{label} is compared by {_TESTS[design.kind]} at a one-sided level of {design.alpha:g}. "
        f"With {size.control} control and {size.experimental} experimental patients the exact "
        f"power is {100 * size.power:.1f}% for rates of {100 * design.p0:g}% and "
        f"{100 * design.p1:g}%; the largest size over all equal rates is {size.size:.4f}."
    )
    tables = {"SUMMARY": summary, "RATES": pl.DataFrame({"rate": rates, "success": curve})}
    return TrialPlan(design.kind, tables, paragraph)


def _nothing_to_solve() -> MethodError:
    return MethodError(
        Fault(
            what="neither patients nor power is given",
            where="design",
            mend="give one; the other is solved for",
        )
    )
