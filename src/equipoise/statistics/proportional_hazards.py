# SPDX-License-Identifier: Apache-2.0
"""Test of proportional hazards: a score test for a coefficient that moves with time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from equipoise.statistics.cox import CoxFit
from equipoise.statistics.cox_residuals import schoenfeld_rows
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.normal import ChiSquare, chi_square
from equipoise.statistics.observations import Flags, Floats, Ints, check_choice, fail
from equipoise.statistics.weighted_logrank import survival_before

TIME_TRANSFORMS = ("km", "identity", "log", "rank")


@dataclass(frozen=True, slots=True)
class ProportionalHazards:
    """One test per covariate and the global one; a small p speaks against proportional hazards."""

    transform: str
    terms: tuple[ChiSquare, ...]
    overall: ChiSquare


@njit(cache=True, nogil=True)
def _moving_information(
    time: Floats, event: Flags, x: Floats, weight: Floats, entry: Floats, by_entry: Ints,
    offsets: Ints, risk: Floats, moving: Floats, efron: bool,
) -> tuple[Floats, Floats, Floats]:  # pragma: no cover - compiled # fmt: skip
    """Sums of V, g V and g^2 V over event times; moving (n,) is g at each row's time."""
    p = x.shape[1]
    still, first, second = np.zeros((p, p)), np.zeros((p, p)), np.zeros((p, p))
    for segment in range(offsets.size - 1):
        start, i = offsets[segment], offsets[segment + 1] - 1
        leave = i
        s0, s1, s2 = 0.0, np.zeros(p), np.zeros((p, p))
        while i >= start:
            now, d, dw, d0 = time[i], 0, 0.0, 0.0
            d1, d2 = np.zeros(p), np.zeros((p, p))
            g = moving[i]
            while i >= start and time[i] == now:
                r = weight[i] * risk[i]
                outer = r * np.outer(x[i], x[i])
                s0 += r
                s1 += r * x[i]
                s2 += outer
                if event[i]:
                    d += 1
                    dw += weight[i]
                    if efron:
                        d0 += r
                        d1 += r * x[i]
                        d2 += outer
                i -= 1
            if d == 0:
                continue
            while entry.size > 0 and leave >= start and entry[by_entry[leave]] >= now:
                j = by_entry[leave]
                r = weight[j] * risk[j]
                s0 -= r
                s1 -= r * x[j]
                s2 -= r * np.outer(x[j], x[j])
                leave -= 1
            steps = d if efron else 1
            for k in range(steps):
                f = k / d
                mean = (s1 - f * d1) / (s0 - f * d0)
                v = (dw / steps) * ((s2 - f * d2) / (s0 - f * d0) - np.outer(mean, mean))
                still += v
                first += g * v
                second += g * g * v
    return still, first, second


def proportional_hazards_test(fit: CoxFit, *, transform: str) -> ProportionalHazards:
    """Score test of adding x g(t) to the fitted model.

    Parameters    fit : CoxFit; transform : g, one of km (1 - S(t-) of all
                  rows), identity, log, rank (of all times, ties averaged)
    Returns       ProportionalHazards
    Raises        MethodError - unknown transform, a coefficient not determined, or one event time
    Notes         With u = sum g (x - mean) at the maximum, I11 = sum V, I12 = sum g V and
                  I22 = sum g^2 V: chi2 = u' (I22 - I12' I11^-1 I12)^-1 u, per term with its own
                  element of u and row of the matrices. Exact ties use the Breslow sums at the
                  exact coefficient, as R does.
    Source: Grambsch & Therneau, Biometrika 1994;81:515-526; the exact score form replaces their
            average variance, as in R survival since version 3.0.
    """
    check_choice("transform", transform, TIME_TRANSFORMS)
    if not bool(np.isfinite(fit.result.se).all()):
        raise fail(
            "the model has a coefficient that is not determined.",
            "argument fit",
            "leave that covariate out before testing proportional hazards.",
        )
    if np.unique(fit.rows.time[fit.rows.event.astype(bool)]).size < 2:
        raise fail(
            "all events fall at one time: no hazard can change with time.",
            f"{fit.result.n_event} events",
            "report the test as not estimable.",
        )
    rows = fit.rows
    moving = _moving(fit, transform)
    weight = rows.weight if rows.weight.size else np.ones(rows.time.size)
    still, first, second = _moving_information(
        rows.time, rows.event, np.ascontiguousarray(rows.x), weight,
        rows.entry, rows.by_entry, rows.offsets,
        np.exp(rows.x @ fit.beta), moving, rows.ties == "efron",
    )  # fmt: skip
    died = rows.event.astype(bool)
    residual = schoenfeld_rows(rows, fit.beta).residual * weight[died][:, None]
    u = moving[died] @ residual
    p = u.size
    terms = []
    for j in range(p):
        left = float(second[j, j] - first[:, j] @ np.linalg.solve(still, first[:, j]))
        terms.append(chi_square(float(u[j]) ** 2 / left, 1))
    left_all = second - first @ np.linalg.solve(still, first)
    overall = chi_square(float(u @ np.linalg.solve(left_all, u)), p)
    return ProportionalHazards(transform, tuple(terms), overall)


def _moving(fit: CoxFit, transform: str) -> Floats:
    rows = fit.rows
    died = rows.event.astype(bool)
    if transform == "identity":
        moving = rows.time.copy()
    elif transform == "log":
        moving = np.log(np.where(rows.time > 0, rows.time, 1.0))
        if bool((rows.time[died] <= 0).any()):
            raise fail("log of an event at time 0.", "argument transform", "use km or rank.")
    elif transform == "rank":
        ordered = np.sort(rows.time)
        low = np.searchsorted(ordered, rows.time, side="left")
        high = np.searchsorted(ordered, rows.time, side="right")
        moving = 0.5 * (low + high + 1.0)
    else:
        entry = rows.entry if rows.entry.size else None
        km = kaplan_meier(rows.time, rows.event, conf_type="plain", conf_level=0.95, entry=entry)
        before = survival_before(km.n_risk, km.n_event)
        moving = 1.0 - before[np.searchsorted(km.time, rows.time)]
    centred: Floats = moving - moving[died].mean()
    return centred
