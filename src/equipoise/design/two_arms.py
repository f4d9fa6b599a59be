# SPDX-License-Identifier: Apache-2.0
"""A two-arm trial over calendar time: who enters, who has an event, when a target is reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from equipoise.design.array import FloatArray, floats
from equipoise.design.piecewise import (
    Accrual,
    Course,
    expected_events,
    patients_by,
    scale_accrual,
)
from equipoise.design.root import find_root
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum: its `accrual` (both arms together) and the course of either arm."""

    accrual: Accrual
    control: Course
    experimental: Course


@dataclass(frozen=True, slots=True)
class TwoArms:
    """A trial: its strata, and the `share` of patients in the experimental arm."""

    strata: tuple[Stratum, ...]
    share: float


def scale_trial(trial: TwoArms, factor: float) -> TwoArms:
    """The same calendar and hazards with `factor` times the patients."""
    strata = tuple(
        Stratum(scale_accrual(s.accrual, factor), s.control, s.experimental) for s in trial.strata
    )
    return TwoArms(strata, trial.share)


def patients_in(trial: TwoArms, time: npt.ArrayLike) -> FloatArray:
    """Expected patients entered by each month (n,)."""
    return np.asarray(sum((patients_by(s.accrual, time) for s in trial.strata), np.zeros(1)))


def accrual_end(trial: TwoArms) -> float:
    """Month at which the last patient enters."""
    return max(float(s.accrual.end[-1]) for s in trial.strata)


def events_by_arm(trial: TwoArms, time: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Expected events by each month (n,): control arm, experimental arm."""
    t = floats(time)
    control, experimental = np.zeros(len(t)), np.zeros(len(t))
    for s in trial.strata:
        control += (1 - trial.share) * expected_events(s.control, s.accrual, t)
        experimental += trial.share * expected_events(s.experimental, s.accrual, t)
    return control, experimental


def events_by(trial: TwoArms, time: npt.ArrayLike) -> FloatArray:
    """Expected events in both arms by each month (n,)."""
    control, experimental = events_by_arm(trial, time)
    return control + experimental


def month_of_events(trial: TwoArms, events: float) -> float:
    """The month at which that many events are expected.

    Raises        MethodError - that many are never reached; the fault says how many are
    """
    end = accrual_end(trial)
    reach = end
    for _ in range(60):
        if float(events_by(trial, reach)[0]) >= events:
            break
        reach = reach * 1.5 + 1
    else:
        most = float(events_by(trial, reach)[0])
        patients = float(patients_in(trial, end)[0])
        raise MethodError(
            Fault(
                what=f"{events:.1f} events are never reached: {patients:.0f} patients bring "
                f"{most:.1f} however long they are followed",
                where="events and patients of the plan",
                mend=f"enter at least {int(np.ceil(patients * events / most)) + 1} patients, "
                f"or plan for at most {int(most)} events",
            )
        )
    return find_root(
        lambda t: float(events_by(trial, t)[0]) - events,
        0.0,
        reach,
        what="the month of the target",
        tolerance=1e-10,
    )


def month_of_patients(trial: TwoArms, patients: float) -> float:
    """The month by which so many patients have entered.

    Raises        MethodError - more than the trial enters
    """
    most = float(patients_in(trial, np.inf)[0])
    if patients > most + 1e-9:
        raise MethodError(
            Fault(
                what=f"{patients:g} patients are more than the {most:.0f} that enter",
                where="calendar",
                mend=f"look at {int(most)} patients or before, or enrol for longer",
            )
        )
    return find_root(
        lambda month: float(patients_in(trial, month)[0]) - patients + 1e-6,
        0.0,
        accrual_end(trial),
        what="the month of these patients",
        tolerance=1e-6,
    )


def accrual_for_events(trial: TwoArms, events: float, *, month: float) -> TwoArms:
    """The trial with as many times the patients as bring that many events by that month."""
    return scale_trial(trial, events / float(events_by(trial, month)[0]))


def events_interval(trial: TwoArms, events: float, *, level: float) -> tuple[float, float]:
    """Months between which the target number of events falls, with probability `level`.

    Notes         The count by month t is the sum of independent indicators with mean m(t) and
                  variance sum p (1 - p) <= m(t) (1 - m(t) / n); the interval is where m(t) is one
                  quantile of that normal law above or below the target. Hazards are as assumed:
                  this is chance alone, not doubt about the assumptions.
    """
    z = float(-ndtri((1 - level) / 2))

    def shifted(side: int) -> float:
        def gap(t: float) -> float:
            mean = float(events_by(trial, t)[0])
            n = float(patients_in(trial, t)[0])
            spread = np.sqrt(max(mean * (1 - mean / n), 0.0)) if n > 0 else 0.0
            return float(mean + side * z * spread - events)

        top = month_of_events(trial, events)
        for _ in range(60):
            if gap(top) > 0:
                return find_root(gap, 1e-6, top, what="the interval", tolerance=1e-8)
            top = top * 1.2 + 1
        return float(np.inf)

    return shifted(1), shifted(-1)
