# SPDX-License-Identifier: Apache-2.0
"""When will the n-th event come? Prediction from interim data, blinded or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.design.array import FloatArray, IntArray, floats
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class InterimData:
    """Patients so far, (n,): `entry` month of the trial, `time` followed in months, `status`
    0 going on, 1 event, 2 dropped out; `group` 0, 1, ... if unblinded, all 0 if blinded.
    `month` is the data cut-off.
    """

    entry: FloatArray
    time: FloatArray
    status: IntArray
    group: IntArray
    month: float


@dataclass(frozen=True, slots=True)
class ToCome:
    """Patients still to enter: `patients`, and the `shares` (groups,) in which they are allocated.

    The accrual rate is estimated from the entries of the last `window` months.
    """

    patients: int
    shares: FloatArray
    window: float


@dataclass(frozen=True, slots=True)
class EventPrediction:
    """`target` (m,) events: `median`, `low`, `high` month at which each comes, inf where it does
    not; `reached` (m,) the chance that it comes at all; `months` (replicates, m) behind them.
    """

    target: IntArray
    median: FloatArray
    low: FloatArray
    high: FloatArray
    reached: FloatArray
    months: FloatArray


def predict_events(
    data: InterimData,
    to_come: ToCome,
    *,
    targets: npt.ArrayLike,
    cuts: npt.ArrayLike,
    prior: tuple[float, float],
    replicates: int,
    level: float,
    rng: np.random.Generator,
) -> EventPrediction:
    """Months at which target numbers of events come, with prediction intervals.

    Parameters    targets    : (m,) int - numbers of events
                  cuts       : (p,) float - months since entry at which the event hazard may change,
                               the first 0: [0] is one exponential
                  prior      : (shape, rate in patient-months) - gamma prior of every hazard piece
                               and of the dropout hazard; (0.5, 0) adds half an event
                  level      : float - of the interval, two-sided
                  rng        : the randomness
    Returns       EventPrediction - uncertainty of hazards, dropout, accrual and chance together
    Raises        MethodError - a target exceeds the patients, or the data make no sense
    Notes         hazard_j | data ~ Gamma(shape + events_j, rate + patient-months_j); entries are a
                  Poisson process whose rate is drawn likewise; residual times by inversion.
    Source: Bagiella and Heitjan (2001) Statistics in Medicine 20:2055-2063; Ying, Heitjan and Chen
            (2004) for the interval.
    Proof: tests/property/test_design_event_prediction.py
    """
    wanted = np.asarray(targets, dtype=np.int64).ravel()
    _check(data, to_come, wanted)
    edges = floats(cuts)
    hazard, dropout = _draw_hazards(data, edges, prior, replicates, rng)
    going = np.flatnonzero(data.status == 0)
    entry = np.broadcast_to(data.entry[going], (replicates, len(going)))
    group = np.broadcast_to(data.group[going], (replicates, len(going)))
    followed = np.broadcast_to(data.time[going], (replicates, len(going)))
    if to_come.patients:
        new_entry, new_group = _draw_entries(data, to_come, replicates, rng)
        entry, group = np.hstack([entry, new_entry]), np.hstack([group, new_group])
        followed = np.hstack([followed, np.zeros_like(new_entry)])
    event = draw_event_months(entry, group, followed, hazard, dropout, edges, rng)
    # an event between the last assessment and the cut-off is dated no earlier than the cut-off
    event = np.maximum(event, data.month)
    return _summarise(event, data, wanted, level)


def _draw_hazards(
    data: InterimData,
    edges: FloatArray,
    prior: tuple[float, float],
    replicates: int,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Event hazards (replicates, groups, pieces) and dropout hazards (replicates,)."""
    groups = int(data.group.max(initial=0)) + 1
    ends = np.append(edges[1:], np.inf)
    exposure = np.clip(data.time[:, None], edges, ends) - edges
    piece = np.searchsorted(edges, data.time, side="right") - 1
    events, months = np.zeros((groups, len(edges))), np.zeros((groups, len(edges)))
    np.add.at(months, data.group, exposure)
    had = data.status == 1
    np.add.at(events, (data.group[had], piece[had]), 1)
    total = float(data.time.sum())
    shape, rate = prior
    size = (replicates, *events.shape)
    scale = 1 / np.maximum(months + rate, 1e-12)
    hazard = rng.gamma(np.broadcast_to(events + shape, size)) * scale
    # a piece nobody has reached yet goes on at the hazard of the piece before
    for j in range(1, len(edges)):
        empty = months[:, j] == 0
        hazard[:, empty, j] = hazard[:, empty, j - 1]
    dropout = rng.gamma(shape + float(np.sum(data.status == 2)), 1 / (total + rate), replicates)
    return hazard, dropout


def _draw_entries(
    data: InterimData, to_come: ToCome, replicates: int, rng: np.random.Generator
) -> tuple[FloatArray, IntArray]:
    """Months of entry and groups of the patients to come, (replicates, patients)."""
    window = min(to_come.window, data.month)
    recent = float(np.sum(data.entry > data.month - window))
    rate = rng.gamma(recent + 0.5, 1 / window, (replicates, 1))
    gaps = rng.standard_exponential((replicates, to_come.patients)) / rate
    group = rng.choice(len(to_come.shares), p=to_come.shares, size=gaps.shape)
    return data.month + np.cumsum(gaps, axis=1), group.astype(np.int64)


def draw_event_months(
    entry: FloatArray,
    group: IntArray,
    followed: FloatArray,
    hazard: FloatArray,
    dropout: FloatArray,
    edges: FloatArray,
    rng: np.random.Generator,
) -> FloatArray:
    """Calendar month of each patient's event, inf where dropout comes first; (replicates, n)."""
    row = np.arange(len(entry))[:, None]
    left = rng.standard_exponential(entry.shape)
    ends = np.append(edges[1:], np.inf)
    now = followed.astype(np.float64).copy()
    for j, end in enumerate(ends):
        rate = hazard[row, group, j] if hazard.shape[1] > 1 else hazard[:, :1, j]
        room = np.maximum(end - np.maximum(now, edges[j]), 0.0) if len(ends) > 1 else np.inf
        inside = now < end
        with np.errstate(invalid="ignore"):
            used = np.minimum(left, rate * room) * inside
        now = now + used / rate
        left = left - used
    residual = now - followed
    out = rng.standard_exponential(entry.shape) / dropout[:, None]
    return np.where(residual <= out, entry + now, np.inf)


def _summarise(
    event: FloatArray, data: InterimData, wanted: IntArray, level: float
) -> EventPrediction:
    seen = int(np.sum(data.status == 1))
    past = np.sort((data.entry + data.time)[data.status == 1])
    months = np.empty((len(event), len(wanted)))
    ahead = sorted({int(w) - seen - 1 for w in wanted if w > seen})
    ordered = np.partition(event, ahead, axis=1) if ahead else event
    for i, target in enumerate(wanted):
        months[:, i] = past[target - 1] if target <= seen else ordered[:, target - seen - 1]
    out = (1 - level) / 2
    low, median, high = np.quantile(months, [out, 0.5, 1 - out], axis=0, method="higher")
    reached = np.isfinite(months).mean(axis=0)
    return EventPrediction(wanted, median, low, high, reached, months)


def _check(data: InterimData, to_come: ToCome, wanted: IntArray) -> None:
    faults = []
    patients = len(data.entry) + to_come.patients
    lost = int(np.sum(data.status == 2))
    if wanted.max() > patients - lost:
        faults.append(
            Fault(
                what=f"{wanted.max()} events cannot come from {patients} patients of whom "
                f"{lost} have dropped out",
                where="target of the prediction",
                mend=f"ask for at most {patients - lost} events, or enter more patients",
            )
        )
    late = np.flatnonzero(data.entry + data.time > data.month + 1e-9)
    if len(late) or np.any(data.time < 0):
        faults.append(
            Fault(
                what="a patient is followed beyond the data cut-off or for less than no time",
                where=f"{len(late)} patients, first row {late[0] + 1 if len(late) else 1}",
                mend="censor follow-up at the cut-off; entry and time are in months",
            )
        )
    if faults:
        raise MethodError(faults)
