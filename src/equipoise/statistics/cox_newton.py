# SPDX-License-Identifier: Apache-2.0
"""Newton-Raphson for the Cox model, with what it says when there is no finite maximum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.statistics.cox_rows import CoxRows, likelihood
from equipoise.statistics.observations import Floats, Ints
from equipoise.statistics.states import State

COLLINEAR = 1e-10  # a column keeping less than this part of its information is not determined
DECREMENT = 1e-9  # Newton decrement (steps in standard errors) at which the last step is taken
RUNAWAY = 0.05  # a step this large, in units of 1 / sd(x), although the likelihood stands still
MOST_ITERATIONS = 100


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the partial likelihood is largest.

    beta (p,) is 0 for a column not determined; limit (p,) is beta, NaN or +-inf as reported;
    information and covariance (p, p) at beta, NaN for columns not determined.
    """

    beta: Floats
    limit: Floats
    states: tuple[State, ...]
    reasons: tuple[str, ...]
    information: Floats
    covariance: Floats
    loglik_null: float
    loglik: float
    score_null: Floats
    score_statistic: float
    used: Ints
    iterations: int


def maximise(rows: CoxRows) -> Maximum:
    """Maximise the partial likelihood of the determined columns from beta = 0."""
    p = rows.x.shape[1]
    value, score, info = likelihood(rows, np.zeros(p))
    null, score_null = value, score
    used = determined(info, rows)
    beta: Floats = np.zeros(p)
    statistic = float("nan")
    iterations, infinite = 0, np.zeros(p, dtype=bool)
    if used.size:
        statistic = float(score[used] @ np.linalg.solve(info[np.ix_(used, used)], score[used]))
        beta, value, info, infinite, iterations = _climb(rows, used, value, score, info)
    limit, states, reasons = _verdict(rows, beta, used, infinite)
    covariance = np.full((p, p), np.nan)
    if used.size:
        block = info[np.ix_(used, used)]
        covariance[np.ix_(used, used)] = np.linalg.pinv(block, rcond=1e-15, hermitian=True)
    return Maximum(
        beta, limit, states, reasons, info, covariance, null, value, score_null, statistic,
        used, iterations,
    )  # fmt: skip


def determined(info: Floats, rows: CoxRows) -> Ints:
    """Columns that keep information given the columns before them (pivots of a Cholesky pass)."""
    spread: Floats = mean_squares(rows.columns)
    left: Floats = info.copy()
    kept: list[int] = []
    for j in range(info.shape[0]):
        full = max(float(info[j, j]), float(spread[j]) * 1e-12)
        if full > 0.0 and left[j, j] > COLLINEAR * full and info[j, j] > 1e-12 * float(spread[j]):
            kept.append(j)
            left = left - np.outer(left[:, j], left[j, :]) / left[j, j]
    return np.array(kept, dtype=np.int64)


def mean_squares(columns: Floats) -> Floats:
    """Mean square (p,) of each of the columns (p, n), without room for the squares."""
    squares: Floats = np.array([float(np.einsum("i,i->", x, x)) for x in columns])
    squares /= columns.shape[1]
    return squares


def _climb(
    rows: CoxRows, used: Ints, value: float, score: Floats, info: Floats
) -> tuple[Floats, float, Floats, NDArray[np.bool_], int]:
    p = rows.x.shape[1]
    beta: Floats = np.zeros(p)
    sd: Floats = np.sqrt(mean_squares(rows.columns))  # the columns are centred
    nobody = np.zeros(p, dtype=bool)
    for iteration in range(1, MOST_ITERATIONS + 1):
        step = np.zeros(p)
        step[used] = _solve(info[np.ix_(used, used)], score[used])
        decrement = float(np.sqrt(max(float(score[used] @ step[used]), 0.0)))
        runaway = np.abs(step) * sd > RUNAWAY
        if decrement < 1e-4 and bool(runaway.any()):
            return beta, value, info, runaway, iteration
        trial = beta + step
        new = likelihood(rows, trial)
        halvings = 0
        while not (new[0] >= value - 1e-10 * abs(value)) and halvings < 40:
            trial = 0.5 * (trial + beta)
            new = likelihood(rows, trial)
            halvings += 1
        beta, (value, score, info) = trial, new
        if decrement < DECREMENT:
            return beta, value, info, nobody, iteration
    return beta, value, info, np.abs(beta) * sd > 10.0, MOST_ITERATIONS


def _solve(matrix: Floats, right: Floats) -> Floats:
    try:
        solution: Floats = np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        solution = np.linalg.lstsq(matrix, right)[0]
    return solution


def _verdict(
    rows: CoxRows, beta: Floats, used: Ints, infinite: NDArray[np.bool_]
) -> tuple[Floats, tuple[State, ...], tuple[str, ...]]:
    limit, states, reasons = beta.copy(), [], []
    no_events = int(rows.event.sum()) == 0
    for j in range(beta.size):
        if j not in used:
            limit[j] = np.nan
            why = "no events" if no_events else "constant among those at risk, or collinear"
        elif infinite[j]:
            limit[j] = np.inf if beta[j] > 0 else -np.inf
            why = "monotone likelihood: the coefficient grows without bound"
        else:
            why = ""
        states.append(State.OK if not why else State.NE)
        reasons.append(why)
    return limit, tuple(states), tuple(reasons)
