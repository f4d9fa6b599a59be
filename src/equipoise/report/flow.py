# SPDX-License-Identifier: Apache-2.0
"""The flow of patients from enrolment to analysis, in the order CONSORT asks for."""

from __future__ import annotations

from dataclasses import dataclass

from equipoise.protocol.model import Protocol
from equipoise.report.figures import arm_styles
from equipoise.report.numbers import TOTAL, Number, Numbers

ANALYSIS, METHOD = "DISPOSITION", "disposition"
REASON, SET = "Discontinued: ", "Analysis set: "


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a box: words and their count."""

    label: str
    number: Number
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the flow; one that patients leave by stands aside."""

    title: str
    items: tuple[Item, ...]
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """The flow chart: what comes before allocation, then one column of boxes per arm."""

    id: str
    title: str
    population: str
    top: tuple[Box, ...]
    arms: tuple[tuple[int, tuple[Box, ...]], ...]
    footnotes: tuple[str, ...] = ()
    number: int = 0
    kind: str = "flow"


def patient_flow(numbers: Numbers, protocol: Protocol) -> Flow | None:
    """The flow of a trial; None where disposition was not counted."""
    if not numbers.of(ANALYSIS, METHOD):
        return None
    top = [("Screened", "Screened"), ("Not enrolled", "Not enrolled")]
    boxes = [
        Box(title, (Item("", number),), aside=title == "Not enrolled")
        for title, level in top
        if (number := numbers.find(ANALYSIS, METHOD, "n", TOTAL, levels=(level,)))
    ]
    whole = numbers.find(ANALYSIS, METHOD, "N", TOTAL)
    if whole and len(protocol.arms) > 1:
        boxes.append(Box("Randomised" if protocol.randomisation else "Treated", (Item("", whole),)))
    styles = arm_styles(protocol)
    return Flow(
        id="flow",
        title="Flow of patients",
        population="All randomised patients" if protocol.randomisation else "All treated patients",
        top=tuple(boxes),
        arms=tuple(
            (styles[arm.id], _arm(numbers, protocol, arm.id, arm.label)) for arm in protocol.arms
        ),
        footnotes=("Counts of patients; reasons as recorded at the end of the study.",),
    )


def _arm(numbers: Numbers, protocol: Protocol, arm: str, label: str) -> tuple[Box, ...]:
    def item(words: str, level: str, depth: int = 0) -> list[Item]:
        number = numbers.find(ANALYSIS, METHOD, "n", arm, levels=(level,))
        return [Item(words, number, depth)] if number else []

    size = numbers.find(ANALYSIS, METHOD, "N", arm)
    allocated = [Item("Randomised", size)] if size and protocol.randomisation else []
    levels = [level for (level,) in numbers.levels(ANALYSIS, METHOD, "DISPOSITION")]
    stopped = [
        part
        for level in levels
        if level.startswith(REASON)
        for part in item(level.removeprefix(REASON).capitalize(), level, 1)
        if part.number.value
    ]
    boxes = [
        Box(label, (*allocated, *item("Treated", "Treated"))),
        Box(
            "Follow-up",
            (
                *item("On study", "On study"),
                *item("Completed study", "Completed study"),
                *item("Discontinued study", "Discontinued study"),
                *stopped,
            ),
        ),
        Box(
            "Analysed",
            tuple(
                part for s in protocol.analysis_sets for part in item(s.label, f"{SET}{s.label}")
            ),
        ),
    ]
    return tuple(box for box in boxes if box.items)
