# SPDX-License-Identifier: Apache-2.0
"""How many events a log-rank test needs, by the three classical formulas, and its power."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.errors import Fault, MethodError


def schoenfeld_events(
    hazard_ratio: float, *, alpha: float, power: float, share: float, null_ratio: float = 1.0
) -> float:
    """Events for a log-rank test of proportional hazards.

    Parameters    hazard_ratio : float - experimental over control under the alternative
                  alpha        : float - one-sided
                  share        : float - share q of the patients in the experimental arm
                  null_ratio   : float - hazard ratio under the null hypothesis; above 1 is the
                                 margin of a non-inferiority trial
    Returns       float - events, not rounded
    Raises        MethodError - no effect to detect, or power not above alpha
    Notes         (z_alpha + z_beta)^2 / (q (1 - q) (ln HR - ln HR0)^2)
    Source: Schoenfeld (1981) Biometrika 68:316-319; unnumbered, after eq. 3.
    Proof: tests/reference/test_design_oracle.py, kind `events`
    """
    effect = _effect(hazard_ratio, null_ratio)
    _check_power(alpha, power)
    return float((-ndtri(alpha) + ndtri(power)) ** 2 / (share * (1 - share) * effect**2))


def freedman_events(hazard_ratio: float, *, alpha: float, power: float, ratio: float) -> float:
    """Events by Freedman's formula, which takes the numbers at risk to stay in ratio r : 1.

    Parameters    ratio : float - r, experimental patients per control patient
    Notes         (z_alpha + z_beta)^2 (1 + r HR)^2 / (r (1 - HR)^2)
    Source: Freedman (1982) Statistics in Medicine 1:121-129, eq. 3, for unequal arms.
    """
    _effect(hazard_ratio, 1.0)
    _check_power(alpha, power)
    z = -ndtri(alpha) + ndtri(power)
    return float(z**2 * (1 + ratio * hazard_ratio) ** 2 / (ratio * (1 - hazard_ratio) ** 2))


def lachin_foulkes_size(
    hazard_ratio: float,
    *,
    alpha: float,
    power: float,
    null_events: tuple[float, float],
    events: tuple[float, float],
    null_ratio: float = 1.0,
) -> float:
    """How many times the accrual given is needed, with the variance under either hypothesis.

    Parameters    null_events : events (control, experimental) that this accrual brings when the
                                hazard ratio is `null_ratio` and the arms' average hazard is that
                                of the alternative
                  events      : the same under the alternative
    Returns       float - factor on the accrual; times sum(events) gives the events needed
    Notes         (z_alpha sqrt(1/C0 + 1/E0) + z_beta sqrt(1/C + 1/E))^2 / (ln HR - ln HR0)^2
    Source: Lachin and Foulkes (1986) Biometrics 42:507-519, eq. 2.1 and 3.1.
    Proof: tests/reference/test_design_oracle.py, id `gssurv_k3`
    """
    effect = _effect(hazard_ratio, null_ratio)
    _check_power(alpha, power)
    null_sd = np.sqrt(sum(1 / x for x in null_events))
    sd = np.sqrt(sum(1 / x for x in events))
    return float(((-ndtri(alpha) * null_sd + ndtri(power) * sd) / effect) ** 2)


def average_hazard_factor(hazard_ratio: float, *, ratio: float, null_ratio: float) -> float:
    """Factor on the control hazard that keeps the average hazard of both arms under the null.

    Notes         (1 + r HR) / (1 + r HR0)
    """
    return (1 + ratio * hazard_ratio) / (1 + ratio * null_ratio)


def power_at_events(
    events: float, hazard_ratio: float, *, alpha: float, share: float, null_ratio: float = 1.0
) -> float:
    """Power of the log-rank test at a number of events, by Schoenfeld's formula."""
    effect = np.log(null_ratio) - np.log(hazard_ratio)
    return float(ndtr(effect * np.sqrt(share * (1 - share) * events) + ndtri(alpha)))


def detectable_hazard_ratio(
    events: float, *, alpha: float, power: float, share: float, null_ratio: float = 1.0
) -> float:
    """The hazard ratio that this many events detect with that power."""
    _check_power(alpha, power)
    z = -ndtri(alpha) + ndtri(power)
    return float(null_ratio * np.exp(-z / np.sqrt(share * (1 - share) * events)))


def _effect(hazard_ratio: float, null_ratio: float) -> float:
    if not 0 < hazard_ratio < null_ratio:
        raise MethodError(
            Fault(
                what=f"a hazard ratio of {hazard_ratio:g} is no improvement on {null_ratio:g}",
                where="effect to detect",
                mend=f"assume a hazard ratio between 0 and {null_ratio:g}, "
                "or raise the margin of a non-inferiority trial",
            )
        )
    return float(np.log(null_ratio) - np.log(hazard_ratio))


def _check_power(alpha: float, power: float) -> None:
    if not (0 < alpha < 0.5 and alpha < power < 1):
        raise MethodError(
            Fault(
                what=f"a power of {power:g} at one-sided alpha {alpha:g} is impossible",
                where="error rates",
                mend="alpha lies between 0 and 0.5, power between alpha and 1",
            )
        )
