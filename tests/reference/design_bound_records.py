# SPDX-License-Identifier: Apache-2.0
"""What the design oracle asks of bounds, looks and several hypotheses, computed by ours."""

import re

import numpy as np
import pytest

from equipoise.design.assurance import EffectPrior, assurance
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
from equipoise.design.futility import binding_futility_bounds, nonbinding_futility_bounds
from equipoise.design.graph import graphical_test, make_graph
from equipoise.design.many_arms import dunnett_critical, many_arm_bounds
from equipoise.design.spending import (
    hwang_shih_decani_spending,
    kim_demets_spending,
    obrien_fleming_spending,
)


def spending_named(text):
    """The spending function a record's words name."""
    if re.search(r"Lan-DeMets O'Brien-Fleming|LD-OBF", text):
        return obrien_fleming_spending
    if found := re.search(r"Kim-DeMets power rho=([\d.]+)", text):
        return kim_demets_spending(float(found[1]))
    if found := re.search(r"HSD (-?[\d.]+)", text):
        return hwang_shih_decani_spending(float(found[1]))
    raise AssertionError(f"no spending function is known as: {text}")


NO_LOOK = -np.inf


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
