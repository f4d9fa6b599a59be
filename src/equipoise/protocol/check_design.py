# SPDX-License-Identifier: Apache-2.0
"""Checks of the design section: its endpoint, its looks, and what is left open to solve for."""

from __future__ import annotations

from collections.abc import Iterator

from equipoise.protocol.adaptive_design import (
    BayesianResponseDesign,
    CombinationDesign,
    MultiArmDesign,
)
from equipoise.protocol.design import (
    Design,
    FixedTestDesign,
    Multiplicity,
    OneSampleSurvivalDesign,
    Spend,
    SurvivalDesign,
)
from equipoise.protocol.finding import Finding, Path, unknown
from equipoise.protocol.model import Protocol

_WITH_PARAMETER = ("kim-demets", "hwang-shih-decani", "wang-tsiatis", "haybittle-peto")
_ONE_ARM = (
    "one-sample-log-rank",
    "exact-single-stage",
    "simon-optimal",
    "simon-minimax",
    "bayesian-predictive",
)
_MANY_ARMS = "multi-arm-multi-stage"
_CLASSICAL = ("wang-tsiatis", "haybittle-peto")


def check_design(protocol: Protocol) -> Iterator[Finding]:
    """The design speaks of this trial and leaves exactly one thing to solve for."""
    design = protocol.design
    if design is None:
        return
    endpoints = [endpoint.id for endpoint in protocol.endpoints]
    if design.endpoint not in endpoints:
        yield unknown(("design", "endpoint"), "endpoint", design.endpoint, endpoints)
    if not _fits(design.kind, len(protocol.arms)):
        yield (
            ("design", "kind"),
            f"a design of kind `{design.kind}` does not fit {len(protocol.arms)} arms",
            f"{', '.join(_ONE_ARM)} are for one arm, {_MANY_ARMS} for three or more, the others "
            "for two",
        )
    if isinstance(design, OneSampleSurvivalDesign | FixedTestDesign):
        yield from _check_one_open(design)
    if isinstance(design, FixedTestDesign):
        yield from _check_fixed(design)
    yield from _check_adaptive(design)
    if isinstance(design, SurvivalDesign):
        yield from _check_reestimation(design)
        yield from _check_survival(design)
        yield from _check_looks(design)
        yield from _check_spend(design.efficacy, ("design", "efficacy"))
        if design.futility is not None:
            yield from _check_spend(design.futility, ("design", "futility"))
            if design.futility.family in _CLASSICAL:
                yield (
                    ("design", "futility", "family"),
                    f"`{design.futility.family}` is a shape of efficacy bounds, not of futility",
                    "spend beta by one of the spending functions",
                )
        if design.multiplicity is not None:
            yield from _check_multiplicity(design.multiplicity, endpoints)


def _fits(kind: str, arms: int) -> bool:
    if kind in _ONE_ARM:
        return arms == 1
    return arms > 2 if kind == _MANY_ARMS else arms == 2


def _check_adaptive(design: Design) -> Iterator[Finding]:
    """Designs that learn on the way say what they cannot do without."""
    if isinstance(design, MultiArmDesign) and (
        design.looks[-1] != 1 or list(design.looks) != sorted(set(design.looks))
    ):
        yield ("design", "looks"), "looks are out of order", "increase, and end at 1"
    if isinstance(design, CombinationDesign) and (design.shape is None) != (
        design.kind == "fisher-combination"
    ):
        yield (
            ("design", "shape"),
            f"a design of kind `{design.kind}` has the wrong bounds",
            "inverse-normal-combination takes a `shape`, fisher-combination none",
        )
    if isinstance(design, BayesianResponseDesign):
        if not design.first_look < design.patients:
            yield ("design", "first_look"), "the first look is not before the end", "look earlier"
        if design.p0 >= design.p1:
            yield ("design", "p1"), "p1 is no better than p0", "give a rate above p0"


def _check_reestimation(design: SurvivalDesign) -> Iterator[Finding]:
    rule = design.reestimation
    if rule is None:
        return
    if len(design.looks) != 2 or len(design.effect) > 1:
        yield (
            ("design", "reestimation"),
            "events are re-estimated at one interim look, for one hazard ratio",
            "plan two looks and one hazard ratio, or drop `reestimation`",
        )
    if rule.low >= rule.target:
        yield ("design", "reestimation", "low"), "the zone is empty", "keep low below target"


def _check_one_open(design: OneSampleSurvivalDesign | FixedTestDesign) -> Iterator[Finding]:
    if (design.power is None) == (design.patients is None):
        yield ("design",), "power and patients are both given or both left open", "leave one out"


def _check_fixed(design: FixedTestDesign) -> Iterator[Finding]:
    timed = design.kind in ("milestone", "restricted-mean")
    if timed != (design.time_months is not None) or timed == bool(design.weights):
        yield (
            ("design",),
            f"a design of kind `{design.kind}` has the wrong test",
            "milestone and restricted-mean take `time_months`, the others `weights`",
        )
    if design.kind == "weighted-log-rank" and len(design.weights) > 1:
        yield ("design", "weights"), "several weights are a max-combo", "use kind: max-combo"


def _check_survival(design: SurvivalDesign) -> Iterator[Finding]:
    given = [design.power is not None, design.events is not None, bool(design.effect)]
    if sum(given) == 3 or sum(given) < 2:
        yield (
            ("design",),
            f"{sum(given)} of power, events and effect are given",
            "give two of the three; the third is solved for",
        )
    if design.patients is None and design.last_look_month is None:
        yield (
            ("design",),
            "neither patients nor the month of the last look is given",
            "give `patients`, or `last_look_month` to solve for them",
        )
    for name, pieces in (("control", design.control), ("effect", design.effect)):
        starts = [piece.from_month for piece in pieces]
        if pieces and (starts[0] != 0 or starts != sorted(set(starts))):
            yield (
                ("design", name),
                f"the pieces of `{name}` are out of order",
                "start at 0, increase",
            )
    ends = [piece.until_month for piece in design.accrual]
    if ends != sorted(set(ends)):
        yield (
            ("design", "accrual"),
            "the pieces of accrual are out of order",
            "order by until_month",
        )
    if design.strata and abs(sum(s.share for s in design.strata) - 1) > 1e-9:
        yield ("design", "strata"), "the shares of the strata do not add up to 1", "correct them"
    if len(design.effect) > 1 and any(look.fraction is None for look in design.looks):
        yield (
            ("design", "looks"),
            "a hazard ratio that changes is read at fractions of the events",
            "give every look a `fraction`",
        )
    if len(design.effect) > 1 and (design.futility is not None or design.power is None):
        yield (
            ("design", "effect"),
            "a hazard ratio that changes is planned for a given power, without futility bounds",
            "give power and drop `futility`, or assume one hazard ratio",
        )


def _check_looks(design: SurvivalDesign) -> Iterator[Finding]:
    fractions = [look.fraction for look in design.looks if look.fraction is not None]
    if design.looks[-1].fraction != 1 or fractions != sorted(set(fractions)):
        yield (
            ("design", "looks"),
            "looks are out of order, or the last is not at fraction 1",
            "fractions increase, and the last look has `fraction: 1`",
        )
    if not design.looks[-1].efficacy:
        yield ("design", "looks"), "the last look may not show efficacy", "drop `efficacy: false`"
    for i, look in enumerate(design.looks):
        if look.fraction is None and look.month is None and look.patients is None:
            yield (
                ("design", "looks", i),
                "this look has no time",
                "give `fraction`, `month` or `patients`",
            )
        if look.patients and design.patients and look.patients > design.patients:
            yield (
                ("design", "looks", i, "patients"),
                f"{look.patients} patients are more than the {design.patients} of the plan",
                f"look at {design.patients} or before",
            )
    if any(look.futility for look in design.looks) != (design.futility is not None):
        yield (
            ("design", "futility"),
            "looks for futility and a spending function of beta go together",
            "give both `futility: true` on a look and `futility`, or neither",
        )
    if design.futility is not None and design.power is None:
        yield ("design", "power"), "futility bounds spend beta: power has to be given", "give power"


def _check_spend(spend: Spend, path: Path) -> Iterator[Finding]:
    if (spend.family in _WITH_PARAMETER) != (spend.parameter is not None):
        yield (
            (*path, "parameter"),
            f"spending family `{spend.family}` and a parameter do not go together as given",
            f"{', '.join(_WITH_PARAMETER)} take one, the others none",
        )
    points = bool(spend.fractions) and len(spend.fractions) == len(spend.shares)
    if (spend.family == "points") != points:
        yield path, "points need as many fractions as shares, other families none", "correct them"


def _check_multiplicity(graph: Multiplicity, endpoints: list[str]) -> Iterator[Finding]:
    for name in [
        *graph.weights,
        *graph.edges,
        *graph.planned_events,
        *(n for row in graph.edges.values() for n in row),
    ]:
        if name not in endpoints:
            yield unknown(("design", "multiplicity"), "endpoint", name, endpoints)
    if sum(graph.weights.values()) > 1 + 1e-9:
        yield ("design", "multiplicity", "weights"), "weights add up to more than 1", "lower them"
    for name, row in graph.edges.items():
        if sum(row.values()) > 1 + 1e-9:
            yield (
                ("design", "multiplicity", "edges", name),
                f"`{name}` passes on more than it has",
                "edges of one endpoint add up to at most 1",
            )
