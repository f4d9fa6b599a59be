# SPDX-License-Identifier: Apache-2.0
"""The event-time simulation as one would write it on a board: numpy, one trial at a time.

The fast form is `simulate_events.simulate_replicates`; a test holds the two together. This one also
gives the patients of a replicate, for export and for the analyses the fast one does not make.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.operating.philox import EVENT_TIMES, RESPONSE, philox_uniforms
from equipoise.operating.plan import NEVER, Floats, Ints, Plan, make_plan
from equipoise.operating.trial import ArmTimes, EventTimeTrial, Looks

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Patients:
    """Every patient of one replicate, followed to the end. Times in months; arm 1 experimental."""

    entry: Floats
    time: Floats
    event: Flags
    arm: Ints
    stratum: Ints
    response: Flags


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The patients who had entered at calendar time `cut`, as known then."""

    cut: float
    time: Floats
    event: Flags
    arm: Ints
    stratum: Ints
    response: Flags


@dataclass(frozen=True, slots=True)
class LookResult:
    """What one look of one replicate gives; Z and log_hr below 0 favour the experimental arm."""

    cut: float
    events: int
    enrolled: int
    z: float
    log_hr: float
    se: float


def _invert(pieces: Floats, height: Floats) -> Floats:
    """Where a rising function of straight pieces (start, inverse slope, width) is `height`."""
    steps = (height[:, None] - pieces[0]) * pieces[1]
    place: Floats = np.clip(steps, 0.0, pieces[2]).sum(axis=1)
    return place


def _scan_numbers(scans: Floats, time: Floats) -> Floats:
    """How many scans of each stretch lie before `time`, with the fraction to the next."""
    numbers: Floats = np.clip((time[:, None] - scans[0]) / scans[1], 0.0, scans[2])
    return numbers


def _whole_bits(time: Floats) -> Floats:
    """`time` with its last two bits cleared: the fast form keeps its flags there."""
    return (time.view(np.uint64) & ~np.uint64(3)).view(np.float64)


def _arm_patients(trial: EventTimeTrial) -> list[tuple[ArmTimes, int, int]]:
    return [
        (arm, number, stratum)
        for stratum, s in enumerate(trial.strata)
        for number, arm in enumerate((s.control, s.experimental))
    ]


def draw_patients(trial: EventTimeTrial, *, seed: int, replicate: int) -> Patients:
    """All patients of one replicate, ordered by stratum, then control before experimental."""
    plan = make_plan(trial, looks=Looks(events=(1,)))
    arm = np.concatenate([np.full(a.patients, k) for a, k, _ in _arm_patients(trial)])
    stratum = np.concatenate([np.full(a.patients, s) for a, _, s in _arm_patients(trial)])
    u_event, u_entry, u_dropout = philox_uniforms(
        trial.patients, seed=seed, replicate=replicate, purpose=EVENT_TIMES
    )
    time, event = np.empty(trial.patients), np.empty(trial.patients, dtype=bool)
    for s in range(len(trial.strata)):
        for k in range(2):
            own = (stratum == s) & (arm == k)
            time[own], event[own] = _follow(plan, s, k, u_event[own], u_dropout[own])
    u_response, _, _ = philox_uniforms(
        trial.patients, seed=seed, replicate=replicate, purpose=RESPONSE
    )
    chance = np.concatenate(
        [np.full(a.patients, a.response or 0.0) for a, _, _ in _arm_patients(trial)]
    )
    return Patients(_invert(plan.accrual, u_entry), time, event, arm, stratum, u_response < chance)


def _follow(
    plan: Plan, stratum: int, arm: int, u_event: Floats, u_dropout: Floats
) -> tuple[Floats, Flags]:
    """Months of follow-up and whether an event ends it, for the patients of one arm."""
    left = (u_event - plan.cured[stratum, arm]) * (1.0 / (1.0 - plan.cured[stratum, arm]))
    height = -np.log(np.where(left > 0, left, 1.0))
    event = np.where(left > 0, _invert(plan.hazard[stratum, arm], height), NEVER)
    leaves = -np.log(u_dropout) * plan.dropout[stratum, arm]
    if plan.scans.size:
        event = (np.ceil(_scan_numbers(plan.scans, event)) * plan.scans[1]).sum(axis=1)
        leaves = (np.floor(_scan_numbers(plan.scans, leaves)) * plan.scans[1]).sum(axis=1)
    return _whole_bits(np.minimum(event, leaves)), event <= leaves


def take_snapshot(trial: EventTimeTrial, patients: Patients, *, cut: float) -> Snapshot:
    """The data at calendar time `cut`, in months after the first possible entry.

    An event is known when entry + time <= cut; the same sum gave the cut, so that the event that
    triggers a look is in it. Comparing time with cut - entry would lose it.
    """
    plan = make_plan(trial, looks=Looks(events=(1,)))
    inside = patients.entry <= cut
    until = (cut - patients.entry)[inside]
    if plan.scans.size:
        until = (np.floor(_scan_numbers(plan.scans, until)) * plan.scans[1]).sum(axis=1)
    known = (patients.entry + patients.time <= cut)[inside]
    return Snapshot(
        cut=cut,
        time=np.where(known, patients.time[inside], _whole_bits(until)),
        event=known & patients.event[inside],
        arm=patients.arm[inside],
        stratum=patients.stratum[inside],
        response=patients.response[inside],
    )


def find_cut(patients: Patients, *, events: int, latest: float) -> float:
    """Calendar time of the `events`-th event, or `latest` if that comes first."""
    calendar = np.sort((patients.entry + patients.time)[patients.event])
    return float(min(calendar[events - 1] if events <= calendar.size else np.inf, latest))


def logrank_z(data: Snapshot) -> float:
    """Stratified log-rank Z: observed minus expected on the experimental arm over its sd."""
    difference = variance = 0.0
    for stratum in np.unique(data.stratum):
        own = data.stratum == stratum
        time, event, arm = data.time[own], data.event[own], data.arm[own]
        for t in np.unique(time[event]):
            n, n1 = np.sum(time >= t), np.sum(arm[time >= t])
            d, d1 = np.sum(event & (time == t)), np.sum(arm[event & (time == t)])
            difference += d1 - d * n1 / n
            variance += d * (n1 / n) * (1 - n1 / n) * (n - d) / max(n - 1, 1)
    return difference / math.sqrt(variance) if variance > 0 else math.nan


def cox_efron(data: Snapshot) -> tuple[float, float]:
    """Stratified Efron log hazard ratio and its standard error by Newton's method."""
    at_risk = [pair for s in np.unique(data.stratum) for pair in _efron_risk(data, int(s))]
    n1, n0 = np.array(at_risk).T
    events_1 = float(np.sum(data.arm[data.event]))
    beta = 0.0
    for _ in range(50):
        q = n1 * math.exp(beta) / (n1 * math.exp(beta) + n0)
        information = float(np.sum(q * (1 - q)))
        step = (events_1 - float(np.sum(q))) / information
        beta += max(-1.0, min(1.0, step))
        if abs(step) < 1e-12:
            q = n1 * math.exp(beta) / (n1 * math.exp(beta) + n0)
            return beta, 1.0 / math.sqrt(float(np.sum(q * (1 - q))))
    return math.nan, math.nan


def _efron_risk(data: Snapshot, stratum: int) -> list[tuple[float, float]]:
    """At each event, how many of arm 1 and 0 are at risk; tied events leave one by one."""
    own = data.stratum == stratum
    time, event, arm = data.time[own], data.event[own], data.arm[own]
    pairs = []
    for t in np.unique(time[event]):
        n1 = float(np.sum(arm[time >= t]))
        n0 = float(np.sum(time >= t)) - n1
        d = int(np.sum(event & (time == t)))
        d1 = float(np.sum(arm[event & (time == t)]))
        pairs += [(n1 - k * d1 / d, n0 - k * (d - d1) / d) for k in range(d)]
    return pairs


def simulate_reference(
    trial: EventTimeTrial, *, looks: Looks, seed: int, replicate: int
) -> list[LookResult]:
    """Every look of one replicate; looks that never come are left out."""
    patients = draw_patients(trial, seed=seed, replicate=replicate)
    latest = math.inf if looks.latest_month is None else looks.latest_month
    results = []
    for events in looks.events:
        cut = find_cut(patients, events=events, latest=latest)
        if math.isinf(cut):
            break
        data = take_snapshot(trial, patients, cut=cut)
        log_hr, se = cox_efron(data)
        results.append(
            LookResult(cut, int(data.event.sum()), data.time.size, logrank_z(data), log_hr, se)
        )
    return results
