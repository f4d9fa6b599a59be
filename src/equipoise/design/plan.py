# SPDX-License-Identifier: Apache-2.0
"""Plan a trial from its protocol file: sizes, bounds, dates, tables and words."""

from __future__ import annotations

from equipoise.design.plan_adaptive import (
    plan_bayesian_response,
    plan_combination,
    plan_many_arms,
    reestimation_table,
)
from equipoise.design.plan_fixed_test import plan_fixed_test
from equipoise.design.plan_formulas import formulas_table
from equipoise.design.plan_one_arm import (
    plan_one_sample,
    plan_single_arm_response,
    plan_two_arm_response,
)
from equipoise.design.plan_survival import SurvivalOutline, plan_survival
from equipoise.design.plan_survival_tables import (
    assurance_table,
    conditional_table,
    looks_table,
    multiplicity_table,
    power_table,
    survival_summary,
    timeline_table,
)
from equipoise.design.plan_text import survival_paragraph
from equipoise.design.trial_plan import TrialPlan
from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import (
    BayesianResponseDesign,
    CombinationDesign,
    FixedTestDesign,
    MultiArmDesign,
    OneSampleSurvivalDesign,
    Protocol,
    SingleArmResponseDesign,
    SurvivalDesign,
)


def plan_design(protocol: Protocol) -> TrialPlan:
    """The plan that the protocol's design section asks for.

    Returns       TrialPlan - tables and paragraph
    Raises        ProtocolError - the protocol has no design section
                  MethodError - no such plan exists; the fault names the nearest feasible one
    """
    design = protocol.design
    if design is None:
        raise _no_design()
    label = next(e.label for e in protocol.endpoints if e.id == design.endpoint)
    if isinstance(design, SurvivalDesign):
        return _survival(design, outline_of(protocol), label)
    if isinstance(design, OneSampleSurvivalDesign):
        return plan_one_sample(design, label=label)
    if isinstance(design, SingleArmResponseDesign):
        return plan_single_arm_response(design, label=label)
    if isinstance(design, BayesianResponseDesign):
        return plan_bayesian_response(design, label=label)
    if isinstance(design, CombinationDesign):
        return plan_combination(design, label=label)
    experimental, control = allocation(protocol)
    if isinstance(design, MultiArmDesign):
        arms = len(protocol.arms) - 1
        return plan_many_arms(design, label=label, arms=arms, ratio=experimental / arms / control)
    if isinstance(design, FixedTestDesign):
        total = experimental + control
        return plan_fixed_test(design, label=label, share=experimental / total, block=total)
    return plan_two_arm_response(design, label=label, ratio=experimental / control)


def outline_of(protocol: Protocol) -> SurvivalOutline:
    """The time-to-event plan as arrays: what a figure draws and an interim look is judged by.

    Raises        ProtocolError - the protocol has no time-to-event design
    """
    if not isinstance(protocol.design, SurvivalDesign):
        raise _no_design()
    experimental, control = allocation(protocol)
    total = experimental + control
    return plan_survival(protocol.design, share=experimental / total, block=total)


def allocation(protocol: Protocol) -> tuple[int, int]:
    """Shares of the experimental and the control arm in the randomisation ratio."""
    control = protocol.control
    if control is None or protocol.randomisation is None:
        raise _no_design()
    ratio = protocol.randomisation.ratio
    return sum(ratio.values()) - ratio[control.id], ratio[control.id]


def _survival(design: SurvivalDesign, plan: SurvivalOutline, label: str) -> TrialPlan:
    tables = {
        "SUMMARY": survival_summary(design, plan),
        "LOOKS": looks_table(plan),
        "POWER": power_table(design, plan),
        "TIMELINE": timeline_table(plan),
        "CONDITIONAL": conditional_table(design, plan),
        "FORMULAS": formulas_table(design, plan),
        "REESTIMATION": reestimation_table(design, plan),
        "ASSURANCE": assurance_table(design, plan),
        "MULTIPLICITY": multiplicity_table(design),
    }
    kept = {name: table for name, table in tables.items() if not table.is_empty()}
    return TrialPlan(design.kind, kept, survival_paragraph(design, plan, label=label))


def _no_design() -> ProtocolError:
    return ProtocolError(
        Fault(
            what="this protocol has no `design` section of the kind asked for",
            where="protocol",
            mend="add `design` with kind, endpoint, alpha and what the trial was sized for",
        )
    )
