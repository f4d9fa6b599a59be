# SPDX-License-Identifier: Apache-2.0
"""One arm, one stage, exact binomial: A'Hern's design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr

from equipoise.design.array import FloatArray, floats
from equipoise.errors import Fault, MethodError

LARGEST = 2000  # patients; a single-arm trial beyond this is another trial


@dataclass(frozen=True, slots=True)
class SingleStage:
    """`patients` n; reject p0 at `responses` or more; `alpha` and `power` attained."""

    patients: int
    responses: int
    alpha: float
    power: float


def exact_single_stage(*, p0: float, p1: float, alpha: float, power: float) -> SingleStage:
    """The smallest trial whose exact one-sided size and power are both as asked.

    Parameters    p0    : float - response rate not worth pursuing
                  p1    : float - response rate wished for
                  alpha : float - one-sided
    Returns       SingleStage
    Raises        MethodError - no trial of up to 2000 patients will do
    Notes         Power saws up and down in n: a larger trial may miss it; see `safe_single_stage`.
    Source: A'Hern (2001) Statistics in Medicine 20:859-866.
    Proof: tests/reference/test_design_oracle.py, kind `exact single-arm`
    """
    designs = _by_size(p0, p1, alpha)
    good = np.flatnonzero(designs.power >= power)
    if not len(good):
        raise _too_large(p0, p1, float(designs.power.max()))
    return _at(designs, int(good[0]))


def safe_single_stage(*, p0: float, p1: float, alpha: float, power: float) -> SingleStage:
    """The smallest trial from which on every larger one has the size and power too.

    Notes         protects the power when a few more patients enter than planned
    """
    designs = _by_size(p0, p1, alpha)
    bad = np.flatnonzero(designs.power < power)
    last = int(bad[-1]) if len(bad) else -1
    if last + 1 >= LARGEST:
        raise _too_large(p0, p1, float(designs.power.max()))
    return _at(designs, last + 1)


def single_stage_at(patients: int, *, p0: float, p1: float, alpha: float) -> SingleStage:
    """Critical value, size and power of a trial with that many patients."""
    n = np.array([patients])
    return _at(_attained(n, _critical(n, p0, alpha), p0, p1), 0)


@dataclass(frozen=True, slots=True)
class _Designs:
    """One design per n, (m,) arrays."""

    patients: npt.NDArray[np.int64]
    responses: npt.NDArray[np.int64]
    alpha: FloatArray
    power: FloatArray


def _by_size(p0: float, p1: float, alpha: float) -> _Designs:
    check_rates(p0, p1)
    n = np.arange(1, LARGEST + 1)
    return _attained(n, _critical(n, p0, alpha), p0, p1)


def _critical(n: npt.NDArray[np.int64], p0: float, alpha: float) -> npt.NDArray[np.int64]:
    """The smallest r (m,) with P(X >= r | p0) <= alpha: one more per patient, at most."""
    responses = np.zeros(len(n), dtype=np.int64)
    for i, size in enumerate(n):
        r = int(responses[i - 1]) if i and n[i - 1] == size - 1 else 0
        while at_least(r, int(size), p0) > alpha:
            r += 1
        responses[i] = r
    return responses


def _attained(
    n: npt.NDArray[np.int64], responses: npt.NDArray[np.int64], p0: float, p1: float
) -> _Designs:
    alpha = np.array([at_least(int(r), int(m), p0) for r, m in zip(responses, n, strict=True)])
    power = np.array([at_least(int(r), int(m), p1) for r, m in zip(responses, n, strict=True)])
    return _Designs(n, responses, alpha, power)


def _at(designs: _Designs, i: int) -> SingleStage:
    return SingleStage(
        int(designs.patients[i]),
        int(designs.responses[i]),
        float(designs.alpha[i]),
        float(designs.power[i]),
    )


def at_least(responses: int, patients: int, rate: float) -> float:
    """P(X >= responses), X binomial."""
    return 1.0 if responses <= 0 else float(1 - bdtr(responses - 1, patients, rate))


def check_rates(p0: float, p1: float) -> None:
    """Raises MethodError unless 0 < p0 < p1 < 1."""
    rates = floats([p0, p1])
    if not (0 < rates[0] < rates[1] < 1):
        raise MethodError(
            Fault(
                what=f"response rates {p0:g} and {p1:g} leave nothing to show",
                where="single-arm design",
                mend="give 0 < p0 < p1 < 1",
            )
        )


def _too_large(p0: float, p1: float, best: float) -> MethodError:
    return MethodError(
        Fault(
            what=f"no trial of up to {LARGEST} patients tells {p1:g} from {p0:g} with that power",
            where="single-arm design",
            mend=f"the highest power up to there is {best:.3f}: move p1 away from p0 or ask less",
        )
    )
