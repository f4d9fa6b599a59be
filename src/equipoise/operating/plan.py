# SPDX-License-Identifier: Apache-2.0
"""A trial as the arrays that both simulators read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equipoise.operating.sorting import BLOCK
from equipoise.operating.trial import ArmTimes, EventTimeTrial, Looks

NEVER = 1e300
"""Months until what never happens: finite, so that no arithmetic on it is undefined."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


class Plan(NamedTuple):
    """Arrays of a trial with S strata. Pieces are (start, inverse slope, width), see `invert`.

    size : (S, 2) patients, control and experimental;  first : (S + 1,) rows, multiples of 16
    accrual : (3, Q) pieces of the accrual distribution;  hazard : (S, 2, 3, P) of cumulative hazard
    cured : (S, 2);  dropout : (S, 2) mean months;  scans : (3, G) first month, step, number
    """

    size: Ints
    first: Ints
    accrual: Floats
    hazard: Floats
    cured: Floats
    dropout: Floats
    scans: Floats
    events: Ints
    latest: float


def make_plan(trial: EventTimeTrial, *, looks: Looks) -> Plan:
    """The arrays that describe `trial` and `looks`."""
    arms = [(s.control, s.experimental) for s in trial.strata]
    size = np.array([[arm.patients for arm in pair] for pair in arms], dtype=np.int64)
    rows = -(-size.sum(axis=1) // BLOCK) * BLOCK
    pieces = max(len(arm.hazard) for pair in arms for arm in pair)
    total = sum(stretch.patients for stretch in trial.accrual)
    return Plan(
        size=size,
        first=np.concatenate([[0], np.cumsum(rows)]).astype(np.int64),
        accrual=_pieces(
            widths=[stretch.months for stretch in trial.accrual],
            slopes=[stretch.patients / total / stretch.months for stretch in trial.accrual],
        ),
        hazard=np.array([[_hazard(arm, pieces) for arm in pair] for pair in arms]),
        cured=np.array([[arm.cured for arm in pair] for pair in arms]),
        dropout=np.array([[_mean(arm.dropout_per_month) for arm in pair] for pair in arms]),
        scans=_scans(trial),
        events=np.array(looks.events, dtype=np.int64),
        latest=np.inf if looks.latest_month is None else looks.latest_month,
    )


def _mean(rate: float) -> float:
    return 1.0 / rate if rate > 0 else NEVER


def _pieces(*, widths: Sequence[float], slopes: Sequence[float]) -> Floats:
    """Where each piece starts on the cumulative scale, one over its slope, and its width."""
    heights = [width * slope for width, slope in zip(widths, slopes, strict=True)]
    starts = np.concatenate([[0.0], np.cumsum(heights)[:-1]])
    return np.array([starts, [_mean(slope) for slope in slopes], widths], dtype=np.float64)


def _hazard(arm: ArmTimes, pieces: int) -> Floats:
    """Pieces of one arm, filled up with pieces of no width; the last one has no end."""
    starts = [piece.from_month for piece in arm.hazard]
    widths = [*np.diff(starts).tolist(), NEVER]
    table = _pieces(widths=[*widths[:-1], 0.0], slopes=[piece.per_month for piece in arm.hazard])
    table[2, -1] = NEVER
    return np.pad(table, ((0, 0), (0, pieces - len(starts))))


def _scans(trial: EventTimeTrial) -> Floats:
    """First month, step and number of the scans in each stretch."""
    table, start = [], 0.0
    for scan in trial.scans:
        number = NEVER
        if scan.until_month is not None:
            number = float(np.floor((scan.until_month - start) / scan.every_months + 1e-9))
        table.append((start, scan.every_months, number))
        start += number * scan.every_months
    return np.array(table, dtype=np.float64).reshape(-1, 3).T.copy()
