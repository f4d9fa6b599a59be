# SPDX-License-Identifier: Apache-2.0
"""What the design oracle asks of events, patients and calendars, computed by ours."""

import re

import numpy as np
from tests.reference.design_bound_records import spending_named

from equipoise.design.boundaries import (
    efficacy_bounds,
)
from equipoise.design.delayed_effect_plan import power_of_delayed_effect, size_delayed_effect
from equipoise.design.events_needed import schoenfeld_events
from equipoise.design.fixed_time_tests import (
    milestone_difference,
    power_of_difference,
    size_for_difference,
)
from equipoise.design.futility import nonbinding_futility_bounds
from equipoise.design.max_combo import size_max_combo
from equipoise.design.piecewise import (
    Course,
    constant,
    from_median,
    make_accrual,
    make_rate,
    scale_accrual,
    times,
)
from equipoise.design.simon import simon_two_stage
from equipoise.design.single_arm import exact_single_stage
from equipoise.design.spending import (
    obrien_fleming_spending,
)
from equipoise.design.survival_plan import lachin_foulkes_plan, schoenfeld_plan
from equipoise.design.two_arms import Stratum, TwoArms, events_by_arm


def events(given, _):
    experimental, control = map(float, re.match(r"(\d+):(\d+) exp:ctrl", given["ratio"]).groups())
    needed = schoenfeld_events(
        given["hr"],
        alpha=given["alpha_one_sided"],
        power=given["power"],
        share=experimental / (experimental + control),
    )
    return {"events_closed_form": needed, "nEvents": needed}


def proportional(control, hr, dropout, accrual_months, per_month=1.0):
    stratum = Stratum(
        make_accrual([accrual_months], [per_month]),
        Course(control, dropout),
        Course(times(control, hr), dropout),
    )
    return TwoArms((stratum,), 0.5)


def sample_size(given, _):
    if "lambdaC" in given:
        median = float(given["lambdaC"].removeprefix("ln2/"))
        trial = proportional(from_median(median), given["hr"], constant(given["eta"]), given["R"])
        t = np.array([0.5, 0.75, 1.0])
        design = nonbinding_futility_bounds(
            t,
            alpha_spent=spending_named(given["upper"])(t, given["alpha"]),
            beta_spent=spending_named(given["lower"])(t, given["beta"]),
        )
        plan = lachin_foulkes_plan(trial, design, hazard_ratio=given["hr"], month=given["T"])
        return {
            "events": plan.events,
            "n": plan.patients,
            "gamma": plan.max_patients / given["R"],
            "T": plan.month,
            "upper": plan.bounds.upper,
            "lower": plan.bounds.lower,
        }
    dropout = constant(-np.log(1 - given["dropout_per_month_prob"]))
    trial = proportional(
        from_median(given["control_median"]), given["hr"], dropout, given["accrual"]
    )
    t = np.array(given["info"], dtype=float)
    bounds = efficacy_bounds(t, spending_named(given["spending"])(t, given["alpha"]))
    plan = schoenfeld_plan(
        trial,
        bounds,
        hazard_ratio=given["hr"],
        power=given["power"],
        month=given["accrual"] + given["followup"],
    )
    return {
        "max_events": plan.events[-1],
        "events_per_stage": plan.events,
        "max_subjects": plan.max_patients,
        "analysis_time": plan.month,
        "study_duration": plan.expected_months,
        "critical_hr": plan.upper.hazard_ratio,
        "expected_events_H1": plan.expected_events,
    }


def event_projection(given, _):
    dropout = constant(-np.log(1 - given["dropout_prob_per_month"]))
    per_month = given["n"] / given["accrual"]
    control = from_median(given["control_median"])
    trial = proportional(control, given["hr"], dropout, given["accrual"], per_month)
    c, e = events_by_arm(trial, given["time"])
    half = given["n"] / 2
    return {"overall": (c + e) / given["n"], "exp": e / half, "ctrl": c / half}


def delayed_trial(given):
    """gsDesign2's example: enrolment, hazards and hazard ratios in the words of the record."""
    found = re.match(r"relative ([\d,]+) per mo for ([\d,]+) mo", given["enroll"])
    rates, months = (list(map(float, part.split(","))) for part in found.groups())
    first, change, second, hr1, hr2 = map(
        float,
        re.match(
            r"ln2/([\d.]+) ([\d.]+)m then ln2/([\d.]+); HR ([\d.]+) then ([\d.]+)", given["fail"]
        ).groups(),
    )
    control = make_rate([0, change], np.log(2) / np.array([first, second]))
    dropout = constant(given.get("dropout", 0.001))
    stratum = Stratum(
        make_accrual(np.cumsum(months), rates),
        Course(control, dropout),
        Course(times(control, [hr1, hr2]), dropout),
    )
    return TwoArms((stratum,), 0.5)


def sample_size_nph(given, _):
    trial = delayed_trial(given)
    if "tests" in given:
        weights = [
            tuple(map(float, pair))
            for pair in re.findall(r"FH\(([\d.]+),([\d.]+)\)", given["tests"])
        ]
        size = size_max_combo(
            trial, weights=weights, month=given["study_duration"], alpha=0.025, power=given["power"]
        )
        return {"n": size.patients, "events": size.events}
    if "tau" in given:
        month = given["study_duration"]
        apart = milestone_difference(trial, milestone=given["tau"], month=month)
        size = size_for_difference(trial, apart, month=month, alpha=0.025, power=given["power"])
        return {"n": size.patients, "events": size.events}
    plan = size_delayed_effect(
        trial,
        months=given["analysis_time"],
        alpha=given["alpha"],
        power=1 - given["beta"],
        spending=spending_named(given["spending"]),
    )
    return {
        "n": plan.patients,
        "events": plan.events,
        "ahr": plan.hazard_ratio,
        "z": plan.upper,
        "power": plan.power,
    }


def yearly(text):
    return constant(-np.log(1 - float(re.match(r"([\d.]+)%/yr", text)[1]) / 100) / 12)


def power_nph_stratified(given, _):
    top, over, last = re.match(
        r"ramp (\d+)/(\d+)\*\(1\.\.(\d+)\) by month", given["accrual"]
    ).groups()
    steps = int(top) / int(over) * np.arange(1, int(last) + 1)
    ends = np.append(np.arange(1, int(last)), given["accrualDuration"])
    accrual, dropout = make_accrual(ends, steps), yearly(given["dropout"])
    experimental = make_rate([0, given["pw_cut"]], given["lambda1"])
    strata = tuple(
        Stratum(
            scale_accrual(accrual, share),
            Course(constant(given["lambda2"] * factor), dropout),
            Course(times(experimental, factor), dropout),
        )
        for share, factor in zip(given["strata"], (1.0, given["stratum2_multiplier"]), strict=True)
    )
    plan = power_of_delayed_effect(
        TwoArms(strata, 0.5),
        fractions=given["info"],
        last_month=given["accrualDuration"] + given["followup"],
        alpha=given["alpha"],
        spending=obrien_fleming_spending,
    )
    return {
        "overall_reject": plan.power[-1],
        "events": plan.events[-1],
        "n": plan.max_patients,
        "z": plan.upper,
        "cum_reject": plan.power,
        "analysis_time": plan.month,
    }


def power_milestone(given, _):
    dropout = yearly(given["dropout"])
    stratum = Stratum(
        make_accrual([given["accrual"]], [given["accrual_rate"]]),
        Course(constant(given["lambda2"]), dropout),
        Course(constant(given["lambda1"]), dropout),
    )
    apart = milestone_difference(
        TwoArms((stratum,), 0.5),
        milestone=given["milestone"],
        month=given["accrual"] + given["followup"],
    )
    return {"power": power_of_difference(apart, alpha=given["alpha"])}


def simon(given, _):
    designs = simon_two_stage(
        p0=given["p0"], p1=given["p1"], alpha=given["alpha"], power=1 - given["beta"]
    )
    return {
        name: {
            "r1": d.first_responses,
            "n1": d.first_patients,
            "r": d.responses,
            "n": d.patients,
            "EN(p0)": d.expected_patients,
            "PET(p0)": d.early_stop,
        }
        for name, d in (("optimal", designs.optimal), ("minimax", designs.minimax))
    }


def exact_single(given, _):
    d = exact_single_stage(
        p0=given["p0"], p1=given["p1"], alpha=given["alpha"], power=1 - given["beta"]
    )
    return {
        "n": d.patients,
        "reject_if_responses_at_least": d.responses,
        "alpha": d.alpha,
        "power": d.power,
    }
