# SPDX-License-Identifier: Apache-2.0
"""Tests of larger tables: chi-square, Fisher, trend, McNemar, exact and generalised CMH, kappa."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from equipoise.statistics.exact_odds_ratio import (
    RELATIVE,
    conditional_odds_ratio,
    exact_interval,
    support,
)
from equipoise.statistics.normal import ChiSquare, chi_square, critical_value
from equipoise.statistics.observations import Floats, check_probability, fail
from equipoise.statistics.stratified_proportions import Strata
from equipoise.statistics.two_proportions import Counts


def as_table(table: ArrayLike, dimensions: int) -> Floats:
    """A table of whole counts with that many dimensions; MethodError otherwise."""
    counts = np.asarray(table, dtype=float)
    if counts.ndim != dimensions or bool((counts < 0).any() | (counts != np.floor(counts)).any()):
        raise fail(
            f"the table must hold whole counts in {dimensions} dimensions.",
            f"argument table, shape {counts.shape}",
            "pass counts of subjects.",
        )
    return counts


def chi_square_table(table: ArrayLike) -> ChiSquare:
    """Pearson's chi-square of an r x c table; empty rows and columns do not count.

    NaN with df 0 when fewer than two rows or columns hold subjects.
    """
    counts = as_table(table, 2)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return chi_square(float("nan"), 0)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return chi_square(float(((counts - expected) ** 2 / expected).sum()), df)


def trend_test(x: ArrayLike, n: ArrayLike, *, scores: ArrayLike) -> ChiSquare:
    """Cochran-Armitage test of a trend in proportions over ordered groups.

    NaN with df 0 when nobody or everybody responds, or all groups have one score.
    Source: Armitage, Biometrics 1955;11:375-386.
    """
    count, total, score = (np.asarray(a, float) for a in (x, n, scores))
    p = count.sum() / total.sum()
    if not 0.0 < p < 1.0 or np.unique(score[total > 0]).size < 2:
        return chi_square(float("nan"), 0)
    centre = (total * score).sum() / total.sum()
    slope = (count * (score - centre)).sum()
    variance = p * (1 - p) * (total * (score - centre) ** 2).sum()
    return chi_square(float(slope**2 / variance), 1)


def mcnemar(b: int, c: int, *, correction: float) -> ChiSquare:
    """Marginal homogeneity of a paired 2 x 2 table from its discordant counts. Source: 1947."""
    if b + c == 0:
        return chi_square(float("nan"), 0)
    return chi_square(max(abs(b - c) - correction, 0.0) ** 2 / (b + c), 1)


def _columns(size: int, room: tuple[int, ...]) -> list[tuple[int, ...]]:
    ranges = [range(min(size, r) + 1) for r in room[:-1]]
    out = []
    for head in product(*ranges):
        last = size - sum(head)
        if 0 <= last <= room[-1]:
            out.append((*head, last))
    return out


def _half(columns: list[int], rows: tuple[int, ...]) -> dict[tuple[int, ...], Floats]:
    """Log weights of every way to fill these columns, by the row totals they use."""
    ways: dict[tuple[int, ...], list[float]] = {(0,) * len(rows): [0.0]}
    for size in columns:
        longer: dict[tuple[int, ...], list[float]] = {}
        for used, logs in ways.items():
            room = tuple(r - u for r, u in zip(rows, used, strict=True))
            for fill in _columns(size, room):
                weight = -float(gammaln(np.array(fill) + 1.0).sum())
                key = tuple(u + f for u, f in zip(used, fill, strict=True))
                longer.setdefault(key, []).extend(value + weight for value in logs)
        ways = longer
    return {key: np.array(logs) for key, logs in ways.items()}


def fisher_table(table: ArrayLike) -> float:
    """Exact p of an r x c table: the total probability of tables no likelier than this one.

    The columns are split in two halves; for each split of the row totals the probabilities of the
    halves are sorted, so that pairs are counted without listing every table.
    Source: Freeman & Halton, Biometrika 1951;38:141-149.
    """
    counts = as_table(table, 2)
    if counts.shape[0] > counts.shape[1]:
        counts = counts.T
    rows = tuple(int(v) for v in counts.sum(axis=1))
    order = np.argsort(counts.sum(axis=0))
    columns = [int(v) for v in counts.sum(axis=0)[order]]
    here = -float(gammaln(counts + 1).sum())
    left, right = _half(columns[::2], rows), _half(columns[1::2], rows)
    constant = gammaln(np.array([*rows, *columns]) + 1.0).sum() - gammaln(counts.sum() + 1)
    total, limit = 0.0, here + np.log1p(RELATIVE)
    for used, logs in left.items():
        rest = right.get(tuple(r - u for r, u in zip(rows, used, strict=True)))
        if rest is None:
            continue
        ordered = np.sort(rest)
        running = np.concatenate([[0.0], np.cumsum(np.exp(ordered - ordered[-1]))])
        take = np.searchsorted(ordered, limit - logs, side="right")
        total += float((np.exp(logs + ordered[-1] + constant) * running[take]).sum())
    return min(total, 1.0)


@dataclass(frozen=True, slots=True)
class ExactCmh:
    """Exact conditional test over strata: sum of first cells, p, common odds ratio, interval."""

    statistic: float
    p: float
    odds_ratio: float
    lower: float
    upper: float


def exact_cmh(s: Strata, *, conf_level: float) -> ExactCmh:
    """Exact conditional CMH test and common odds ratio. Source: Mehta, Patel & Gray, JASA 1985."""
    tail = (1 - check_probability("conf_level", conf_level)) / 2
    low, pmf = 0.0, np.ones(1)
    for row in zip(s.x1, s.n1, s.x2, s.n2, strict=True):
        cells, weight = support(Counts(*(int(v) for v in row)))
        low, pmf = low + float(cells[0]), np.convolve(pmf, np.exp(weight))
    cells = low + np.arange(pmf.size)
    observed = float(s.x1.sum())
    here = pmf[cells == observed][0]
    p = float(pmf[pmf <= here * (1 + RELATIVE)].sum())
    logs = np.log(np.maximum(pmf, 1e-320))
    limits = exact_interval(cells, logs, observed, tail, 1.0)
    return ExactCmh(observed, min(p, 1.0), conditional_odds_ratio(cells, logs, observed), *limits)


@dataclass(frozen=True, slots=True)
class GeneralisedCmh:
    """The three CMH tests: of correlation, of different row means, of any association."""

    correlation: ChiSquare
    row_means: ChiSquare
    general: ChiSquare


def generalised_cmh(
    table: ArrayLike, *, row_scores: ArrayLike, column_scores: ArrayLike
) -> GeneralisedCmh:
    """CMH tests of an r x c x k table, strata last.

    Strata with fewer than two subjects hold nothing; singular covariances use a pseudo-inverse,
    whose rank is the degrees of freedom.
    Source: Landis, Heyman & Koch, Int Stat Rev 1978;46:237-254; SAS/STAT FREQ, "CMH Statistics".
    """
    counts = as_table(table, 3)
    counts = counts[counts.sum(axis=(1, 2)) > 0][:, counts.sum(axis=(0, 2)) > 0]
    r, c, _ = counts.shape
    full_r, full_c = np.asarray(row_scores, float), np.asarray(column_scores, float)
    kept_r = np.asarray(table, float).sum(axis=(1, 2)) > 0
    kept_c = np.asarray(table, float).sum(axis=(0, 2)) > 0
    a, b = full_r[kept_r][None, :], full_c[kept_c][None, :]
    eye_r, eye_c = np.eye(r)[: r - 1], np.eye(c)[: c - 1]
    return GeneralisedCmh(
        _quadratic(counts, np.kron(a, b)),
        _quadratic(counts, np.kron(eye_r, b)),
        _quadratic(counts, np.kron(eye_r, eye_c)),
    )


def _quadratic(counts: Floats, contrast: Floats) -> ChiSquare:
    score, variance = np.zeros(contrast.shape[0]), np.zeros((contrast.shape[0],) * 2)
    for layer in np.moveaxis(counts, 2, 0):
        n = layer.sum()
        if n < 2:
            continue
        p, q = layer.sum(axis=1) / n, layer.sum(axis=0) / n
        score += contrast @ (layer - n * np.outer(p, q)).ravel()
        spread = np.kron(np.diag(p) - np.outer(p, p), np.diag(q) - np.outer(q, q))
        variance += n * n / (n - 1) * contrast @ spread @ contrast.T
    if variance.size == 0:
        return chi_square(float("nan"), 0)
    rank = int(np.linalg.matrix_rank(variance, tol=1e-9 * max(1.0, float(np.abs(variance).max()))))
    inverse = np.linalg.pinv(variance, rcond=1e-10, hermitian=True)
    return chi_square(float(score @ inverse @ score), rank)


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond chance with its standard error and normal interval; NaN when undefined.

    The limits are NaN when the standard error is 0: an interval without width states certainty.
    """

    kappa: float
    std_err: float
    lower: float
    upper: float


def cohen_kappa(table: ArrayLike, *, conf_level: float) -> Kappa:
    """Unweighted kappa of a square table of two readers.

    Source: Fleiss, Cohen & Everitt, Psychol Bull 1969;72:323-327, eq. 13.
    """
    counts = as_table(table, 2)
    if counts.shape[0] != counts.shape[1] or counts.sum() == 0:
        raise fail("kappa needs a square table with subjects.", "argument table", "same levels.")
    p = counts / counts.sum()
    row, column, agree = p.sum(axis=1), p.sum(axis=0), np.diag(p)
    chance, seen = float(row @ column), float(agree.sum())
    if chance >= 1.0:
        nan = float("nan")
        return Kappa(nan, nan, nan, nan)
    kappa = (seen - chance) / (1 - chance)
    pair = row[None, :] + column[:, None]
    first = float((agree * (1 - (row + column) * (1 - kappa)) ** 2).sum())
    off = p * pair**2
    second = (1 - kappa) ** 2 * float(off.sum() - np.diag(off).sum())
    third = (kappa - chance * (1 - kappa)) ** 2
    error = float(np.sqrt(max(first + second - third, 0.0) / counts.sum())) / (1 - chance)
    if error == 0.0:  # perfect agreement, or a reader with one answer: no width to state
        return Kappa(kappa, error, float("nan"), float("nan"))
    half = critical_value(conf_level) * error
    return Kappa(kappa, error, kappa - half, kappa + half)
