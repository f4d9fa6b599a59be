# SPDX-License-Identifier: Apache-2.0
"""Plans that learn on the way: several arms, combined stages, predicted success, more events."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import betainc, ndtr

from equipoise.design.boundaries import fixed_drift
from equipoise.design.classical_bounds import wang_tsiatis_bounds
from equipoise.design.combination import fisher_rule
from equipoise.design.many_arms import (
    ManyArmBounds,
    dunnett_critical,
    many_arm_bounds,
    many_arm_power,
)
from equipoise.design.plan_survival import SurvivalOutline
from equipoise.design.predictive_single_arm import predictive_design, predictive_operating
from equipoise.design.reestimation import ZoneRule, reestimate_events
from equipoise.design.root import find_root
from equipoise.design.trial_plan import TrialPlan, summary_table
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import (
    BayesianResponseDesign,
    CombinationDesign,
    MultiArmDesign,
    SurvivalDesign,
)

_RATES = np.round(np.linspace(0.0, 1.0, 101)[1:-1], 2)
_SEEN = np.round(np.linspace(0.5, 1.0, 21), 3)  # hazard ratios an interim look may show


def plan_bayesian_response(design: BayesianResponseDesign, *, label: str) -> TrialPlan:
    """One arm that stops when success has become improbable; exact operating characteristics."""
    looks = predictive_looks(design)
    rule = predictive_design(
        p0=design.p0,
        prior=design.prior,
        looks=looks,
        posterior_cut=design.posterior_cut,
        futility_cut=design.futility_cut,
    )
    at_p0, at_p1 = (predictive_operating(rule, rate=p) for p in (design.p0, design.p1))
    if at_p0.success > design.alpha or at_p1.success < design.power:
        raise _missed(design, at_p0.success, at_p1.success)
    rates = [predictive_operating(rule, rate=float(p)) for p in _RATES]
    tables = {
        "SUMMARY": summary_table(
            [
                ("endpoint", design.endpoint, "given"),
                ("patients at most", str(design.patients), "given"),
                ("responses for success", str(rule.responses), "computed"),
                ("one-sided size", f"{at_p0.success:.5f}", "computed"),
                ("power", f"{at_p1.success:.5f}", "computed"),
                ("chance to stop early under p0", f"{at_p0.early_stop:.4f}", "computed"),
                ("patients expected under p0", f"{at_p0.expected_patients:.2f}", "computed"),
            ]
        ),
        "STAGES": pl.DataFrame(
            {"patients": rule.looks, "go_on_from": [*rule.stop_at[:-1] + 1, rule.responses]}
        ),
        "RATES": pl.DataFrame(
            {
                "rate": _RATES,
                "success": [one.success for one in rates],
                "early_stop": [one.early_stop for one in rates],
                "expected_patients": [one.expected_patients for one in rates],
            }
        ),
    }
    words = (
        f"{label}: a rate of {100 * design.p0:g}% is not worth pursuing, {100 * design.p1:g}% is. "
        f"With a Beta({design.prior[0]:g}, {design.prior[1]:g}) prior, up to {design.patients} "
        f"patients enter; from patient {design.first_look} on the trial stops when the predictive "
        f"probability of success falls below {design.futility_cut:g}. {rule.responses} responses "
        f"or more among {design.patients}, where the posterior probability of a rate above "
        f"{100 * design.p0:g}% exceeds {design.posterior_cut:g}, show activity (size "
        f"{at_p0.success:.4f}, power {at_p1.success:.4f})."
    )
    return TrialPlan(design.kind, tables, words)


def predictive_looks(design: BayesianResponseDesign, patients: int | None = None) -> list[int]:
    """Patients at each look, the last the maximum."""
    most = patients or design.patients
    return [*range(design.first_look, most, design.every), most]


def _missed(design: BayesianResponseDesign, size: float, power: float) -> MethodError:
    """The rule misses its goals: what it has, and the nearest rule that meets them."""
    nearest = _nearest_rule(design)
    mend = (
        f"plan {nearest[0]} patients with posterior_cut {nearest[1]:.4f}"
        if nearest
        else "plan many more patients, or ask for a smaller difference of p1 and p0"
    )
    return MethodError(
        Fault(
            what=f"this rule has size {size:.4f} and power {power:.4f}, "
            f"{design.alpha:g} and {design.power:g} are asked for",
            where="design",
            mend=mend,
        )
    )


def _nearest_rule(design: BayesianResponseDesign) -> tuple[int, float] | None:
    """The fewest patients, at least those planned, and the posterior cut that meet the goals."""
    for patients in range(design.patients, 2 * design.patients + 50):
        x = np.arange(patients + 1)
        certain = 1 - betainc(design.prior[0] + x, design.prior[1] + patients - x, design.p0)
        for cut in np.round(certain[(certain > 0.5) & (certain < 0.9999)] - 1e-4, 4):
            rule = predictive_design(
                p0=design.p0,
                prior=design.prior,
                looks=predictive_looks(design, patients),
                posterior_cut=float(cut),
                futility_cut=design.futility_cut,
            )
            if predictive_operating(rule, rate=design.p0).success <= design.alpha:
                if predictive_operating(rule, rate=design.p1).success >= design.power:
                    return patients, float(cut)
                break
    return None


def plan_many_arms(design: MultiArmDesign, *, label: str, arms: int, ratio: float) -> TrialPlan:
    """Bounds that keep the family-wise error, and the events one comparison needs.

    Parameters    arms  : int - experimental arms; ratio : their patients per control patient
    """
    bounds = many_arm_bounds(
        design.looks, arms=arms, alpha=design.alpha, shape=design.shape, ratio=ratio
    )
    drift = _drift_of_one_arm(bounds, design, arms, ratio)
    share = ratio / (1 + ratio)
    effect = -np.log(design.hazard_ratio)
    events = int(np.ceil(drift**2 / (share * (1 - share) * effect**2) - 1e-6))
    counts = [round(fraction * events) for fraction in design.looks]
    at = np.sqrt(share * (1 - share) * np.array(counts))
    tables = {
        "SUMMARY": summary_table(
            [
                ("endpoint", design.endpoint, "given"),
                ("one-sided alpha, all arms", f"{design.alpha:g}", "given"),
                ("power, one arm effective", f"{design.power:g}", "given"),
                ("hazard ratio of that arm", f"{design.hazard_ratio:g}", "given"),
                ("experimental arms", str(arms), "given"),
                ("events per comparison", str(events), "solved"),
                (
                    "Dunnett's single-look bound, Z",
                    f"{dunnett_critical(arms=arms, alpha=design.alpha, ratio=ratio):.4f}",
                    "computed",
                ),
            ]
        ),
        "STAGES": pl.DataFrame(
            {
                "look": np.arange(1, len(counts) + 1),
                "events_per_comparison": counts,
                "efficacy_z": bounds.upper,
                "efficacy_hr": np.exp(-bounds.upper / at),
            }
        ),
    }
    words = (
        f"{label} in {arms} experimental arms is compared with one control at {len(counts)} "
        f"{'looks' if len(counts) > 1 else 'look'}, each comparison by the log-rank test. The "
        f"bounds, Z {', '.join(f'{z:.3f}' for z in bounds.upper)}, keep the one-sided family-wise "
        f"error at {design.alpha:g} whatever arm goes on. With {events} events in a comparison the "
        f"trial finds an effect with probability {design.power:g} where one arm has a hazard ratio "
        f"of {design.hazard_ratio:g} and the others have none."
    )
    return TrialPlan(design.kind, tables, words)


def _drift_of_one_arm(
    bounds: ManyArmBounds, design: MultiArmDesign, arms: int, ratio: float
) -> float:
    """E(Z) at the end of the one effective arm, so that something is found with the power."""

    def short(drift: float) -> float:
        drifts = [drift, *[0.0] * (arms - 1)]
        return many_arm_power(bounds, drifts=drifts, ratio=ratio) - design.power

    low = fixed_drift(design.alpha, design.power) / 3
    return find_root(short, low, 12.0, what="the drift with this power", tolerance=1e-8)


def plan_combination(design: CombinationDesign, *, label: str) -> TrialPlan:
    """The rule that joins two stages; how large the second is may be decided after the first."""
    if design.kind == "fisher-combination":
        rule = fisher_rule(alpha=design.alpha, alpha0=design.futility_p)
        first, last = rule.alpha1, f"the product of both is at most {rule.product:.6f}"
        second = {"statistic": "p1 p2", "critical": rule.product}
    else:
        assert design.shape is not None  # the check of the protocol asks for it
        share = design.first_share
        upper = wang_tsiatis_bounds([share, 1.0], alpha=design.alpha, shape=design.shape).upper
        first = float(ndtr(-upper[0]))
        last = f"the combined Z, with weights {share:g} and {1 - share:g}, reaches {upper[1]:.4f}"
        second = {"statistic": "combined Z", "critical": float(upper[1])}
    stages = pl.DataFrame(
        {
            "stage": [1, 2],
            "statistic": ["p1", second["statistic"]],
            "critical": [first, second["critical"]],
            "stop_for_futility_above_p": [
                design.futility_p if design.futility_p < 1 else None,
                None,
            ],
        },
        schema_overrides={"stop_for_futility_above_p": pl.Float64},
    )
    summary = summary_table(
        [
            ("endpoint", design.endpoint, "given"),
            ("one-sided alpha", f"{design.alpha:g}", "given"),
            ("first stage, one-sided p", f"{first:.6f}", "computed"),
            (f"second stage, {second['statistic']}", f"{second['critical']:.6f}", "computed"),
        ]
    )
    futile = (
        f" and stops for futility when it exceeds {design.futility_p:g}"
        if design.futility_p < 1
        else ""
    )
    words = (
        f"{label} is tested in two stages joined by their p-values. The first shows efficacy when "
        f"its one-sided p-value is at most {first:.6f}{futile}; the second when {last}. "
        f"Patients, events or arms of the second stage may be changed after the first is seen: the "
        f"one-sided error stays {design.alpha:g}."
    )
    return TrialPlan(design.kind, {"SUMMARY": summary, "STAGES": stages}, words)


def reestimation_table(design: SurvivalDesign, plan: SurvivalOutline) -> pl.DataFrame:
    """REESTIMATION: what an interim hazard ratio would make of the events.

    Raises        MethodError - the most events allowed are fewer than those planned
    """
    rule = design.reestimation
    if rule is None:
        return pl.DataFrame()
    seen, planned = (float(count) for count in plan.events)
    if rule.most_events < planned:
        raise MethodError(
            Fault(
                what=f"at most {rule.most_events} events, and {planned:.0f} are planned",
                where="design.reestimation.most_events",
                mend=f"allow {planned:.0f} events or more",
            )
        )
    zone = ZoneRule(low=rule.low, target=rule.target, most=float(rule.most_events))
    root = np.sqrt(plan.trial.share * (1 - plan.trial.share) * seen)
    rows = []
    for ratio in _SEEN[_SEEN < 1] * design.margin:
        z = float(-np.log(ratio / design.margin) * root)
        done = reestimate_events(
            z, seen=seen, planned=planned, rule=zone, final_z=float(plan.bounds.upper[-1])
        )
        rows.append(
            {
                "hazard_ratio": float(ratio),
                "z": z,
                "zone": done.zone if z < plan.bounds.upper[0] else "efficacy shown",
                "conditional_power": done.conditional_power,
                "events": int(np.ceil(done.events - 1e-6)),
                "new_power": done.new_power,
                "final_z": done.final_z,
            }
        )
    return pl.DataFrame(rows)
