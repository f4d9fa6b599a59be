# SPDX-License-Identifier: Apache-2.0
"""Every record of the design oracle: designs computed by public software that we did not write.

Records are discovered; each kind has one handler below, and a kind without one fails.
"""

import json
import re

import numpy as np
import pytest
from tests.oracles import oracle_file

from equipoise.design.assurance import EffectPrior, assurance
from equipoise.design.batch_tests import batch_cox, batch_logrank
from equipoise.design.bound_scales import compute_scales
from equipoise.design.boundaries import (
    drift_for_power,
    efficacy_bounds,
    fixed_drift,
    nominal_p,
    operating,
)
from equipoise.design.classical_bounds import wang_tsiatis_bounds, wang_tsiatis_two_sided_bounds
from equipoise.design.conditional_power import (
    conditional_crossing,
    conditional_power,
    predictive_power,
)
from equipoise.design.delayed_effect_plan import power_of_delayed_effect, size_delayed_effect
from equipoise.design.events_needed import schoenfeld_events
from equipoise.design.fixed_time_tests import (
    milestone_difference,
    power_of_difference,
    size_for_difference,
)
from equipoise.design.futility import binding_futility_bounds, nonbinding_futility_bounds
from equipoise.design.graph import graphical_test, make_graph
from equipoise.design.many_arms import dunnett_critical, many_arm_bounds
from equipoise.design.max_combo import size_max_combo
from equipoise.design.piecewise import (
    Course,
    constant,
    event_probability,
    from_median,
    make_accrual,
    make_rate,
    patients_by,
    scale_accrual,
    times,
)
from equipoise.design.simon import simon_two_stage
from equipoise.design.simulated_trials import draw_trials, see_at_events
from equipoise.design.single_arm import exact_single_stage
from equipoise.design.spending import (
    hwang_shih_decani_spending,
    kim_demets_spending,
    obrien_fleming_spending,
)
from equipoise.design.survival_plan import lachin_foulkes_plan, schoenfeld_plan
from equipoise.design.two_arms import Stratum, TwoArms, events_by_arm, scale_trial

pytestmark = pytest.mark.oracle
NO_LOOK = -np.inf


def spending_named(text):
    """The spending function a record's words name."""
    if re.search(r"Lan-DeMets O'Brien-Fleming|LD-OBF", text):
        return obrien_fleming_spending
    if found := re.search(r"Kim-DeMets power rho=([\d.]+)", text):
        return kim_demets_spending(float(found[1]))
    if found := re.search(r"HSD (-?[\d.]+)", text):
        return hwang_shih_decani_spending(float(found[1]))
    raise AssertionError(f"no spending function is known as: {text}")


def boundary(given, _):
    if "K" in given:
        t = np.arange(1, given["K"] + 1) / given["K"]
        shape = {"classical Pocock": 0.5}.get(given["type"], given.get("Delta"))
        bounds = wang_tsiatis_two_sided_bounds(t, alpha=given["alpha_two_sided"], shape=shape)
        return {"z": bounds.upper}
    t = np.array(given["info"], dtype=float)
    if "lower" in given:
        solve = nonbinding_futility_bounds if "non" in given["lower"] else binding_futility_bounds
        design = solve(
            t,
            alpha_spent=spending_named(given["upper"])(t, given["alpha"]),
            beta_spent=spending_named(given["lower"])(t, given["beta"]),
        )
        return {
            "upper": design.bounds.upper,
            "lower": design.bounds.lower,
            "inflation": design.inflation,
        }
    bounds = efficacy_bounds(t, spending_named(given["spending"])(t, given["alpha_one_sided"]))
    return {"z": bounds.upper, "cumulative_alpha": bounds.alpha}


def characteristics(given, _):
    t = np.array(given["info"])
    alpha, power = given["alpha_one_sided"], given["power"]
    bounds = efficacy_bounds(t, spending_named(given["spending"])(t, alpha))
    drift = drift_for_power(bounds, power=power)
    inflation = (drift / fixed_drift(alpha, power)) ** 2
    return {
        "inflation_factor": inflation,
        "shift": drift**2,
        "asn_H1_ratio": operating(bounds, drift=drift).expected_information * inflation,
        "asn_H0_ratio": operating(bounds, drift=0.0).expected_information * inflation,
    }


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


def three_looks(alpha=0.025):
    t = np.array([0.5, 0.75, 1.0])
    return efficacy_bounds(t, obrien_fleming_spending(t, alpha))


def assured(given, _):
    hr = float(re.search(r"HR (\.\d+)", given["design"])[1])
    power = float(re.search(r"(\d+)% power", given["design"])[1]) / 100
    centre, sd = re.search(r"N\(-log\((\.\d+)\)/2, ([\d.]+)\^2\)", given["prior"]).groups()
    bounds = three_looks()
    count = (drift_for_power(bounds, power=power) / (np.log(hr) / 2)) ** 2
    prior = EffectPrior(np.log(float(centre)), 2 * float(sd))
    done = assurance(bounds, prior=prior, events=count, share=0.5)
    return {"pos": done.success, "n.I": count * bounds.fraction}


def conditional(given, _):
    if "t" in given:
        t, z = given["t"], given["z_t"]
        final = fixed_drift(given["alpha"], 0.5)
        return {
            "cp_trend": conditional_power(z, fraction=t, final_z=final, drift=z / np.sqrt(t)),
            "pp_flat": predictive_power(z, fraction=t, final_z=final),
        }
    bounds = three_looks()
    fixed = fixed_drift(0.025, 0.9)
    information = bounds.fraction * (drift_for_power(bounds, power=0.9) / fixed) ** 2
    look, z = given["interim"], given["z"]
    thetas = [z / np.sqrt(information[look - 1]), 0.0, fixed]
    powers = [
        conditional_crossing(
            z,
            information=information[look - 1],
            future=information[look:],
            upper=bounds.upper[look:],
            lower=np.full(3 - look, NO_LOOK),
            theta=theta,
        ).sum()
        for theta in thetas
    ]
    return {"theta": thetas, "cond_cross_prob_per_theta": powers}


def adaptive(given, _):
    assert given["type"] == "OF"
    t = np.arange(1, given["K"] + 1) / given["K"]
    z = wang_tsiatis_bounds(t, alpha=given["alpha"], shape=0.0).upper
    return {"z": z, "stage_levels": nominal_p(z)}


def many_arms(given, _):
    assert (given["k"], given["allocation"]) == (1, "equal")
    one = dunnett_critical(arms=given["M"], alpha=given["alpha"])
    staged = many_arm_bounds([1.0], arms=given["M"], alpha=given["alpha"], shape=0.0)
    assert staged.upper[0] == pytest.approx(one, abs=1e-8)
    return {"crit": one}


def graphical(given, expected):
    # Bretz et al. (2011) Biometrical Journal 53:894-913, figure 2: three doses, two endpoints
    assert expected["nodes"] == ["H11", "H21", "H31", "H12", "H22", "H32"]
    third = 1 / 3
    edges = [
        [0, 0.5, 0, 0.5, 0, 0],
        [third, 0, third, 0, third, 0],
        [0, 0.5, 0, 0, 0, 0.5],
        [0, 1, 0, 0, 0, 0],
        [0.5, 0, 0.5, 0, 0, 0],
        [0, 1, 0, 0, 0, 0],
    ]
    done = graphical_test(make_graph(expected["weights"], edges), given["p"], alpha=0.025)
    return {
        "nodes": expected["nodes"],
        "weights": expected["weights"],
        "adjusted_p": done.adjusted_p,
        "rejected": done.rejected,
    }


HANDLERS = {
    "boundary": boundary,
    "characteristics": characteristics,
    "events": events,
    "sample size": sample_size,
    "event projection": event_projection,
    "sample size NPH": sample_size_nph,
    "power NPH stratified": power_nph_stratified,
    "power milestone": power_milestone,
    "Simon two-stage": simon,
    "exact single-arm": exact_single,
    "assurance": assured,
    "conditional power": conditional,
    "adaptive": adaptive,
    "MAMS": many_arms,
    "graphical multiplicity": graphical,
}
SIMULATED = "simulation operating characteristics"


def records():
    try:
        path = oracle_file("design_reference.json")
    except pytest.skip.Exception:
        return []
    return json.loads(path.read_text())["items"]


RECORDS = records()
SOLVED = [record for record in RECORDS if record["kind"] != SIMULATED]


def compare(got, want, tolerance, where):
    """Every expected number within the record's tolerance, relative beyond 1."""
    if isinstance(want, dict):
        assert set(want) <= set(got), where
        for key in want:
            compare(got[key], want[key], tolerance, f"{where}.{key}")
    elif isinstance(want, list):
        assert len(got) == len(want), where
        for i, (g, w) in enumerate(zip(got, want, strict=True)):
            compare(g, w, tolerance, f"{where}[{i}]")
    elif isinstance(want, (bool, str)):
        assert got == want, where
    else:
        assert abs(got - want) <= tolerance * max(1.0, abs(want)), f"{where}: {got} is not {want}"


def test_the_oracle_is_there():
    assert json.loads(oracle_file("design_reference.json").read_text())["items"]


@pytest.mark.parametrize("record", SOLVED, ids=lambda r: r["id"])
def test_design_agrees(record):
    assert record["kind"] in HANDLERS, f"no test knows records of kind `{record['kind']}`"
    got = HANDLERS[record["kind"]](record["inputs"], record["expected"])
    compare(got, record["expected"], record["tol"], record["id"])


REPLICATES = 6000


def simulated(hr, n, events_at, rng):
    dropout = constant(-np.log(0.98))
    control = from_median(3.02)
    trial = proportional(control, hr, dropout, 18.0, n / 18)
    drawn = draw_trials(trial, patients=n, replicates=REPLICATES, rng=rng)
    return [see_at_events(drawn, count) for count in events_at]


def near(got, want, se, reference_runs, where):
    error = se * np.sqrt(1 + REPLICATES / reference_runs)
    assert abs(got - want) <= 4 * error + 1e-12, (
        f"{where}: {got:.5f} is not {want:.5f} +/- {error:.5f}"
    )


SIMULATIONS = [(r, hr) for r in RECORDS if r["kind"] == SIMULATED for hr in r["expected"]]


@pytest.mark.parametrize(
    ("record", "hr"), SIMULATIONS, ids=lambda x: x if isinstance(x, str) else ""
)
def test_simulated_trials_agree_with_four_million(record, hr):
    given, want = record["inputs"], record["expected"][hr]
    count = int(re.match(r"(\d+)th event", given["cut"])[1])
    rng = np.random.default_rng(20260 + int(10 * float(hr)))
    (seen,) = simulated(float(hr), given["n"], [count], rng)
    z, cox = -batch_logrank(seen)[0], batch_cox(seen)
    got = {
        "mean_Z": z,
        "mean_logHR": cox.log_ratio,
        "mean_cut_month": seen.month,
    }
    for name, values in got.items():
        near(values.mean(), want[name], values.std() / np.sqrt(REPLICATES), 4e6, name)
    for name, values in (("sd_Z", z), ("sd_logHR", cox.log_ratio)):
        near(values.std(), want[name], values.std() / np.sqrt(2 * REPLICATES), 4e6, name)
    covered = np.abs(cox.log_ratio - np.log(float(hr))) <= 1.959964 * cox.se
    shares = {"power": z <= -1.959964, "wald95_coverage": covered}
    for name, hits in shares.items():
        p = want[name]
        near(hits.mean(), p, np.sqrt(max(p * (1 - p), 1e-7) / REPLICATES), 4e6, name)


def scenarios():
    try:
        path = oracle_file("simulation_reference.json")
    except pytest.skip.Exception:
        return []
    return list(json.loads(path.read_text())["scenarios"].values())


@pytest.mark.parametrize("want", scenarios(), ids=lambda s: f"hr {s['hr']}")
def test_group_sequential_simulation_agrees(want):
    rng = np.random.default_rng(77)
    looks = simulated(want["hr"], 272, [85, 128, 170], rng)
    z = -np.array([batch_logrank(seen)[0] for seen in looks])
    month = np.array([seen.month for seen in looks])
    out = z <= -np.array([2.9626, 2.3590, 2.0141])[:, None]
    rejected = out.any(axis=0)
    last = np.where(rejected, out.argmax(axis=0), 2)
    columns = np.arange(REPLICATES)
    for look in range(3):
        p = want["per_stage"][look]
        share = np.mean(rejected & (last == look))
        near(share, p, np.sqrt(max(p * (1 - p), 1e-7) / REPLICATES), 4e6, f"stage {look + 1}")
        for name, values in (("mean_Z", z[look]), ("mean_cut", month[look])):
            near(values.mean(), want[name][look], values.std() / REPLICATES**0.5, 4e6, name)
    stopped = np.array([85.0, 128.0, 170.0])[last]
    for name, values in (("exp_events", stopped), ("exp_duration", month[last, columns])):
        near(values.mean(), want[name], values.std() / np.sqrt(REPLICATES), 4e6, name)
    assert np.corrcoef(z[0], z[1])[0, 1] == pytest.approx(want["corr_Z12"], abs=4 * 0.34 / 77)


def test_printed_hazard_ratio_scale_and_dropout_are_those_of_the_record():
    scales = compute_scales([1.96], events=[100.0], share=0.5)
    assert scales.hazard_ratio[0] == pytest.approx(np.exp(-1.96 / 5))
    course = Course(from_median(3.0), constant(0.0))
    assert event_probability(course, 3.0)[0] == pytest.approx(0.5)
    assert (
        patients_by(
            scale_trial(proportional(from_median(3), 1, constant(0), 10), 4).strata[0].accrual, 5
        )[0]
        == 20
    )
