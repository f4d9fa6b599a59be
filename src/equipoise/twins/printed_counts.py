# SPDX-License-Identifier: Apache-2.0
"""Published counts and percentages as numbers of patients per arm."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from equipoise.protocol.model import Printed, Protocol
from equipoise.statistics.observations import Floats
from equipoise.statistics.proportion import clopper_pearson
from equipoise.statistics.rounding import format_ratio_percent, round_half_away
from equipoise.twins.printed_spans import EVERYBODY, figures_of

Wanted = dict[tuple[str | None, str | None], int]
"""Patients by arm (None: all) and level (None where the figure has none)."""


def arm_sizes(protocol: Protocol) -> dict[str, int]:
    """Patients of each arm: as published, else as the simulation declares them."""
    assert protocol.simulation is not None
    sizes = {arm.id: protocol.simulation.arms[arm.id].patients for arm in protocol.arms}
    for figure, arm, printed in figures_of(protocol, "DISPOSITION"):
        if figure.bind and figure.bind.stat == "N" and printed.value is not None:
            only = protocol.arms[0].id if len(protocol.arms) == 1 else None
            name = arm or only
            if name is not None:
                sizes[name] = int(printed.value)
    return sizes


def count_of(printed: Printed, size: int) -> int | None:
    """Patients out of `size` that give the printed count, percentage and interval; the nearest."""
    if printed.n is not None:
        return printed.n
    if printed.pct is None:
        return None
    decimals = max(0, -int(printed.pct.as_tuple().exponent))
    fits = [
        n for n in range(size + 1) if format_ratio_percent(n, size, decimals) == f"{printed.pct}"
    ]
    both = [n for n in fits if printed.limits is None or _interval_fits(n, size, printed)]
    nearest = round(float(printed.pct) / 100 * size)
    return min(both or fits or [nearest], key=lambda n: abs(n - nearest))


def _interval_fits(n: int, size: int, printed: Printed) -> bool:
    assert printed.limits is not None
    found = clopper_pearson(n, size, conf_level=0.95)
    for limit, value in zip(printed.limits, (found.lower, found.upper), strict=True):
        decimals = max(0, -int(limit.as_tuple().exponent))
        if round_half_away(100 * float(value), decimals) != limit:
            return False
    return True


def wanted_counts(protocol: Protocol, analysis: str, sizes: Mapping[str, int]) -> Wanted:
    """Patients that the figures bound to an analysis ask for, by arm and level."""
    found: Wanted = {}
    for figure, arm, printed in figures_of(protocol, analysis):
        size = sizes[arm] if arm is not None else sum(sizes.values())
        count = count_of(printed, size)
        if count is not None and figure.bind is not None:
            one_arm = protocol.arms[0].id if len(protocol.arms) == 1 else None
            found[arm or one_arm, figure.bind.level] = count
    return found


def response_counts(
    protocol: Protocol, evaluator: str, kind: str, sizes: Mapping[str, int]
) -> Floats:
    """Responders (orr) or controlled (dcr) of an evaluator: rows of arm index and number."""
    endpoints = {
        item.id for item in protocol.endpoints if item.kind == kind and item.evaluator == evaluator
    }
    places = {arm.id: index for index, arm in enumerate(protocol.arms)}
    rows = [
        [places[arm] if arm is not None else EVERYBODY, count]
        for analysis in protocol.analyses
        if analysis.endpoint in endpoints
        for (arm, _), count in wanted_counts(protocol, analysis.id, sizes).items()
    ]
    return np.array(rows, dtype=float).reshape(-1, 2)
