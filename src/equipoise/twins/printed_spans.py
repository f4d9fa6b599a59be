# SPDX-License-Identifier: Apache-2.0
"""Published figures as spans: every value inside prints as published."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
from scipy.special import ndtri

from equipoise.protocol.model import Analysis, Figure, Printed, Protocol
from equipoise.results.method_args import cox_args, kaplan_meier_args
from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats
from equipoise.twins.curves import ESTIMATE, LOG, LOG_LOG, LOWER, PLAIN, UPPER
from equipoise.twins.search import Targets

_KINDS = {"log-log": LOG_LOG, "log": LOG, "plain": PLAIN}
_NEVER = -1
EVERYBODY = -1
_QUANTILES = {"median": 0.5, "q25": 0.25, "q75": 0.75}
_FOLLOW_UP = {"followup_median": 0.5, "followup_q1": 0.25, "followup_q3": 0.75}
_WIDTHS = {"quantiles": 8, "rates": 4, "normal": 6, "hazards": 9, "tests": 4, "events": 3}
_JUST_BELOW = 1 - 1e-9


def span(printed: Decimal) -> tuple[float, float]:
    """Lowest and highest number that prints so; the upper end itself rounds up."""
    half = Decimal(1).scaleb(int(printed.as_tuple().exponent)) / 2
    low, high = float(printed - half), float(printed + half)
    return low, high - 1e-9


def days_of(printed: Decimal, days_per_month: float) -> tuple[int, int]:
    """First and last whole day that print as so many months.

    Where no whole day does, the nearest one stands for both.
    """
    low, high = (value * days_per_month for value in span(printed))
    first, last = math.ceil(low), math.floor(high)
    if first > last:
        first = last = round(float(printed) * days_per_month)
    return first, last


def figures_of(protocol: Protocol, analysis: str) -> Iterator[tuple[Figure, str | None, Printed]]:
    """The printed figures bound to an analysis: overall (None), and by arm."""
    for figure in protocol.published.figures if protocol.published else ():
        if figure.bind is not None and figure.bind.analysis == analysis:
            if figure.printed is not None:
                yield figure, None, figure.printed
            for arm, printed in figure.arms.items():
                yield figure, arm, printed


class _Rows:
    """Rows of Targets as they are gathered from the figures of one endpoint."""

    def __init__(self, protocol: Protocol) -> None:
        self.rows: dict[str, list[list[float]]] = {name: [] for name in _WIDTHS}
        self._protocol = protocol
        self._z = 0.0
        self._arms = {arm.id: index for index, arm in enumerate(protocol.arms)}

    def add(self, analysis: Analysis, figure: Figure, arm: str | None, printed: Printed) -> None:
        """The spans of one printed figure."""
        assert figure.bind is not None
        stat = figure.bind.stat
        args = kaplan_meier_args(self._protocol, analysis)
        kind = _KINDS.get(args["conf_type"], PLAIN)
        place, self._z = self._place(arm), critical_value(analysis.conf_level)
        if stat in _QUANTILES:
            normal = args["median_interval"] == "normal-approximation" and stat == "median"
            self._quantile(place, 1 - _QUANTILES[stat], printed, kind, normal=normal)
        elif stat in _FOLLOW_UP:
            self._follow_up(place, 1 - _FOLLOW_UP[stat], printed, kind)
        elif stat == "rate" and printed.value is not None and figure.bind.time_months:
            day = math.floor(figure.bind.time_months * self._protocol.days_per_month)
            low, high = span(printed.value)
            self.rows["rates"].append([place, day, low / 100, high / 100])
        elif stat == "n_event" and printed.value is not None:
            self.rows["events"].append([place, float(printed.value), float(printed.value)])
        elif stat == "hr":
            self._hazard(arm, printed)

    def _place(self, arm: str | None) -> int:
        if arm is not None:
            return self._arms[arm]
        return 0 if len(self._arms) == 1 else EVERYBODY

    def _days(self, value: Decimal) -> tuple[int, int]:
        return days_of(value, self._protocol.days_per_month)

    def _quantile(
        self, place: int, level: float, printed: Printed, kind: int, *, normal: bool
    ) -> None:
        if printed.text == "not reached":
            row = [place, ESTIMATE, 0, level, _NEVER, _NEVER, kind, self._z]
            self.rows["quantiles"].append(row)
        if printed.value is not None:
            row = [place, ESTIMATE, 0, level, *self._days(printed.value), kind, self._z]
            self.rows["quantiles"].append(row)
        if printed.ci is None:
            return
        if normal:
            months = self._protocol.days_per_month
            spans = [end * months for limit in printed.ci if limit for end in span(limit)]
            self.rows["normal"].append([place, *spans, self._z])
            return
        for side, limit in zip((LOWER, UPPER), printed.ci, strict=True):
            days = (_NEVER, _NEVER) if limit is None else self._days(limit)
            self.rows["quantiles"].append([place, side, 0, level, *days, kind, self._z])

    def _follow_up(self, place: int, level: float, printed: Printed, kind: int) -> None:
        pairs = [(level, printed.value)]
        if printed.iqr is not None:
            pairs += list(zip((0.75, 0.25), printed.iqr, strict=True))
        for at, value in pairs:
            if value is not None:
                row = [place, ESTIMATE, 1, at, *self._days(value), kind, self._z]
                self.rows["quantiles"].append(row)

    def _hazard(self, arm: str | None, printed: Printed) -> None:
        control = self._protocol.control
        if control is None:
            return
        compared = arm or next(name for name in self._arms if name != control.id)
        pair = [float(self._arms[compared]), float(self._arms[control.id])]
        if printed.value is not None:
            low, high = printed.ci or (None, None)
            spans = [end for value in (printed.value, low, high) for end in _log_span(value)]
            self.rows["hazards"].append([*pair, *spans, self._z])
        if printed.p is not None:
            self.rows["tests"].append([*pair, *_z_span(printed.p)])

    def array(self, name: str) -> Floats:
        """The rows of one kind as an array."""
        return np.array(self.rows[name], dtype=float).reshape(-1, _WIDTHS[name])


def _log_span(value: Decimal | None) -> tuple[float, float]:
    if value is None:
        return -math.inf, math.inf
    low, high = span(value)
    return math.log(max(low, 1e-9)), math.log(high)


def _z_span(printed: str) -> tuple[float, float]:
    """The span of |z| whose two-sided p-value prints so."""
    if printed.startswith("<"):
        return float(-ndtri(float(printed[1:]) / 2 * _JUST_BELOW)), math.inf
    low, high = span(Decimal(printed))
    return float(-ndtri(high / 2)), float(-ndtri(max(low, 1e-300) / 2))


def time_targets(protocol: Protocol, endpoint: str, *, marked: Floats) -> Targets:
    """What the analyses of one endpoint are to print.

    Parameters    marked : (rows, 2) arm and number of patients with a marked time
    """
    rows, efron = _Rows(protocol), True
    for analysis in protocol.analyses:
        if analysis.endpoint == endpoint:
            efron = cox_args(protocol, analysis)["ties"] == "efron"
            for figure, arm, printed in figures_of(protocol, analysis.id):
                rows.add(analysis, figure, arm, printed)
    return Targets(
        **{name: rows.array(name) for name in _WIDTHS},
        marked=marked,
        efron=efron,
    )


def special_days(targets: Targets, arm: int, *, reverse: bool) -> list[int]:
    """Days on which an event (a censoring, if `reverse`) of this arm makes a printed median."""
    days: list[int] = []
    for row in targets.quantiles:
        mine = row[0] in (arm, EVERYBODY) and bool(row[2]) == reverse and row[5] >= 0
        if mine:
            first, last = int(row[4]), int(row[5])
            days += sorted({first, (first + last) // 2, last})
    return days
