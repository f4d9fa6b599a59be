# SPDX-License-Identifier: Apache-2.0
"""Where the name of a curve fits beside it: above the upper curve, below the lower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TRIES = 40
GAP = 0.045


@dataclass(frozen=True, slots=True)
class Curve:
    """A step curve of one arm: steps (month, survival, lower, upper) and censored places."""

    arm: str
    name: str
    index: int
    steps: tuple[tuple[float, float, float, float], ...]
    censored: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A name and the place of its left end: month, and height from 0 to 1."""

    text: str
    time: float
    height: float
    index: int


def _at(curve: Curve, time: float) -> tuple[float, float, float, float] | None:
    """The step that holds at a time; None after the curve stopped."""
    if time > curve.steps[-1][0]:
        return None
    return max(step for step in curve.steps if step[0] <= time)


def place_labels(
    curves: Sequence[Curve], *, end: float, width: int, font: int
) -> tuple[Label, ...]:
    """Places for the names of two curves, where their bands are furthest apart.

    A falling curve leaves room above its left end and below its right end, so a name above starts
    at the height of the upper band there, and a name below ends at the height of the lower band.
    """
    if len(curves) != 2:
        return ()
    final = [curve.steps[-1][1] for curve in curves]
    upper, lower = (curves[0], curves[1]) if final[0] >= final[1] else (curves[1], curves[0])
    above = _above(upper, lower, end=end, length=_length(upper, end, width, font))
    below = _below(upper, lower, end=end, length=_length(lower, end, width, font))
    return tuple(label for label in (above, below) if label)


def _length(curve: Curve, end: float, width: int, font: int) -> float:
    """Length of the name in months: a bold letter is about 0.6 of the font size wide."""
    return len(curve.name) * (font + 1) * 0.6 * end / width


def _above(upper: Curve, lower: Curve, *, end: float, length: float) -> Label | None:
    best: tuple[float, Label] | None = None
    for attempt in range(1, TRIES):
        time = end * attempt / TRIES
        here = [step for curve in (upper, lower) if (step := _at(curve, time))]
        if _at(upper, time) is None or time + length > end:
            continue
        height = max(step[3] for step in here) + GAP
        room = _apart(upper, lower, time + length / 2)
        if height < 0.97 and (best is None or room > best[0]):
            best = (room, Label(upper.name, time, height, upper.index))
    return best[1] if best else None


def _below(upper: Curve, lower: Curve, *, end: float, length: float) -> Label | None:
    best: tuple[float, Label] | None = None
    for attempt in range(1, TRIES):
        time = end * attempt / TRIES
        right = time + length
        here = [step for curve in (upper, lower) if (step := _at(curve, right))]
        if _at(lower, right) is None or right > end:
            continue
        height = min(step[2] for step in here) - GAP
        room = _apart(upper, lower, time + length / 2)
        if height > 0.04 and (best is None or room > best[0]):
            best = (room, Label(lower.name, time, height, lower.index))
    return best[1] if best else None


def _apart(upper: Curve, lower: Curve, time: float) -> float:
    one, other = _at(upper, time), _at(lower, time)
    return one[1] - other[1] if one and other else 0.0
