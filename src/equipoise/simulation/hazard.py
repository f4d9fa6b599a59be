# SPDX-License-Identifier: Apache-2.0
"""Times to event under a hazard that is constant between given months."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise.protocol.model import Piece
from equipoise.simulation.streams import FloatArray


def piecewise_exponential(
    uniform: FloatArray,
    pieces: Sequence[Piece],
    *,
    days_per_month: float,
    factor: FloatArray | float = 1.0,
) -> FloatArray:
    """Event times in days, by inversion of the cumulative hazard.

    Parameters    uniform : (n,) - probability of being free of the event at the time returned
                  pieces : the first from month 0, in order
                  days_per_month : unit of the pieces' months
                  factor : (n,) hazard of each subject against the pieces
    Returns       (n,) days
    Notes         H(T) = -log(u) / factor; inside piece j, T = t_j + (H(T) - H(t_j)) / h_j,
                  h_j = log 2 / median_j.   t_j -> start, h_j -> hazard, H(t_j) -> reached
    """
    return _time_of(-np.log(uniform) / factor, _cumulative(pieces, days_per_month))


def stepwise_exponential(
    uniform: FloatArray,
    pieces: Sequence[Piece],
    *,
    days_per_month: float,
    factor: FloatArray,
    steps: FloatArray,
    step_days: float,
) -> FloatArray:
    """Event times in days where each subject's factor also changes from step to step.

    Parameters    steps : (n, k) further factor from day j `step_days` on, j = 0 .. k - 1; the last
                  stays
                  the others : as for `piecewise_exponential`
    Notes         H(T) = sum over steps of factor_j (H_0(end_j) - H_0(start_j)) = -log(u) / factor,
                  H_0 the cumulative hazard of the pieces; inverted in the step it falls in.
    """
    law = _cumulative(pieces, days_per_month)
    days = np.arange(steps.shape[1]) * step_days
    base = np.array([_hazard_by(day, law) for day in days])
    passed = np.cumsum(steps[:, :-1] * np.diff(base), axis=1)
    wanted = -np.log(uniform) / factor
    step = (passed <= wanted[:, None]).sum(axis=1)
    row = np.arange(len(step))
    before = np.where(step > 0, passed[row, step - 1], 0.0) if passed.shape[1] else 0.0
    return _time_of(base[step] + (wanted - before) / steps[row, step], law)


_Law = tuple[FloatArray, FloatArray, FloatArray]


def _time_of(cumulative: FloatArray, law: _Law) -> FloatArray:
    """Days by which the cumulative hazard of the pieces reaches these values."""
    start, hazard, reached = law
    piece = np.searchsorted(reached, cumulative, side="right") - 1
    return np.asarray(start[piece] + (cumulative - reached[piece]) / hazard[piece])


def _hazard_by(day: float, law: _Law) -> float:
    start, hazard, reached = law
    piece = int(np.searchsorted(start, day, side="right")) - 1
    return float(reached[piece] + (day - start[piece]) * hazard[piece])


def survival(day: float, pieces: Sequence[Piece], *, days_per_month: float) -> float:
    """Probability of no event up to `day` under the same law."""
    return float(np.exp(-_hazard_by(day, _cumulative(pieces, days_per_month))))


def _cumulative(pieces: Sequence[Piece], days_per_month: float) -> _Law:
    start = np.array([piece.from_month for piece in pieces]) * days_per_month
    hazard = np.log(2) / (np.array([piece.median_months for piece in pieces]) * days_per_month)
    reached = np.concatenate([[0.0], np.cumsum(np.diff(start) * hazard[:-1])])
    return start, hazard, reached
