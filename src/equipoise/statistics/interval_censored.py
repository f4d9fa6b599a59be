# SPDX-License-Identifier: Apache-2.0
"""Event times known only to lie between two assessments: the likelihood of their hazard jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from equipoise.statistics.observations import Floats, as_times, fail

Members = NDArray[np.bool_]
TOLERANCE = 1e-9  # of the gradient, per subject at risk
STEPS = 200
EM_STEPS, HALVINGS = 30, 60
RIDGE = 1e-12  # of the curvature, where two jumps cannot be told apart
ROUNDING = 1e-13  # of a log-likelihood, relative
LEAST, MOST = 1e-300, 700.0  # of an interval's hazard, so that both logarithms are finite


@dataclass(frozen=True, slots=True)
class Intervals:
    """Subjects and the places where events can be.

    left, right (k,) of the innermost intervals (left, right], in order; right may be infinite.
    survived (n, k): the subject had no event up to `right`; within (n, k): the innermost interval
    lies in the subject's own.
    """

    left: Floats
    right: Floats
    survived: Members
    within: Members


def as_intervals(lower: ArrayLike, upper: ArrayLike) -> tuple[Floats, Floats]:
    """The ends of (lower, upper] as arrays (n,); upper is infinite where there was no event.

    Raises        MethodError - an end that is missing or negative, or an interval without length
    """
    left = as_times(lower, name="lower")
    right = np.ascontiguousarray(upper, dtype=np.float64)
    if right.shape != left.shape or not bool((right > left).all()):
        raise fail(
            "every `upper` must be later than its `lower`.",
            "arguments lower and upper",
            "an event on day d was found in (d - 1, d]; without an event upper is infinite.",
        )
    return left, right


def find_intervals(lower: ArrayLike, upper: ArrayLike) -> Intervals:
    """The innermost intervals of (lower, upper]: only they can hold probability.

    Source: Turnbull, J R Stat Soc B 1976;38:290-295; Peto, Appl Stat 1973;22:86-91.
    """
    own_left, own_right = as_intervals(lower, upper)
    ends = np.concatenate([own_right, own_left])
    is_left = np.repeat([False, True], own_left.size)
    order = np.lexsort((is_left, ends))  # at one time an interval ends before the next begins
    ends, is_left = ends[order], is_left[order]
    first = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    left, right = ends[first], ends[first + 1]
    survived = own_left[:, None] >= right
    within = (own_left[:, None] <= left) & (right <= own_right[:, None])
    return Intervals(left, right, survived, within)


@dataclass(frozen=True, slots=True)
class Jumps:
    """The most likely jumps (k - 1,) of the cumulative hazard; the last interval has none.

    gradient (n,) of the log-likelihood on the logarithm of each subject's relative hazard.
    """

    jump: Floats
    loglik: float
    gradient: Floats


@dataclass(frozen=True, slots=True)
class _Data:
    """Relative hazards e (n,), who survived which jump, whose interval holds it, who had events."""

    relative: Floats
    survived: Floats
    inner: Floats
    event: Members

    @property
    def spent(self) -> Floats:
        """Relative hazard of all who are known to be event-free after each jump."""
        return self.relative @ self.survived


def fit_jumps(intervals: Intervals, relative: Floats, *, start: Floats | None = None) -> Jumps:
    """Maximise the likelihood over the jumps for given relative hazards (n,).

    Parameters    start : jumps to begin from, as of a similar problem
    Raises        MethodError - when no maximum is found; the likelihood is concave, so never seen
    Notes         log L = sum_i [-e_i H(lower_i) + log(1 - exp(-e_i (H(upper_i) - H(lower_i))))],
                  concave in the jumps of H; who may have the event in the last interval adds only
                  the first term. Newton steps within jumps >= 0 until none can be improved.
    Source: Finkelstein, Biometrics 1986;42:845-854 (likelihood); Wang, J R Stat Soc B 2007;69:
     185-198 (constrained Newton steps); Zeng, Mao & Lin, Biometrika 2016;103:253-271 (EM steps).
    """
    jumps = slice(0, intervals.right.size - 1)
    event = ~intervals.within[:, -1]
    data = _Data(
        relative,
        intervals.survived[:, jumps].astype(np.float64),
        intervals.within[:, jumps].astype(np.float64) * event[:, None],
        event,
    )
    exposed = 1.0 + data.spent + data.relative @ data.inner
    jump = (
        _em_steps(np.full(exposed.size, 1.0 / max(exposed.size, 1)), data)
        if start is None
        else start
    )
    for _ in range(STEPS):
        gradient = _gradient(jump, data)
        held = (jump <= 0.0) & (gradient <= 0.0)
        if (np.abs(gradient[~held]) <= TOLERANCE * exposed[~held]).all():
            return Jumps(jump, _loglik(jump, data), _of_subjects(jump, data))
        after = _step(jump, gradient, data)
        jump = _em_steps(jump, data) if after is None else after
    raise fail("the likelihood has not reached its maximum.", "arguments", "report the data.")


def _odds(jump: Floats, data: _Data) -> Floats:
    """1 / (exp(u) - 1), u the hazard of each subject's own interval; 0 without an event."""
    hazard = np.clip(data.relative * (data.inner @ jump), LEAST, MOST)
    return np.where(data.event, 1.0 / np.expm1(hazard), 0.0)


def _loglik(jump: Floats, data: _Data) -> float:
    hazard = (data.relative * (data.inner @ jump))[data.event]
    if (hazard <= LEAST).any():
        return -np.inf  # an event where no event can be
    return float(np.log(-np.expm1(-hazard)).sum() - data.spent @ jump)


def _gradient(jump: Floats, data: _Data) -> Floats:
    return data.inner.T @ (data.relative * _odds(jump, data)) - data.spent


def _of_subjects(jump: Floats, data: _Data) -> Floats:
    own = data.relative * (data.inner @ jump)
    return own * _odds(jump, data) - data.relative * (data.survived @ jump)


def _em_steps(jump: Floats, data: _Data) -> Floats:
    """A few steps of the EM algorithm: slow, and never down."""
    exposed = data.spent + data.relative @ data.inner
    for _ in range(EM_STEPS):
        expected = data.inner.T @ (data.relative * (1.0 + _odds(jump, data)))
        jump = jump * np.divide(expected, exposed, out=np.zeros_like(jump), where=exposed > 0)
    return jump


def _step(jump: Floats, gradient: Floats, data: _Data) -> Floats | None:
    """Towards the best jumps of the quadratic approximation, as far as the data get likelier.

    None where no part of the way does.
    """
    odds = _odds(jump, data)
    rows = data.inner * (data.relative * np.sqrt(odds * (1.0 + odds)))[:, None]
    curvature = rows.T @ rows
    curvature[np.diag_indices_from(curvature)] += RIDGE * (1.0 + np.trace(curvature))
    half = np.linalg.cholesky(curvature)
    aim = np.linalg.solve(half, curvature @ jump + gradient)
    move = nnls(half.T, aim)[0] - jump
    least, share = _loglik(jump, data), 1.0
    least -= ROUNDING * (1.0 + abs(least))
    for _ in range(HALVINGS):
        after = jump + share * move
        if _loglik(after, data) >= least + 1e-4 * share * float(gradient @ move):
            return after
        share *= 0.5
    return None
