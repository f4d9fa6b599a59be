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
    start, hazard, reached = _cumulative(pieces, days_per_month)
    exponential = -np.log(uniform) / factor
    piece = np.searchsorted(reached, exponential, side="right") - 1
    return np.asarray(start[piece] + (exponential - reached[piece]) / hazard[piece])


def survival(day: float, pieces: Sequence[Piece], *, days_per_month: float) -> float:
    """Probability of no event up to `day` under the same law."""
    start, hazard, reached = _cumulative(pieces, days_per_month)
    piece = int(np.searchsorted(start, day, side="right")) - 1
    return float(np.exp(-(reached[piece] + (day - start[piece]) * hazard[piece])))


def _cumulative(
    pieces: Sequence[Piece], days_per_month: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    start = np.array([piece.from_month for piece in pieces]) * days_per_month
    hazard = np.log(2) / (np.array([piece.median_months for piece in pieces]) * days_per_month)
    reached = np.concatenate([[0.0], np.cumsum(np.diff(start) * hazard[:-1])])
    return start, hazard, reached
