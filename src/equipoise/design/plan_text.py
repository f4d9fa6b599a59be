# SPDX-License-Identifier: Apache-2.0
"""The sample-size paragraph of the protocol, written from the plan's numbers."""

from __future__ import annotations

import numpy as np

from equipoise.design.plan_survival import SurvivalOutline
from equipoise.protocol.model import Spend, SurvivalDesign

_FAMILIES = {
    "lan-demets-obrien-fleming": "a Lan-DeMets function of the O'Brien-Fleming type",
    "lan-demets-pocock": "a Lan-DeMets function of the Pocock type",
    "kim-demets": "the Kim-DeMets power function with rho = {parameter:g}",
    "hwang-shih-decani": "the Hwang-Shih-DeCani function with gamma = {parameter:g}",
    "points": "a function given by points",
    "wang-tsiatis": "bounds of the Wang-Tsiatis family with shape {parameter:g}",
    "haybittle-peto": "Haybittle-Peto bounds with Z of {parameter:g} at every interim look",
}


def survival_paragraph(design: SurvivalDesign, plan: SurvivalOutline, *, label: str) -> str:
    """Sample size, accrual, looks and rules in the words of a protocol."""
    return " ".join(
        sentence
        for sentence in (
            _sizing(design, plan, label),
            _course(design, plan),
            _looks(design, plan),
            _futility(design, plan),
            _more_events(design, plan),
            _rules(plan),
        )
        if sentence
    )


def lower_first(text: str) -> str:
    """The label within a sentence: its capital goes, unless it opens an abbreviation."""
    return text[0].lower() + text[1:] if text[1:2].islower() else text


def _more_events(design: SurvivalDesign, plan: SurvivalOutline) -> str:
    rule = design.reestimation
    if rule is None:
        return ""
    return (
        f"Where the conditional power at the interim trend lies between {100 * rule.low:g}% and "
        f"{100 * rule.target:g}%, the events are raised to those that give "
        f"{100 * rule.target:g}%, at most {rule.most_events}; the final critical value keeps the "
        f"conditional error of the {plan.events[-1]} events planned."
    )


def _sizing(design: SurvivalDesign, plan: SurvivalOutline, label: str) -> str:
    changing = "an average" if len(design.effect) > 1 else "a"
    against = f" against a margin of {design.margin:g}" if design.margin != 1 else ""
    return (
        f"The primary comparison of {lower_first(label)} uses the log-rank test at a one-sided "
        f"significance level of {design.alpha:g}. With {plan.events[-1]} events the trial has "
        f"{100 * plan.alternative.power:.1f}% power to detect {changing} hazard ratio of "
        f"{plan.hazard_ratio:.3g}{against}."
    )


def _course(design: SurvivalDesign, plan: SurvivalOutline) -> str:
    medians = ", then ".join(f"{piece.median_months:g}" for piece in design.control)
    return (
        f"Assuming a median of {medians} months in the control arm, exponential within periods, "
        f"and {100 * design.dropout_per_month:g}% dropout per month, {plan.patients} patients "
        f"enrolled over {plan.accrual_months:.1f} months are expected to bring these events "
        f"{plan.month[-1]:.1f} months after the first patient (90% prediction interval "
        f"{plan.month_low[-1]:.1f} to {_month(plan.month_high[-1])} months)."
    )


def _looks(design: SurvivalDesign, plan: SurvivalOutline) -> str:
    if len(plan.events) == 1:
        return "No interim analysis is planned."
    parts = []
    for k in range(len(plan.events) - 1):
        part = (
            f"at {plan.events[k]} events ({100 * plan.bounds.fraction[k]:.0f}% of the information, "
            f"expected in month {plan.month[k]:.1f})"
        )
        if np.isfinite(plan.bounds.upper[k]):
            part += (
                f" with efficacy shown at a one-sided p of {plan.efficacy.p[k]:.5f} or less "
                f"(Z {plan.efficacy.z[k]:.3f}, a hazard ratio of about "
                f"{plan.efficacy.hazard_ratio[k]:.3f})"
            )
        parts.append(part)
    several = "An interim analysis is" if len(parts) == 1 else "Interim analyses are"
    return (
        f"{several} planned {'; '.join(parts)}. Alpha is spent by {_family(design.efficacy)}; the "
        f"final analysis tests at a one-sided {plan.efficacy.p[-1]:.5f} "
        f"(Z {plan.efficacy.z[-1]:.3f})."
    )


def _futility(design: SurvivalDesign, plan: SurvivalOutline) -> str:
    if design.futility is None:
        return ""
    binding = "binding" if design.futility_binding else "non-binding"
    parts = [
        f"a hazard ratio above {plan.futility.hazard_ratio[k]:.3f} at {plan.events[k]} events"
        for k in range(len(plan.events) - 1)
        if np.isfinite(plan.bounds.lower[k])
    ]
    return (
        f"The trial may stop for futility ({binding}, beta spent by {_family(design.futility)}): "
        f"{'; '.join(parts)}."
    )


def _rules(plan: SurvivalOutline) -> str:
    if len(plan.events) == 1:
        return ""
    return (
        "If an analysis takes place at another number of events than planned, its bound is "
        "recalculated at the information observed, earlier bounds being kept; the final analysis "
        "spends what alpha is left. After an early stop, stage-wise ordering gives a "
        "median-unbiased estimate and its interval beside the usual ones."
    )


def _family(spend: Spend) -> str:
    return _FAMILIES[spend.family].format(parameter=spend.parameter or 0.0)


def _month(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else "never"
