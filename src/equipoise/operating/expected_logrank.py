# SPDX-License-Identifier: Apache-2.0
"""The law of the stratified log-rank Z of an event-time trial, without drawing a patient.

The usual formulas take the patients at risk as many. In small strata they are few: an event among
y patients at risk carries (y - 1) / y of the information it would carry among many. Here every
expectation is over the binomial numbers at risk of either arm, so nothing is lost at any size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.operating.logrank_moments import Moments, moments_of_scans, moments_of_times
from equipoise.operating.plan import Floats, Plan, make_plan
from equipoise.operating.trial import EventTimeTrial, Looks

CELLS = 300
"""Cells of time in which a trial without scans is followed."""


@dataclass(frozen=True, slots=True)
class ZLaw:
    """Mean and standard deviation of Z, positive where the experimental arm has fewer events."""

    mean: float
    sd: float

    def rejects(self, *, level: float) -> float:
        """Probability that Z exceeds the one-sided normal bound, Z taken as normal."""
        return float(ndtr(-(ndtri(1 - level) - self.mean) / self.sd))


def logrank_law(trial: EventTimeTrial, *, month: float) -> ZLaw:
    """Mean and sd of the stratified log-rank Z of `trial` read at calendar `month`.

    Parameters    month : float - months after the first possible entry, fixed beforehand
    Notes         U = sum (Y1 D0 - Y0 D1) / Y and V = sum Y0 Y1 D (Y - D) / (Y^2 (Y - 1)) have
                  exact means and central moments up to the third order, added over the strata;
                  Z = U / sqrt(V) is expanded in V about its mean:
                  E Z = m (1 + 3/8 vv - 5/16 vvv + 105/128 vv^2) - uv/2 + 3/8 uvv - 15/16 uv vv,
                  E Z^2 = m^2 (1 + vv - vvv + 3 vv^2) + 2 m (-uv + uvv - 3 uv vv)
                        + uu (1 + vv) - uuv + 2 uv^2
                  with m = E U / sqrt(E V), u and v the deviations over sqrt(E V) and E V.
    Source: the limit of large strata is that of Yung and Liu (2020) Biometrics 76:939-950.
    Proof: tests/reference/test_expected_logrank.py
    """
    plan = make_plan(trial, looks=Looks(events=(1,)))
    first, *others = (_moments(plan, s, month) for s in range(len(plan.size)))
    total = sum(others, start=first)
    root = math.sqrt(total.V)
    m = total.U / root
    uu, uv, vv = total.UU / root**2, total.UV / root**3, total.VV / root**4
    uuv, uvv, vvv = total.UUV / root**4, total.UVV / root**5, total.VVV / root**6
    mean = m * (1 + 3 / 8 * vv - 5 / 16 * vvv + 105 / 128 * vv**2)
    mean += -uv / 2 + 3 / 8 * uvv - 15 / 16 * uv * vv
    square = m**2 * (1 + vv - vvv + 3 * vv**2) + 2 * m * (-uv + uvv - 3 * uv * vv)
    square += uu * (1 + vv) - uuv + 2 * uv**2
    return ZLaw(mean, math.sqrt(square - mean**2))


def _moments(plan: Plan, stratum: int, month: float) -> Moments:
    size = int(plan.size[stratum, 0]), int(plan.size[stratum, 1])
    hazard, cured = plan.hazard[stratum], plan.cured[stratum]
    edges = _scan_months(plan, month) if plan.scans.size else np.linspace(0.0, month, CELLS + 1)[1:]
    alive = np.array([_survival(*arm, edges) for arm in zip(hazard, cured, strict=True)])
    before = np.insert(alive, 0, 1.0, axis=1)[:, :-1]
    seen = edges if plan.scans.size else edges - month / CELLS / 2
    followed = _height(plan.accrual, month - seen) * np.exp(
        -np.outer(1 / plan.dropout[stratum], seen)
    )
    if plan.scans.size:
        return moments_of_scans(size, followed=followed, event=1 - alive / before)
    return moments_of_times(size, followed=followed, hazard=np.log(before / alive))


def _scan_months(plan: Plan, month: float) -> Floats:
    """Months since entry of the scans that some patient can have had by `month`."""
    return np.concatenate(
        [
            first + step * np.arange(1, int(min(number, (month - first) / step)) + 1)
            for first, step, number in plan.scans.T
            if first < month
        ]
    )


def _height(pieces: Floats, x: Floats) -> Floats:
    """The rising function of straight pieces at `x`; pieces of no width only fill the table."""
    _, inverse_slope, widths = pieces[:, pieces[2] > 0]
    starts = np.concatenate([[0.0], np.cumsum(widths)[:-1]])
    return np.asarray((np.clip(x[:, None] - starts, 0.0, widths) / inverse_slope).sum(axis=1))


def _survival(pieces: Floats, cured: float, time: Floats) -> Floats:
    return np.asarray(cured + (1 - cured) * np.exp(-_height(pieces, time)))
