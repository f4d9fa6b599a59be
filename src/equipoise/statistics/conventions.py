# SPDX-License-Identifier: Apache-2.0
"""Named sets of method choices (sas94, r-survival, nest, spss, equipoise) and what they change."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import ArrayLike

from equipoise.statistics.binomial_test import binomial_test
from equipoise.statistics.cox import cox
from equipoise.statistics.kaplan_meier import KaplanMeier, kaplan_meier
from equipoise.statistics.landmark import Landmark, landmark
from equipoise.statistics.logrank import logrank
from equipoise.statistics.near_times import join_near_times
from equipoise.statistics.observations import Floats, as_times, check_choice
from equipoise.statistics.proportion import Proportion, clopper_pearson, wald_corrected
from equipoise.statistics.quantile import Quantile, normal_approximation_median, quantile
from equipoise.statistics.rounding import round_half_away, round_half_even

RESPONSE_INTERVALS = {"clopper_pearson": clopper_pearson, "wald_corrected": wald_corrected}
ROUNDINGS = {"half-away": round_half_away, "half-even": round_half_even}


@dataclass(frozen=True, slots=True)
class Convention:
    """Every choice a readout of survival and response needs; the file states the source."""

    name: str
    title: str
    source: str
    survival_conf_type: str
    plateau: str
    quartile_plateau: str
    beyond: str
    median_interval: str
    ties: str
    sides: int
    near_times: str
    response_interval: str
    exact_p: str
    rounding: str


@cache
def conventions() -> dict[str, Convention]:
    """All conventions by name, as stated in conventions.yaml."""
    text = (Path(__file__).parent / "conventions.yaml").read_text(encoding="utf-8")
    stated = yaml.load(text, Loader=yaml.CSafeLoader)
    return {name: Convention(name=name, **fields) for name, fields in stated.items()}


def convention(name: str) -> Convention:
    """The convention of that name; MethodError when there is none."""
    known = conventions()
    return known[check_choice("convention", name, tuple(known))]


def survival_curve(
    time: ArrayLike, event: ArrayLike, *, using: Convention, conf_level: float
) -> KaplanMeier:
    """Kaplan-Meier curve under a convention."""
    return kaplan_meier(
        prepared_times(time, using=using),
        event,
        conf_type=using.survival_conf_type,
        conf_level=conf_level,
    )


def prepared_times(time: ArrayLike, *, using: Convention) -> Floats:
    """Times with near-equal ones joined when the convention does so."""
    return join_near_times(time) if using.near_times == "join" else as_times(time)


def survival_quantile(km: KaplanMeier, p: float, *, using: Convention) -> Quantile:
    """Quantile under a convention; the normal-approximation interval is for the median only."""
    if using.median_interval == "normal-approximation" and p == 0.5:
        return normal_approximation_median(km)
    return quantile(km, p, plateau=using.plateau if p == 0.5 else using.quartile_plateau)


def survival_at(km: KaplanMeier, time: float, *, using: Convention) -> Landmark:
    """Survival at a time under a convention."""
    return landmark(km, time, beyond=using.beyond)


def response_interval(x: int, n: int, *, using: Convention, conf_level: float) -> Proportion:
    """Interval of a response rate under a convention."""
    return RESPONSE_INTERVALS[using.response_interval](x, n, conf_level=conf_level)


def exact_p(x: int, n: int, *, p0: float, using: Convention) -> float:
    """Two-sided exact p of a response rate under a convention."""
    found = binomial_test(x, n, p0=p0)
    return found.p_doubled if using.exact_p == "doubled" else found.p_two_sided


def rounded(value: float, decimals: int, *, using: Convention) -> Decimal:
    """`value` as the convention's software prints it with that many decimals."""
    return ROUNDINGS[using.rounding](value, decimals)


@dataclass(frozen=True, slots=True)
class Readout:
    """Numbers of one two-arm survival comparison; `resolved` holds every argument used."""

    convention: str
    resolved: dict[str, object]
    numbers: dict[str, float]


def survival_readout(
    time: ArrayLike,
    event: ArrayLike,
    in_experimental: ArrayLike,
    *,
    using: Convention,
    conf_level: float,
    landmarks: tuple[float, ...],
    stratum: ArrayLike | None = None,
) -> Readout:
    """Quartiles, landmarks, log-rank and hazard ratio of two arms under one convention.

    in_experimental (n,) 1 for the experimental arm; NaN stands for any number that is not OK.
    """
    times, died = prepared_times(time, using=using), np.asarray(event)
    arm = np.asarray(in_experimental).astype(int)
    numbers: dict[str, float] = {}
    for label, code in (("control", 0), ("experimental", 1)):
        km = survival_curve(times[arm == code], died[arm == code], using=using,
                            conf_level=conf_level)  # fmt: skip
        for p in (0.25, 0.5, 0.75):
            part = survival_quantile(km, p, using=using)
            numbers |= _named(f"{label} quantile {p:g}", part.estimate, part.lower, part.upper)
        for t in landmarks:
            at = survival_at(km, t, using=using)
            numbers |= _named(f"{label} survival at {t:g}", at.survival, at.lower, at.upper)
    test = logrank(times, died, arm, stratum=stratum)
    fit = cox(times, died, arm, ties=using.ties, conf_level=conf_level, stratum=stratum)
    numbers["log-rank p"] = test.p
    hazard = (float(value[0]) for value in (fit.hr, fit.lower, fit.upper))
    numbers |= _named("hazard ratio", *hazard)
    resolved = {**asdict(using), "conf_level": conf_level, "landmarks": landmarks}
    return Readout(using.name, resolved, numbers)


def _named(name: str, estimate: float, lower: float, upper: float) -> dict[str, float]:
    return {name: estimate, f"{name}, lower": lower, f"{name}, upper": upper}


@dataclass(frozen=True, slots=True)
class DifferentNumber:
    """One number two conventions give differently for the same data."""

    name: str
    first: float
    second: float


def different_numbers(first: Readout, second: Readout) -> tuple[DifferentNumber, ...]:
    """The numbers that differ by more than rounding; missing differs from any number."""
    out = []
    for name, value in first.numbers.items():
        other = second.numbers[name]
        both_missing = math.isnan(value) and math.isnan(other)
        if not both_missing and not math.isclose(value, other, rel_tol=1e-12, abs_tol=1e-12):
            out.append(DifferentNumber(name, value, other))
    return tuple(out)
