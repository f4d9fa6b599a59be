# SPDX-License-Identifier: Apache-2.0
"""Mean and variance of weighted log-rank tests under any hazards, and average hazard ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from equipoise.design.array import FloatArray
from equipoise.design.at_risk import AtRisk, at_risk
from equipoise.design.two_arms import TwoArms


@dataclass(frozen=True, slots=True)
class LogrankMoments:
    """Stratified weighted log-rank tests at one month, (m,) tests.

    `score` (m,) expected sum of w (expected - observed) events of the experimental arm, positive in
    its favour; `variance` (m, m) of the scores; `mean_z` (m,) and `correlation` (m, m) of Z.
    """

    score: FloatArray
    variance: FloatArray
    mean_z: FloatArray
    correlation: FloatArray


def logrank_moments(
    trial: TwoArms, *, month: float, weights: Sequence[tuple[float, float]] = ((0.0, 0.0),)
) -> LogrankMoments:
    """Moments of Fleming-Harrington tests of a trial read at `month`.

    Parameters    weights : (rho, gamma) of each test; (0, 0) is the log-rank test
    Returns       LogrankMoments - variances under the alternative, from the hypergeometric form
    Notes         U = int w Y0 Y1 / Y (h0 - h1) ds,  V_ij = int w_i w_j Y0 Y1 / Y^2 (Y0 h0 + Y1 h1);
                  w = S^rho (1 - S)^gamma with S the arms' survival in the proportion randomised.
    Source: Fleming and Harrington (1991) section 7.2; Yung and Liu (2020) Biometrics 76:939-950.
    Proof: tests/reference/test_design_oracle.py, ids `lrstat_lrpower_...`, `gsd2_maxcombo`
    """
    tests = len(weights)
    score, variance = np.zeros(tests), np.zeros((tests, tests))
    for stratum in trial.strata:
        seen = at_risk(stratum, share=trial.share, month=month)
        w = np.array([_weight(seen, trial.share, rho, gamma) for rho, gamma in weights])
        both = seen.control * seen.experimental
        total = np.maximum(seen.control + seen.experimental, 1e-300)
        events = seen.control * seen.control_hazard + seen.experimental * seen.experimental_hazard
        apart = both / total * (seen.control_hazard - seen.experimental_hazard)
        score += w @ (apart * seen.weight)
        variance += (w * (both / total**2 * events * seen.weight)) @ w.T
    sd = np.sqrt(np.diag(variance))
    return LogrankMoments(score, variance, score / sd, variance / np.outer(sd, sd))


def _weight(seen: AtRisk, share: float, rho: float, gamma: float) -> FloatArray:
    pooled = (1 - share) * seen.survival_control + share * seen.survival_experimental
    return np.asarray(pooled**rho * (1 - pooled) ** gamma)


def average_hazard_ratio(trial: TwoArms, *, month: float) -> float:
    """The hazard ratio averaged over the events expected by `month`, on the log scale.

    Notes         exp(sum d ln HR / sum d), d the expected events of both arms
    Source: Mukhopadhyay et al. (2020) Statistics in Biopharmaceutical Research 12:504-519, eq. 3.
    Proof: tests/reference/test_design_oracle.py, id `gsd2_gs_design_ahr`
    """
    top, bottom = 0.0, 0.0
    for stratum in trial.strata:
        seen = at_risk(stratum, share=trial.share, month=month)
        events = seen.control * seen.control_hazard + seen.experimental * seen.experimental_hazard
        log_ratio = np.log(seen.experimental_hazard / seen.control_hazard)
        top += float((events * log_ratio) @ seen.weight)
        bottom += float(events @ seen.weight)
    return float(np.exp(top / bottom))


def period_information(trial: TwoArms, *, month: float) -> float:
    """Information on the log hazard ratio by `month`, under the alternative.

    Notes         sum over strata and periods of constant hazard of 1 / (1/d0 + 1/d1), d0 and d1 the
                  events of either arm; a quarter of all events where the arms have as many
    Source: Mukhopadhyay et al. (2020), the inverse variance of the piecewise exponential estimate.
    """
    total = 0.0
    for stratum in trial.strata:
        seen = at_risk(stratum, share=trial.share, month=month)
        starts = np.union1d(stratum.control.event.start, stratum.experimental.event.start)
        period = np.searchsorted(starts, seen.time, side="right") - 1
        control, experimental = (
            np.bincount(period, weights=y * h * seen.weight, minlength=len(starts))
            for y, h in (
                (seen.control, seen.control_hazard),
                (seen.experimental, seen.experimental_hazard),
            )
        )
        both = control + experimental
        some = both > 0
        total += float((control[some] * experimental[some] / both[some]).sum())
    return total
