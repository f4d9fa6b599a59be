# SPDX-License-Identifier: Apache-2.0
"""Simon's two-stage designs for one arm: optimal and minimax."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from equipoise.design.array import FloatArray
from equipoise.design.single_arm import check_rates, exact_single_stage
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop after `first_patients` with at most `first_responses`; at the end of `patients`, reject
    p0 with more than `responses`.

    `alpha`, `power` attained; `expected_patients` and `early_stop` probability under p0.
    """

    first_responses: int
    first_patients: int
    responses: int
    patients: int
    alpha: float
    power: float
    expected_patients: float
    early_stop: float


@dataclass(frozen=True, slots=True)
class SimonDesigns:
    """`optimal`: fewest patients expected under p0; `minimax`: smallest maximum, then fewest."""

    optimal: TwoStage
    minimax: TwoStage


def simon_two_stage(
    *, p0: float, p1: float, alpha: float, power: float, largest: int = 100
) -> SimonDesigns:
    """Both of Simon's designs, by complete search over n up to `largest`.

    Parameters    p0, p1  : float - response rates not worth pursuing, and wished for
                  alpha   : float - one-sided
                  largest : int - highest total sample size searched
    Raises        MethodError - no design up to `largest`; the fault names a size that would do
    Source: Simon (1989) Controlled Clinical Trials 10:1-10.
    Proof: tests/reference/test_design_oracle.py, kind `Simon two-stage`
    """
    check_rates(p0, p1)
    optimal: TwoStage | None = None
    minimax: TwoStage | None = None
    for design in _feasible(p0, p1, alpha, power, largest):
        if optimal is None or design.expected_patients < optimal.expected_patients:
            optimal = design
        smaller = minimax is None or design.patients < minimax.patients
        if smaller or (
            minimax is not None
            and design.patients == minimax.patients
            and design.expected_patients < minimax.expected_patients
        ):
            minimax = design
    if optimal is None or minimax is None:
        single = exact_single_stage(p0=p0, p1=p1, alpha=alpha, power=power)
        raise MethodError(
            Fault(
                what=f"no two-stage design with up to {largest} patients has that size and power",
                where="Simon's design",
                mend=f"one stage needs {single.patients} patients: search up to about "
                f"{int(1.5 * single.patients)}",
            )
        )
    return SimonDesigns(optimal, minimax)


def two_stage(
    first_responses: int,
    first_patients: int,
    responses: int,
    patients: int,
    *,
    p0: float,
    p1: float,
) -> TwoStage:
    """Operating characteristics of a given two-stage design."""
    rest = patients - first_patients
    reject0, reject1 = (
        _total(_probabilities(first_patients, p), first_responses, _probabilities(rest, p))
        for p in (p0, p1)
    )
    stop = float(_probabilities(first_patients, p0)[: first_responses + 1].sum())
    return TwoStage(
        first_responses,
        first_patients,
        responses,
        patients,
        float(reject0[responses + 1 :].sum()),
        float(reject1[responses + 1 :].sum()),
        first_patients + (1 - stop) * (patients - first_patients),
        stop,
    )


def _feasible(p0: float, p1: float, alpha: float, power: float, largest: int) -> Iterator[TwoStage]:
    """Designs with the smallest r that holds alpha, if they have the power, in order of n.

    Once a design is found, larger ones are tried only if they expect fewer patients under p0.
    """
    under0 = [_probabilities(n, p0) for n in range(largest + 1)]
    under1 = [_probabilities(n, p1) for n in range(largest + 1)]
    fewest, smallest = float(np.inf), largest
    for n in range(2, largest + 1):
        for n1 in range(1, n):
            stopped = np.cumsum(under0[n1])
            stops = int(np.searchsorted(np.cumsum(under1[n1]), 1 - power, side="right"))
            for r1 in range(stops):
                stop = float(stopped[r1])
                if n > smallest and n1 + (1 - stop) * (n - n1) >= fewest:
                    continue
                design = _design(under0, under1, (r1, n1, n), alpha, stop)
                if design is not None and design.power >= power:
                    smallest, fewest = min(smallest, n), min(fewest, design.expected_patients)
                    yield design


def _design(
    under0: list[FloatArray],
    under1: list[FloatArray],
    form: tuple[int, int, int],
    alpha: float,
    stop: float,
) -> TwoStage | None:
    """The design of that form with the smallest r; None when every continuation must reject."""
    r1, n1, n = form
    total0 = _total(under0[n1], r1, under0[n - n1])
    tail0 = np.append(np.cumsum(total0[::-1])[::-1], 0.0)  # P(go on, at least s responses)
    r = int(np.argmax(tail0 <= alpha)) - 1
    if r < r1:
        return None
    power = float(_total(under1[n1], r1, under1[n - n1])[r + 1 :].sum())
    expected = n1 + (1 - stop) * (n - n1)
    return TwoStage(r1, n1, r, n, float(tail0[r + 1]), power, expected, stop)


def _total(first: FloatArray, r1: int, second: FloatArray) -> FloatArray:
    """P(stage 1 passed, total responses = s) for s = 0, ..., n."""
    passed = first.copy()
    passed[: r1 + 1] = 0.0
    return np.convolve(passed, second)


def _probabilities(n: int, p: float) -> FloatArray:
    """Binomial probabilities of 0, ..., n responses."""
    k = np.arange(n + 1)
    log_choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(np.exp(log_choose + k * np.log(p) + (n - k) * np.log1p(-p)))
