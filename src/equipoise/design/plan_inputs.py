# SPDX-License-Identifier: Apache-2.0
"""The protocol's design section as the rates, trials and spending functions of the mathematics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equipoise.design.array import FloatArray
from equipoise.design.classical_bounds import haybittle_peto_bounds, wang_tsiatis_bounds
from equipoise.design.piecewise import (
    Accrual,
    Course,
    Rate,
    add,
    constant,
    level_at,
    make_accrual,
    make_rate,
    patients_by,
    scale_accrual,
    times,
)
from equipoise.design.spending import (
    Spending,
    hwang_shih_decani_spending,
    kim_demets_spending,
    obrien_fleming_spending,
    pocock_spending,
    user_spending,
)
from equipoise.design.two_arms import Stratum, TwoArms
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import FixedTestDesign, Piece, Spend, SurvivalDesign


def spending_of(spend: Spend) -> Spending:
    """The spending function that a protocol names."""
    if spend.family == "lan-demets-obrien-fleming":
        return obrien_fleming_spending
    if spend.family == "lan-demets-pocock":
        return pocock_spending
    if spend.family == "points":
        return user_spending(spend.fractions, spend.shares)
    if spend.parameter is None:
        raise MethodError(
            Fault(
                what=f"spending family `{spend.family}` has no parameter",
                where="design",
                mend="give `parameter`",
            )
        )
    family = kim_demets_spending if spend.family == "kim-demets" else hwang_shih_decani_spending
    return family(spend.parameter)


def alpha_spent(spend: Spend, fraction: FloatArray, *, alpha: float) -> FloatArray:
    """Cumulative alpha (K,) at the looks: by spending, or what bounds of a classical shape use."""
    if spend.family == "wang-tsiatis" and spend.parameter is not None:
        return wang_tsiatis_bounds(fraction, alpha=alpha, shape=spend.parameter).alpha
    if spend.family == "haybittle-peto" and spend.parameter is not None:
        return haybittle_peto_bounds(fraction, alpha=alpha, interim_z=spend.parameter).alpha
    return spending_of(spend)(fraction, alpha)


def efficacy_spending(spend: Spend, fraction: FloatArray, *, alpha: float) -> Spending:
    """Alpha spending between the planned looks (K,): for a classical shape straight lines."""
    if spend.family not in ("wang-tsiatis", "haybittle-peto"):
        return spending_of(spend)
    spent = alpha_spent(spend, fraction, alpha=alpha)
    return user_spending(fraction, np.append(spent[:-1] / alpha, 1.0))


def hazard_of(pieces: Sequence[Piece]) -> Rate:
    """A hazard per month from medians of exponential pieces."""
    starts = [piece.from_month for piece in pieces]
    return make_rate(starts, [np.log(2) / piece.median_months for piece in pieces])


def monthly(probability: float) -> Rate:
    """The constant hazard with that probability of leaving within a month."""
    return constant(float(-np.log1p(-probability)))


def accrual_of(ends: Sequence[float], rates: Sequence[float], *, start: float) -> Accrual:
    """Accrual in pieces, nobody before `start`."""
    kept = [(end, rate) for end, rate in zip(ends, rates, strict=True) if end > start]
    if start > 0:
        kept.insert(0, (start, 0.0))
    return make_accrual([end for end, _ in kept], [rate for _, rate in kept])


def effect_on(control: Rate, starts: Sequence[float], ratios: Sequence[float]) -> Rate:
    """The control hazard times a hazard ratio that may change over time."""
    ratio = make_rate(starts, ratios)
    union = np.union1d(control.start, ratio.start)
    return make_rate(union, level_at(control, union) * level_at(ratio, union))


def trial_of(
    design: SurvivalDesign, *, share: float, starts: Sequence[float], ratios: Sequence[float]
) -> TwoArms:
    """The trial under a hazard ratio, with as many patients as the accrual section says."""
    control = hazard_of(design.control)
    loss = add(monthly(design.dropout_per_month), monthly(design.competing_per_month))
    ends = [piece.until_month for piece in design.accrual]
    rates = [piece.per_month for piece in design.accrual]
    total = float(patients_by(accrual_of(ends, rates, start=0.0), np.inf)[0])
    layers = [(s.share, s.hazard_factor, s.from_month) for s in design.strata] or [(1.0, 1.0, 0.0)]
    strata = []
    for part, factor, start in layers:
        accrual = accrual_of(ends, rates, start=start)
        scaled = scale_accrual(accrual, part * total / float(patients_by(accrual, np.inf)[0]))
        hazard = times(control, factor)
        treated = effect_on(hazard, starts, ratios)
        strata.append(Stratum(scaled, Course(hazard, loss), Course(treated, loss)))
    return TwoArms(tuple(strata), share)


def fixed_trial_of(design: FixedTestDesign, *, share: float) -> TwoArms:
    """The trial of a design that is read once, with the patients of its accrual section."""
    control, loss = hazard_of(design.control), monthly(design.dropout_per_month)
    treated = effect_on(
        control,
        [piece.from_month for piece in design.effect],
        [piece.hazard_ratio for piece in design.effect],
    )
    ends = [piece.until_month for piece in design.accrual]
    accrual = accrual_of(ends, [piece.per_month for piece in design.accrual], start=0.0)
    return TwoArms((Stratum(accrual, Course(control, loss), Course(treated, loss)),), share)


def stretch_accrual(trial: TwoArms, factor: float) -> TwoArms:
    """The same patients, entering over a calendar `factor` times as long."""
    strata = tuple(
        Stratum(
            Accrual(s.accrual.start * factor, s.accrual.end * factor, s.accrual.rate / factor),
            s.control,
            s.experimental,
        )
        for s in trial.strata
    )
    return TwoArms(strata, trial.share)
