# SPDX-License-Identifier: Apache-2.0
"""Choose one possible time per patient so that the printed figures of an endpoint come out.

Simulated annealing on whole days: one patient at a time moves to another of the times that are
possible for that patient. A move that brings the figures nearer is kept, one that takes them
further away by a chance that falls, and one that does neither is not made.
Source: Kirkpatrick, Gelatt & Vecchi, Science 1983;220:671-680.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.random import Generator, Philox

from equipoise.statistics.observations import Floats, Ints
from equipoise.twins.curves import (
    fill_curve,
    fit_ratio,
    logrank_z,
    normal_misfit,
    outside,
    quantile_misfit,
)

_HEATS, _COOLING = (0.5, 2.5, 5.0), 0.02
"""Heat at the beginning of each round, divided by the number of patients; what is left at the end.
Few patients need more heat to leave a dead end, many need less not to lose their way."""
_PER_PATIENT = 0.01
"""Misfit of one patient too many or too few."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Printed figures of one endpoint as spans; each array has a row per figure.

    quantiles  arm (-1: all), side, reverse, level, first day, last day (-1: never), kind, z
    rates      arm, day, lowest, highest survival
    normal     arm, spans of both limits in days (median -+ z SE), z
    hazards    arm, reference, spans of ratio, lower and upper limit, on the log scale, z
    tests      arm, reference, span of the absolute log-rank statistic
    events     arm, fewest, most
    marked     arm, patients with a marked time (such as disease control)
    """

    quantiles: Floats
    rates: Floats
    normal: Floats
    hazards: Floats
    tests: Floats
    events: Floats
    marked: Floats
    efron: bool

    @property
    def wanted(self) -> bool:
        """Whether any figure of this endpoint is printed."""
        parts = (self.quantiles, self.rates, self.normal, self.hazards, self.tests)
        return any(len(part) for part in (*parts, self.events, self.marked))


@dataclass(frozen=True, slots=True)
class Choices:
    """Times possible for each patient, (patients, options); `count` (patients,) of them are there.

    event 1 = event, 0 = censored; mark 1 = counts in Targets.marked; tag : what the time stands for
    """

    day: Ints
    event: Ints
    mark: Ints
    tag: Ints
    count: Ints


@dataclass(frozen=True, slots=True)
class Found:
    """The option chosen for each patient, and what is still missed (0: every figure prints)."""

    option: Ints
    misfit: float
    steps: int


def search(
    choices: Choices,
    start: Ints,
    *,
    arm: Ints,
    stratum: Ints,
    targets: Targets,
    rng: Generator,
    steps: int = 150_000,
    rounds: int = 3,
) -> Found:
    """The option of each patient that makes the figures print, or comes near.

    Parameters    start : (patients,) the options to begin with; arm, stratum : (patients,) codes
                  steps, rounds : most moves of one search, and searches from where the last ended
    """
    option, best, taken = start.copy(), np.inf, 0
    arm, stratum = arm.copy(), stratum.copy()  # columns of tables are read-only: another type
    kept = option
    for turn in range(rounds if targets.wanted else 0):
        heat = _HEATS[turn % len(_HEATS)] / len(arm)
        uniform = rng.random((steps, 3))
        misfit, used = _anneal(
            choices.day, choices.event, choices.mark, choices.count, option, arm, stratum,
            targets.quantiles, targets.rates, targets.normal, targets.hazards, targets.tests,
            targets.events, targets.marked, targets.efron, heat, uniform,
        )  # fmt: skip
        taken += int(used)
        if misfit < best:
            best, kept = float(misfit), option.copy()
        if misfit == 0.0:
            break
    return Found(kept, 0.0 if not targets.wanted else best, taken)


def compile_search() -> None:
    """Compile the search once, so that the first twin does not wait for it."""
    day = np.array([[1, 3], [2, 3]])
    one = np.array([[1, 0], [1, 0]])
    both = Choices(day, one, one, one, np.array([2, 2]))
    row: Floats = np.array([[0.0, 0, 0, 0.5, 2, 2, 0, 1.96]])
    targets = Targets(
        row,
        row[:, :4],
        row[:, :6],
        np.zeros((1, 9)),
        row[:, :4],
        row[:, :3],
        row[:, :2],
        True,
    )
    arm, rng = np.array([0, 1]), Generator(Philox(1))
    search(
        both, np.zeros(2, int), arm=arm, stratum=arm, targets=targets, rng=rng, steps=2, rounds=1
    )


@njit(cache=True)
def _arm_misfit(
    arm: int,
    event: Ints,
    other: Ints,
    marked: Ints,
    quantiles: Floats,
    rates: Floats,
    normal: Floats,
    events: Floats,
    marks: Floats,
    curve: Floats,
    spread: Floats,
) -> float:  # pragma: no cover - compiled
    """Misfit of the figures of one arm, or of all together (-1); event, other : (days,)."""
    miss = 0.0
    for reverse in range(2):
        asked = False
        for row in quantiles:
            asked = asked or (row[0] == arm and row[2] == reverse)
        if reverse == 0:
            for row in rates:
                asked = asked or row[0] == arm
            for row in normal:
                asked = asked or row[0] == arm
        if not asked:
            continue
        if reverse == 1:
            fill_curve(other, event, curve, spread)
        else:
            fill_curve(event, other, curve, spread)
            for row in rates:
                if row[0] == arm:
                    miss += outside(curve[min(int(row[1]), curve.size - 1)], row[2], row[3])
            for row in normal:
                if row[0] == arm:
                    miss += normal_misfit(event, curve, spread, row)
        for row in quantiles:
            if row[0] == arm and row[2] == reverse:
                miss += quantile_misfit(curve, spread, row)
    for row in events:
        if row[0] == arm:
            miss += _PER_PATIENT * outside(event.sum(), row[1], row[2])
    for row in marks:
        if row[0] == arm:
            miss += _PER_PATIENT * abs(marked[arm] - row[1])
    return miss


@njit(cache=True)
def _pair_misfit(
    event: Ints, other: Ints, hazards: Floats, tests: Floats, efron: bool, beta: Floats
) -> float:  # pragma: no cover - compiled
    """Misfit of hazard ratios and log-rank tests; `beta` keeps where the next fit begins."""
    miss = 0.0
    for i in range(hazards.shape[0]):
        row = hazards[i]
        ratio, error = fit_ratio(event, other, int(row[0]), int(row[1]), beta[i], efron)
        if error == np.inf:
            return 10.0
        beta[i] = ratio
        miss += outside(ratio, row[2], row[3])
        miss += outside(ratio - row[8] * error, row[4], row[5])
        miss += outside(ratio + row[8] * error, row[6], row[7])
    for row in tests:
        found = abs(logrank_z(event, other, int(row[0]), int(row[1])))
        miss += 0.1 * outside(found, row[2], row[3])
    return miss


@njit(cache=True)
def _anneal(
    day: Ints,
    is_event: Ints,
    mark: Ints,
    count: Ints,
    option: Ints,
    arm: Ints,
    stratum: Ints,
    quantiles: Floats,
    rates: Floats,
    normal: Floats,
    hazards: Floats,
    tests: Floats,
    events: Floats,
    marks: Floats,
    efron: bool,
    hot: float,
    uniform: Floats,
) -> tuple[float, int]:  # pragma: no cover - compiled
    """Move `option` in place; the misfit reached and the steps taken."""
    patients, arms, days = day.shape[0], int(arm.max()) + 1, int(day.max()) + 1
    event = np.zeros((int(stratum.max()) + 1, arms, days), dtype=np.int64)
    other = np.zeros_like(event)
    of_arm, left_arm = np.zeros((arms, days), np.int64), np.zeros((arms, days), np.int64)
    of_all, left_all = np.zeros(days, np.int64), np.zeros(days, np.int64)
    marked = np.zeros(arms + 1, np.int64)
    for i in range(patients):
        a, t = arm[i], day[i, option[i]]
        marked[a] += mark[i, option[i]]
        marked[arms] += mark[i, option[i]]
        if is_event[i, option[i]] == 1:
            event[stratum[i], a, t] += 1
            of_arm[a, t] += 1
            of_all[t] += 1
        else:
            other[stratum[i], a, t] += 1
            left_arm[a, t] += 1
            left_all[t] += 1
    curve, spread, beta = np.empty(days), np.empty(days), np.zeros(hazards.shape[0])
    miss = np.zeros(arms + 2)
    for a in range(arms):
        miss[a] = _arm_misfit(
            a, of_arm[a], left_arm[a], marked, quantiles, rates, normal, events, marks, curve,
            spread,
        )  # fmt: skip
    miss[arms] = _arm_misfit(
        -1, of_all, left_all, marked, quantiles, rates, normal, events, marks, curve, spread
    )
    miss[arms + 1] = _pair_misfit(event, other, hazards, tests, efron, beta)
    now, steps = miss.sum(), uniform.shape[0]
    for step in range(steps):
        if now == 0.0:
            return 0.0, step
        i = int(uniform[step, 0] * patients)
        new, old = int(uniform[step, 1] * count[i]), option[i]
        t0, t1, e0, e1 = day[i, old], day[i, new], is_event[i, old], is_event[i, new]
        if t0 == t1 and e0 == e1 and mark[i, old] == mark[i, new]:
            continue
        heat = hot * _COOLING ** (step / steps)
        bound = now - heat * np.log(max(uniform[step, 2], 1e-300))
        a, s = arm[i], stratum[i]
        _shift(event[s, a], other[s, a], t0, e0, t1, e1)
        _shift(of_arm[a], left_arm[a], t0, e0, t1, e1)
        _shift(of_all, left_all, t0, e0, t1, e1)
        marked[a] += mark[i, new] - mark[i, old]
        marked[arms] += mark[i, new] - mark[i, old]
        rest = now - miss[a] - miss[arms] - miss[arms + 1]
        here = _arm_misfit(
            a, of_arm[a], left_arm[a], marked, quantiles, rates, normal, events, marks, curve,
            spread,
        )  # fmt: skip
        total, together, pair = rest + here, 0.0, 0.0
        if total <= bound:
            together = _arm_misfit(
                -1, of_all, left_all, marked, quantiles, rates, normal, events, marks, curve,
                spread,
            )  # fmt: skip
            total += together
        if total <= bound:
            pair = _pair_misfit(event, other, hazards, tests, efron, beta)
            total += pair
        if total <= bound and total != now:
            option[i] = new
            miss[a], miss[arms], miss[arms + 1] = here, together, pair
            now = miss.sum()
            continue
        _shift(event[s, a], other[s, a], t1, e1, t0, e0)
        _shift(of_arm[a], left_arm[a], t1, e1, t0, e0)
        _shift(of_all, left_all, t1, e1, t0, e0)
        marked[a] += mark[i, old] - mark[i, new]
        marked[arms] += mark[i, old] - mark[i, new]
    return now, steps


@njit(cache=True)
def _shift(
    event: Ints, other: Ints, t0: int, e0: int, t1: int, e1: int
) -> None:  # pragma: no cover - compiled
    if e0 == 1:
        event[t0] -= 1
    else:
        other[t0] -= 1
    if e1 == 1:
        event[t1] += 1
    else:
        other[t1] += 1
