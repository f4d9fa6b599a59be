# SPDX-License-Identifier: Apache-2.0
"""Recompute published figures from their own printed numbers, and say where they contradict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from equipoise.protocol.model import Figure, Printed, Protocol
from equipoise.statistics.normal import critical_value
from equipoise.statistics.proportion import clopper_pearson
from equipoise.statistics.rounding import round_half_away
from equipoise.statistics.two_proportions import pearson_chi_square, two_counts

Verdict = Literal["agrees", "cannot be recomputed", "contradicts"]

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One figure, or one arm of it: as printed, as recomputed, and whether they agree."""

    figure: str
    arm: str | None
    printed: str
    recomputed: str
    verdict: Verdict

    def __str__(self) -> str:
        name = f"{self.figure} [{self.arm}]" if self.arm else self.figure
        return f"{self.verdict:<21} {name:<38} {self.printed:<26} {self.recomputed}".rstrip()


def recompute_published(protocol: Protocol) -> list[Recomputed]:
    """One item per figure and arm, in the order of the protocol.

    A count and a denominator give a percentage and a Clopper-Pearson interval; a percentage and an
    arm size give the counts that fit; a hazard-ratio interval gives its own midpoint and, as
    4 / SE^2, the number of events it implies; arm sizes add up to the total.
    Medians and rates need the patients and cannot be recomputed from print.
    """
    if protocol.published is None:
        return []
    sizes = _sizes(protocol)
    return [
        item for figure in protocol.published.figures for item in _recompute_figure(figure, sizes)
    ]


def _sizes(protocol: Protocol) -> dict[str | None, int]:
    """Patients per arm, and in all (None), where the publication prints them."""
    sizes: dict[str | None, int] = {}
    for figure in protocol.published.figures if protocol.published else ():
        if figure.kind == "count" and figure.bind and figure.bind.analysis == "DISPOSITION":
            for arm, printed in _parts(figure):
                if printed.value is not None:
                    sizes[arm] = int(printed.value)
    return sizes


def _parts(figure: Figure) -> Iterator[tuple[str | None, Printed]]:
    if figure.printed is not None:
        yield None, figure.printed
    yield from figure.arms.items()


def _recompute_figure(figure: Figure, sizes: Mapping[str | None, int]) -> Iterator[Recomputed]:
    fits: dict[str, list[int]] = {}
    for arm, printed in _parts(figure):
        if figure.kind == "count":
            yield _count(figure, arm, printed)
        elif figure.kind == "hazard-ratio":
            yield _hazard_ratio(figure, printed)
        elif figure.kind == "proportion" and (printed.pct is not None or printed.n is not None):
            counts, item = _proportion(figure, arm, printed, sizes)
            if arm is not None:
                fits[arm] = counts
            yield item
        elif figure.kind in ("median", "rate"):
            yield _needs_patients(figure, arm, printed, sizes)
        elif printed.p is None:
            yield Recomputed(figure.id, arm, _print(printed, ""), "", "cannot be recomputed")
    if figure.kind == "proportion" and figure.printed and figure.printed.p:
        yield _comparison(figure, figure.printed.p, fits, sizes)


def _count(figure: Figure, arm: str | None, printed: Printed) -> Recomputed:
    text = _print(printed, "")
    values = [p.value for p in figure.arms.values() if p.value is not None]
    if arm is not None or not values or printed.value is None:
        return Recomputed(figure.id, arm, text, "", "cannot be recomputed")
    total = sum(values)
    sums = " + ".join(str(value) for value in values)
    verdict: Verdict = "agrees" if total == printed.value else "contradicts"
    return Recomputed(figure.id, arm, text, f"{sums} = {total}", verdict)


def _proportion(
    figure: Figure, arm: str | None, printed: Printed, sizes: Mapping[str | None, int]
) -> tuple[list[int], Recomputed]:
    """Counts that reproduce the printed percentage and interval, and what they give."""
    text = _print(printed, "%")
    size = printed.of if printed.of is not None else sizes.get(arm)
    if size is None:
        return [], Recomputed(figure.id, arm, text, "", "cannot be recomputed")
    candidates = range(size + 1) if printed.n is None else [printed.n]
    counts = [n for n in candidates if _reproduces(n, size, printed)]
    if not counts:
        nearest = min(candidates, key=lambda n: _distance(n, size, printed))
        shown = _rate(nearest, size, printed)
        return [], Recomputed(figure.id, arm, text, f"{shown} is the nearest", "contradicts")
    shown = " or ".join(_rate(n, size, printed) for n in counts)
    return counts, Recomputed(figure.id, arm, text, shown, "agrees")


def _distance(n: int, size: int, printed: Printed) -> float:
    return abs(100 * n / size - float(printed.pct if printed.pct is not None else n))


def _reproduces(n: int, size: int, printed: Printed) -> bool:
    if printed.pct is not None and _as_printed(100 * n / size, printed.pct) != printed.pct:
        return False
    if printed.limits is None:
        return True
    limits = clopper_pearson(n, size, conf_level=_LEVEL)
    return all(
        _as_printed(100 * float(limit), mark) == mark
        for limit, mark in zip((limits.lower, limits.upper), printed.limits, strict=True)
    )


def _rate(n: int, size: int, printed: Printed) -> str:
    mark = printed.pct if printed.pct is not None else Decimal("0.1")
    text = f"{n}/{size} = {_as_printed(100 * n / size, mark)}%"
    if printed.limits is None:
        return text
    limits = clopper_pearson(n, size, conf_level=_LEVEL)
    low, high = (
        _as_printed(100 * float(limit), edge)
        for limit, edge in zip((limits.lower, limits.upper), printed.limits, strict=True)
    )
    return f"{text} ({low}-{high}), Clopper-Pearson"


def _as_printed(value: float, mark: Decimal) -> Decimal:
    """`value` rounded to as many decimals as `mark` prints."""
    return round_half_away(value, decimals=max(0, -int(mark.as_tuple().exponent)))


def _half_unit(mark: Decimal) -> float:
    return 0.5 * 10.0 ** int(mark.as_tuple().exponent)


def _hazard_ratio(figure: Figure, printed: Printed) -> Recomputed:
    """The ratio is the midpoint of its interval on the log scale, within what rounding hides."""
    text = _print(printed, "")
    if printed.value is None or printed.limits is None:
        return Recomputed(figure.id, None, text, "", "cannot be recomputed")
    low, high = printed.limits
    edges = [
        math.sqrt((float(low) + sign * _half_unit(low)) * (float(high) + sign * _half_unit(high)))
        for sign in (-1, 1)
    ]
    error = math.log(float(high) / float(low)) / (2 * critical_value(_LEVEL))
    p = math.erfc(abs(math.log(float(printed.value)) / error) / math.sqrt(2))
    half = _half_unit(printed.value)
    sound = edges[0] <= float(printed.value) + half and float(printed.value) - half <= edges[1]
    if printed.p is not None and printed.p.startswith("<"):
        sound = sound and p < float(printed.p[1:])
    middle = _as_printed(math.sqrt(float(low) * float(high)), printed.value)
    events = round(4 / error**2)
    shown = f"midpoint {middle}; implies {events} events, Wald p {_p_text(p)}"
    return Recomputed(figure.id, None, text, shown, "agrees" if sound else "contradicts")


def _needs_patients(
    figure: Figure, arm: str | None, printed: Printed, sizes: Mapping[str | None, int]
) -> Recomputed:
    """A median or a rate needs patients; print can only show an interval that misses its value."""
    text = _print(printed, figure.unit or "")
    spread = printed.limits or printed.iqr
    if printed.value is not None and spread and not spread[0] <= printed.value <= spread[1]:
        shown = "the interval does not hold the value"
        return Recomputed(figure.id, arm, text, shown, "contradicts")
    shown = ""
    if printed.value and printed.limits and sum(printed.limits) == 2 * printed.value:
        shown = "interval symmetric in time: a normal approximation, not a test inversion"
    if figure.kind == "rate" and printed.value is not None and (size := sizes.get(arm)):
        fits = [
            n
            for n in range(size + 1)
            if _as_printed(100 * n / size, printed.value) == printed.value
        ]
        if fits:
            shown = f"{fits[0]}/{size} if nobody was censored before"
    return Recomputed(figure.id, arm, text, shown, "cannot be recomputed")


def _comparison(
    figure: Figure, p_text: str, fits: Mapping[str, list[int]], sizes: Mapping[str | None, int]
) -> Recomputed:
    """The p-value of two proportions, by a chi-square test on the counts that fit."""
    if len(fits) != 2 or not all(fits.values()) or not p_text.startswith("<"):
        return Recomputed(figure.id, None, f"p {p_text}", "", "cannot be recomputed")
    (a, xs), (b, ys) = fits.items()
    p = max(_chi_square_p(x, sizes[a], y, sizes[b]) for x in xs for y in ys)
    verdict: Verdict = "agrees" if p < float(p_text[1:]) else "contradicts"
    return Recomputed(figure.id, None, f"p {p_text}", f"chi-square p {_p_text(p)}", verdict)


def _chi_square_p(x: int, n: int, y: int, m: int) -> float:
    """Pearson's chi-square test without correction; 1 where nobody or everybody responded."""
    p = pearson_chi_square(two_counts(x, n, y, m)).p
    return 1.0 if math.isnan(p) else p


def _p_text(p: float) -> str:
    return "<0.0001" if p < 0.0001 else f"{round_half_away(p, decimals=4)}"


def _print(printed: Printed, unit: str) -> str:
    """The figure as the publication prints it."""
    if printed.text is not None:
        return printed.text
    sign = "%" if unit == "%" else ""
    value = printed.pct if printed.pct is not None else printed.value
    text = f"{value}{sign}" if value is not None else ""
    if printed.n is not None:
        text = f"{printed.n}/{printed.of} {text}".rstrip()
    if printed.ci is not None:
        low, high = ("not reached" if limit is None else limit for limit in printed.ci)
        text += f" ({low}-{high})"
    if printed.iqr is not None:
        text += f" (IQR {printed.iqr[0]}-{printed.iqr[1]})"
    return text + (f" {unit}" if unit not in ("", "%") else "")
