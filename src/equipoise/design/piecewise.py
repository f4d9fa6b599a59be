# SPDX-License-Identifier: Apache-2.0
"""Piecewise-constant accrual and hazards, and the events they are expected to bring by a date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.design.array import FloatArray, floats
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class Rate:
    """A piecewise-constant rate per month: `value[j]` from `start[j]` to the next start.

    The last piece goes on for ever. Both are (m,); `start[0]` is 0.
    """

    start: FloatArray
    value: FloatArray


@dataclass(frozen=True, slots=True)
class Accrual:
    """Patients per month, `rate[j]` from `start[j]` to `end[j]`, all (m,), months of the trial."""

    start: FloatArray
    end: FloatArray
    rate: FloatArray


@dataclass(frozen=True, slots=True)
class Course:
    """How patients of one arm and stratum leave: `event` and `dropout` hazard per month.

    A competing event ends the time at risk without counting, as dropout does: add its hazard to
    `dropout` with `add`. The rest of the theory then concerns the cause-specific hazard.
    """

    event: Rate
    dropout: Rate


def make_rate(start: npt.ArrayLike, value: npt.ArrayLike) -> Rate:
    """A checked rate; raises MethodError when starts are not 0 and increasing, or a value < 0."""
    begin, level = floats(start), floats(value)
    if len(begin) != len(level) or begin[0] != 0 or np.any(np.diff(begin) <= 0) or level.min() < 0:
        raise MethodError(
            Fault(
                what="this is no piecewise rate",
                where=f"starts {begin.tolist()}, values {level.tolist()}",
                mend="one value per start, starts increasing from 0, values not negative",
            )
        )
    return Rate(begin, level)


def constant(value: float) -> Rate:
    """The same rate for ever."""
    return make_rate([0.0], [value])


def from_median(months: float) -> Rate:
    """The constant hazard whose median survival is `months`."""
    if not months > 0:
        raise MethodError(
            Fault(
                what=f"a median of {months:g} months is impossible",
                where="control median",
                mend="give a median above 0",
            )
        )
    return constant(float(np.log(2)) / months)


def times(rate: Rate, factor: npt.ArrayLike) -> Rate:
    """The rate multiplied by a number, or by one number per piece."""
    return make_rate(rate.start, rate.value * floats(factor))


def add(first: Rate, second: Rate) -> Rate:
    """The sum of two rates, on the union of their pieces."""
    start = np.union1d(first.start, second.start)
    return make_rate(start, level_at(first, start) + level_at(second, start))


def ratio_pieces(numerator: Rate, denominator: Rate) -> Rate:
    """The quotient of two hazards as a piecewise rate: a hazard ratio that changes in time."""
    start = np.union1d(numerator.start, denominator.start)
    return Rate(start, level_at(numerator, start) / level_at(denominator, start))


def level_at(rate: Rate, time: npt.ArrayLike) -> FloatArray:
    """The rate at each time (n,), pieces closed on the left."""
    where = np.searchsorted(rate.start, floats(time), side="right") - 1
    return np.asarray(rate.value[np.maximum(where, 0)])


def cumulative(rate: Rate, time: npt.ArrayLike) -> FloatArray:
    """The integral of the rate from 0 to each time (n,); 0 before 0."""
    t = np.maximum(floats(time), 0.0)
    at_start = np.append(0.0, np.cumsum(rate.value[:-1] * np.diff(rate.start)))
    where = np.searchsorted(rate.start, t, side="right") - 1
    return np.asarray(at_start[where] + rate.value[where] * (t - rate.start[where]))


def survival(rate: Rate, time: npt.ArrayLike) -> FloatArray:
    """exp(-cumulative hazard) at each time (n,)."""
    return np.asarray(np.exp(-cumulative(rate, time)))


def survival_area(rate: Rate, time: npt.ArrayLike) -> FloatArray:
    """The area under the survival curve up to each time (n,): restricted mean survival, months."""
    t = np.maximum(floats(time), 0.0)
    at_start = survival(rate, rate.start)
    width = np.append(np.diff(rate.start), 0.0)
    whole = np.append(0.0, np.cumsum(at_start * _decay_area(rate.value, width))[:-1])
    j = np.searchsorted(rate.start, t, side="right") - 1
    return np.asarray(whole[j] + at_start[j] * _decay_area(rate.value[j], t - rate.start[j]))


def _decay_area(hazard: FloatArray, d: FloatArray) -> FloatArray:
    """The integral of exp(-hazard u) over u from 0 to d."""
    return np.asarray(
        np.divide(-np.expm1(-hazard * d), hazard, out=d * np.ones_like(hazard), where=hazard > 0)
    )


def make_accrual(end: npt.ArrayLike, rate: npt.ArrayLike) -> Accrual:
    """Accrual from month 0 in consecutive pieces ending at `end` (m,), `rate` (m,) per month."""
    stop, level = floats(end), floats(rate)
    start = np.append(0.0, stop[:-1])
    if len(stop) != len(level) or np.any(stop <= start) or np.any(level < 0) or level.sum() <= 0:
        raise MethodError(
            Fault(
                what="this is no accrual",
                where=f"ends {stop.tolist()}, patients per month {level.tolist()}",
                mend="one rate per piece, ends increasing, rates not negative and not all 0",
            )
        )
    return Accrual(start, stop, level)


def patients_by(accrual: Accrual, time: npt.ArrayLike) -> FloatArray:
    """Expected number of patients entered by each month (n,)."""
    t = floats(time)[:, None]
    return np.asarray(
        (np.clip(t - accrual.start, 0, accrual.end - accrual.start) * accrual.rate).sum(axis=1)
    )


def scale_accrual(accrual: Accrual, factor: float) -> Accrual:
    """The same calendar with `factor` times the patients."""
    return Accrual(accrual.start, accrual.end, accrual.rate * factor)


def event_probability(course: Course, time: npt.ArrayLike) -> FloatArray:
    """P(event observed within `time` months of entry), (n,), before any dropout."""
    return _event_integrals(course, floats(time))[0]


def expected_events(course: Course, accrual: Accrual, time: npt.ArrayLike) -> FloatArray:
    """Expected events by each month of the trial (n,), in closed form.

    Notes         sum over accrual pieces of rate x (Q(t - start) - Q(t - end)), where Q is the
                  integral of P(event within s months of entry); both are sums of exponentials.
    Source: Lachin and Foulkes (1986) Biometrics 42:507-519, appendix, piece by piece.
    Proof: tests/reference/test_design_oracle.py, kind `event projection`
    """
    t = floats(time)[:, None]
    _, after_start = _event_integrals(course, t - accrual.start)
    _, after_end = _event_integrals(course, t - accrual.end)
    return np.asarray((accrual.rate * (after_start - after_end)).sum(axis=1))


def _event_integrals(course: Course, s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P(s) = integral of hazard x at risk, and Q(s) = integral of P, shape of s; 0 before 0."""
    start = np.union1d(course.event.start, course.dropout.start)
    hazard = level_at(course.event, start)
    leave = hazard + level_at(course.dropout, start)
    width = np.append(np.diff(start), 0.0)
    at_risk = np.exp(-np.append(0.0, np.cumsum(leave * width)[:-1]))
    p_step, q_step = _within(hazard, leave, at_risk, width)
    p_start = np.append(0.0, np.cumsum(p_step)[:-1])
    q_start = np.append(0.0, np.cumsum(q_step + p_start * width)[:-1])
    u = np.maximum(s, 0.0)
    j = np.searchsorted(start, u, side="right") - 1
    d = u - start[j]
    p_more, q_more = _within(hazard[j], leave[j], at_risk[j], d)
    return p_start[j] + p_more, q_start[j] + p_start[j] * d + q_more


def _within(
    hazard: FloatArray, leave: FloatArray, at_risk: FloatArray, d: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Both integrals within one piece, d months after its start."""
    share = np.divide(hazard, leave, out=np.zeros_like(hazard), where=leave > 0)
    gone = -np.expm1(-leave * d)
    mean_gone = _decay_area(leave, d)
    return at_risk * share * gone, at_risk * share * (d - mean_gone)
