# SPDX-License-Identifier: Apache-2.0
"""The MaxCombo test: the largest of several weighted log-rank tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.design.array import FloatArray
from equipoise.design.normal_orthant import orthant_probability
from equipoise.design.root import find_root
from equipoise.design.two_arms import TwoArms, events_by, patients_in, scale_trial
from equipoise.design.weighted_logrank import logrank_moments


@dataclass(frozen=True, slots=True)
class MaxComboSize:
    """`critical` value of the largest Z, one-sided; `patients` and `events` needed."""

    critical: float
    patients: float
    events: float


def max_combo_critical(correlation: FloatArray, *, alpha: float) -> float:
    """The value that the largest of the Z exceeds with probability alpha under no effect."""
    none = np.zeros(len(correlation))
    return find_root(
        lambda c: 1 - orthant_probability(none + c, mean=none, correlation=correlation) - alpha,
        0.0,
        8.0,
        what="the critical value",
        tolerance=1e-9,
    )


def size_max_combo(
    trial: TwoArms,
    *,
    weights: Sequence[tuple[float, float]],
    month: float,
    alpha: float,
    power: float,
) -> MaxComboSize:
    """Patients for a MaxCombo test read at `month`.

    Parameters    weights : (rho, gamma) of each Fleming-Harrington test
                  alpha   : float - one-sided
    Notes         correlation as under the alternative; the calendar of accrual is kept
    Source: Lee (2007) Statistics in Medicine 26:1801-1820; Wang, Luo and Zheng (2021).
    Proof: tests/reference/test_design_oracle.py, id `gsd2_maxcombo`
    """
    moments = logrank_moments(trial, month=month, weights=weights)
    critical = max_combo_critical(moments.correlation, alpha=alpha)

    def short(root: float) -> float:
        below = orthant_probability(
            np.full(len(weights), critical),
            mean=root * moments.mean_z,
            correlation=moments.correlation,
        )
        return 1 - below - power

    high = 20 / max(float(moments.mean_z.max()), 1e-6)
    root = find_root(short, 0.0, high, what="the number of patients", tolerance=1e-10)
    sized = scale_trial(trial, root**2)
    return MaxComboSize(
        critical, float(patients_in(sized, month)[0]), float(events_by(sized, month)[0])
    )
