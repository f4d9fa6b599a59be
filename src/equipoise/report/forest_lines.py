# SPDX-License-Identifier: Apache-2.0
"""The lines of a forest: all patients, each factor with its test, each level with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from equipoise.protocol.model import Analysis, Protocol
from equipoise.report.numbers import Number, Numbers
from equipoise.report.words import level_words

TIMES, RATIO, TEST = "kaplan-meier.subgroup", "cox.subgroup", "cox.interaction"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the figure: all patients, a factor with its test, or a level."""

    label: str
    depth: int
    hazard: Number | None = None
    test: Number | None = None
    arms: tuple[tuple[Number | None, Number | None, Number | None], ...] = ()

    @property
    def events(self) -> float:
        """Events of the arms together: the size of the mark."""
        return sum(found[0].value or 0.0 for found in self.arms if found[0])


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in pixels; the figure's texts stand left and right of its plot."""

    size: str
    plot: int
    left: int
    font: int
    row: int
    heading: int


def forest_lines(
    analysis: Analysis, arm: str, numbers: Numbers, protocol: Protocol
) -> tuple[Line, ...]:
    """All patients first, then each factor with its levels in the protocol's order."""
    control = protocol.control
    arms = [arm, control.id] if control else [arm]

    def found(method: str, levels: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(
            tuple(
                numbers.find(analysis.id, method, stat, one, levels=levels)
                for stat in ("n_event", "N", "median")
            )
            for one in arms
        )

    hazard = numbers.find(analysis.id, "cox", "hr", arm)
    lines = [Line("All patients", 0, hazard, arms=found("kaplan-meier", ()))]
    for factor in analysis.subgroups:
        test = numbers.find(analysis.id, TEST, "p", arm, levels=(factor.variable,))
        lines.append(Line(factor.label, 0, test=test))
        for level in factor.levels or ():
            key = (factor.variable, level)
            ratio = numbers.find(analysis.id, RATIO, "hr", arm, levels=key)
            words = level_words(factor.variable, level)
            lines.append(Line(words, 1, ratio, arms=found(TIMES, key)))
    return tuple(lines)


def line_tops(lines: tuple[Line, ...], layout: Layout) -> list[float]:
    """Where each line begins, and where the last ends; a factor has no mark and needs less."""
    tops = [0.0]
    for line in lines:
        tops.append(tops[-1] + (layout.row if line.arms else layout.heading))
    return tops


def middles(lines: tuple[Line, ...], layout: Layout) -> list[float]:
    """Where the mark of each line stands; in the narrow drawing below its text."""
    part = 0.5 if layout.size == "wide" else 0.72
    tops = line_tops(lines, layout)
    return [top + part * (after - top) for top, after in pairwise(tops)]
