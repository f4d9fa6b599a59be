# SPDX-License-Identifier: Apache-2.0
"""Checks of arms, regimens, randomisation, scan calendar and groupings."""

from __future__ import annotations

from collections.abc import Iterator

from equipoise.protocol.finding import Finding, unknown, variables_of
from equipoise.protocol.model import Protocol


def check_arms(protocol: Protocol) -> Iterator[Finding]:
    """Arms name declared regimens, one is the control, doses and days fit."""
    for i, arm in enumerate(protocol.arms):
        for j, name in enumerate(arm.regimens):
            if name not in protocol.regimens:
                yield unknown(("arms", i, "regimens", j), "regimen", name, protocol.regimens)
    controls = [arm.id for arm in protocol.arms if arm.role == "control"]
    if len(protocol.arms) > 1 and len(controls) != 1:
        yield (
            ("arms",),
            f"a trial of {len(protocol.arms)} arms needs one control arm; found {len(controls)}",
            "give `role: control` to the arm that the others are compared with",
        )
    for name, regimen in protocol.regimens.items():
        if max(regimen.schedule.days) > regimen.schedule.cycle_days:
            yield (
                ("regimens", name, "schedule", "days"),
                f"day {max(regimen.schedule.days)} lies outside a cycle of "
                f"{regimen.schedule.cycle_days} days",
                "dosing days count from 1 within each cycle",
            )
        if regimen.dose_levels and regimen.dose not in regimen.dose_levels:
            yield (
                ("regimens", name, "dose_levels"),
                f"the starting dose {regimen.dose:g} is not among the dose levels",
                "list the starting dose first, then each reduction",
            )


def check_randomisation(protocol: Protocol) -> Iterator[Finding]:
    """Ratio, block sizes and strata fit the arms and known variables."""
    if protocol.randomisation is None:
        if len(protocol.arms) > 1:
            yield (
                ("arms",),
                "more than one arm, but no randomisation",
                "add `randomisation` with ratio, strata and blocks",
            )
        return
    ratio = protocol.randomisation.ratio
    arms = [arm.id for arm in protocol.arms]
    for name in ratio:
        if name not in arms:
            yield unknown(("randomisation", "ratio", name), "arm", name, arms)
    missing = [arm for arm in arms if arm not in ratio]
    if missing:
        yield (
            ("randomisation", "ratio"),
            f"no ratio for arm `{missing[0]}`",
            "give every arm its share: {A: 1, B: 1}",
        )
    total = sum(ratio.values())
    for i, block in enumerate(protocol.randomisation.blocks):
        if block % total:
            yield (
                ("randomisation", "blocks", i),
                f"a block of {block} cannot hold the ratio {':'.join(map(str, ratio.values()))}",
                f"use a multiple of {total}",
            )
    known = variables_of(protocol)
    for i, factor in enumerate(protocol.randomisation.strata):
        if factor.variable not in known:
            yield unknown(
                ("randomisation", "strata", i, "variable"), "variable", factor.variable, known
            )
        if factor.levels is None:
            yield (
                ("randomisation", "strata", i),
                f"stratum `{factor.variable}` has no levels",
                "list its categories under `levels`",
            )


def check_schedule(protocol: Protocol) -> Iterator[Finding]:
    """Scan intervals follow one another without a gap."""
    intervals = protocol.assessments.schedule
    last = 0
    for i, interval in enumerate(intervals):
        path = ("assessments", "schedule", i)
        if interval.until_day is None and i < len(intervals) - 1:
            yield path, "an interval without end is not the last", "give it `until_day`"
        if interval.until_day is not None:
            if interval.until_day <= last:
                yield path, "this interval ends before it starts", "order intervals by `until_day`"
            last = interval.until_day


def check_groupings(protocol: Protocol) -> Iterator[Finding]:
    """Groupings are made from variables that exist."""
    known = variables_of(protocol)
    for i, grouping in enumerate(protocol.groupings):
        if grouping.of not in known - {grouping.variable}:
            yield unknown(("groupings", i, "of"), "variable", grouping.of, known)
