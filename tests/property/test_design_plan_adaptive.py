# SPDX-License-Identifier: Apache-2.0
"""Designs that learn on the way, planned, checked and verified from the protocol file."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
import yaml
from tests.planned import TEXT, as_text, protocol, value

from equipoise.design.plan import outline_of, plan_design
from equipoise.design.plan_endpoints import endpoints_table
from equipoise.design.plan_verify import verify_plan
from equipoise.errors import MethodError
from equipoise.protocol.check_design import check_design
from equipoise.protocol.model import Protocol
from equipoise.report import render_design

PREDICTIVE = {
    "kind": "bayesian-predictive",
    "endpoint": "ORR",
    "alpha": 0.1,
    "power": 0.9,
    "p0": 0.2,
    "p1": 0.4,
    "prior": [0.2, 0.8],
    "patients": 36,
    "first_look": 10,
    "posterior_cut": 0.922,
    "futility_cut": 0.001,
}
MANY = {
    "kind": "multi-arm-multi-stage",
    "endpoint": "PFS.BIRC",
    "alpha": 0.025,
    "power": 0.8,
    "hazard_ratio": 0.65,
    "looks": [0.5, 1],
    "shape": 0.0,
}
FISHER = {
    "kind": "fisher-combination",
    "endpoint": "PFS.BIRC",
    "alpha": 0.05,
    "futility_p": 0.5,
}


def designed(design, trial="altn-iii-04", arms=None):
    """The bundled protocol with another design section, and with one arm more if asked for."""
    content = yaml.safe_load(TEXT[trial])
    content |= {"design": design, "data": {}}
    content.pop("published", None), content.pop("simulation", None)
    content["assumptions"] = []
    if arms == 3:
        second = content["arms"][0] | {"id": "ANL2", "label": "Second", "short": "Second"}
        content["arms"].append(second)
        content["randomisation"]["ratio"]["ANL2"] = 1
        content["randomisation"]["blocks"] = [3, 6]
    return Protocol.model_validate(as_text(content))


def faults(checked):
    return [f"{what}; {mend}" for _, what, mend in check_design(checked)]


def test_predicted_success_from_the_protocol():
    plan = plan_design(designed(PREDICTIVE, "alter-s006"))
    assert value(plan, "responses for success")[0] == "11"
    # R: tests/reference/design_single_arm.yaml, predictive_probability
    assert float(value(plan, "one-sided size")[0]) == pytest.approx(0.0877793, abs=5e-6)
    assert float(value(plan, "power")[0]) == pytest.approx(0.9061815, abs=5e-6)
    assert "11 responses or more among 36" in plan.paragraph


def test_a_predictive_rule_that_misses_its_goals_names_one_that_does_not():
    strict = PREDICTIVE | {"alpha": 0.05}
    with pytest.raises(MethodError, match=r"size 0.0878 and power 0.9062, 0.05 and 0.9") as raised:
        plan_design(designed(strict, "alter-s006"))
    words = str(raised.value).split("plan ")[1].split()
    nearest = strict | {"patients": int(words[0]), "posterior_cut": float(words[4])}
    plan = plan_design(designed(nearest, "alter-s006"))
    assert float(value(plan, "one-sided size")[0]) <= 0.05
    assert float(value(plan, "power")[0]) >= 0.9


def test_many_arms_from_the_protocol():
    trial = designed(MANY, arms=3)
    assert not faults(trial)
    plan = plan_design(trial)
    # Dunnett, two arms, one-sided 0.025
    assert float(value(plan, "Dunnett's single-look bound, Z")[0]) == pytest.approx(2.212, abs=5e-4)
    single = plan_design(protocol())
    assert int(value(plan, "events per comparison")[0]) > int(value(single, "events")[0])
    assert plan.tables["STAGES"]["efficacy_z"].is_sorted(descending=True)
    done = verify_plan(trial, replicates=40_000, rng=np.random.default_rng(1))
    assert abs(done["sigmas"][0]) < 3.5
    assert any("does not fit 2 arms" in text for text in faults(designed(MANY)))


def test_combined_stages_from_the_protocol():
    # rpact: tests/reference/design_adaptive.yaml, bauer_koehne
    stages = plan_design(designed(FISHER)).tables["STAGES"]
    assert stages["critical"][0] == pytest.approx(0.02331485, abs=5e-9)
    assert stages["critical"][1] == pytest.approx(0.00870494, abs=5e-9)
    normal = FISHER | {"kind": "inverse-normal-combination", "alpha": 0.025, "shape": 0.0}
    second = plan_design(designed(normal | {"futility_p": 1.0})).tables["STAGES"]["critical"]
    assert second[1] == pytest.approx(1.977, abs=5e-4)
    assert any("takes a `shape`" in text for text in faults(designed(FISHER | {"shape": 0.5})))


def test_promising_results_raise_the_events_of_the_plan():
    rule = {"low": 0.3, "target": 0.8, "most_events": 260}
    plan = plan_design(protocol(reestimation=rule))
    table = plan.tables["REESTIMATION"]
    assert {"promising", "unfavourable", "efficacy shown"} <= set(table["zone"])
    raised = table.filter(zone="promising")
    assert (raised["events"] > 172).all()
    assert raised["events"].max() <= 260
    assert (raised["final_z"] <= outline_of(protocol()).bounds.upper[-1] + 0.15).all()
    assert (table.filter(zone="unfavourable")["events"] == 172).all()
    with pytest.raises(MethodError, match="allow 172 events or more"):
        plan_design(protocol(reestimation=rule | {"most_events": 150}))
    three = [{"fraction": 0.3}, {"fraction": 0.6}, {"fraction": 1}]
    text = "\n".join(faults(protocol(reestimation=rule | {"low": 0.9}, looks=three)))
    assert "re-estimated at one interim look" in text
    assert "the zone is empty" in text


def test_events_by_formula_stand_side_by_side():
    plan = plan_design(protocol())
    table = {row[0]: row[1:] for row in plan.tables["FORMULAS"].iter_rows()}
    z2 = (1.959964 + NormalDist().inv_cdf(outline_of(protocol()).alternative.power)) ** 2
    assert table["Schoenfeld"][0] == pytest.approx(4 * z2 / np.log(0.65) ** 2, abs=1)
    assert table["Freedman"][0] == pytest.approx(z2 * (1.65 / 0.35) ** 2, abs=1)
    assert table["Schoenfeld"][1] == 172
    assert table["Lachin-Foulkes"][0] == pytest.approx(table["Schoenfeld"][0], rel=0.05)


def test_a_look_waits_for_its_patients():
    looks = [{"patients": 200}, {"fraction": 1}]
    plan = outline_of(protocol(looks=looks))
    assert plan.patients_at[0] == pytest.approx(200, abs=0.6)
    assert plan.events[0] < 172
    text = "\n".join(faults(protocol(looks=[{"patients": 300}, {"fraction": 1}])))
    assert "300 patients are more than the 256 of the plan" in text


@pytest.mark.parametrize(
    ("design", "rows"),
    [
        (PREDICTIVE, 2),
        (
            {"kind": "simon-optimal", "endpoint": "ORR", "alpha": 0.05, "power": 0.8}
            | {"p0": 0.2, "p1": 0.4},
            2,
        ),
        (
            {"kind": "exact-single-stage", "endpoint": "ORR", "alpha": 0.05, "power": 0.8}
            | {"p0": 0.2, "p1": 0.4},
            2,
        ),
    ],
    ids=lambda x: x["kind"] if isinstance(x, dict) else "",
)
def test_one_arm_is_verified_by_simulated_patients(design, rows):
    trial = designed(design, "alter-s006")
    done = verify_plan(trial, replicates=40_000, rng=np.random.default_rng(2))
    assert len(done) == rows
    assert (done["sigmas"].abs() < 3.5).all()


@pytest.mark.parametrize("kind", ["fisher", "chi-square", "miettinen-nurminen"])
def test_two_response_rates_are_verified_by_simulated_patients(kind):
    design = {"kind": kind, "endpoint": "ORR.BIRC", "alpha": 0.025, "power": 0.8}
    trial = designed(design | {"p0": 0.1, "p1": 0.35})
    done = verify_plan(trial, replicates=40_000, rng=np.random.default_rng(3))
    assert abs(done["sigmas"][0]) < 3.5


@pytest.mark.parametrize("design", [PREDICTIVE, FISHER, MANY], ids=lambda d: d["kind"])
def test_every_plan_has_its_page(design):
    trial = designed(
        design,
        "alter-s006" if design is PREDICTIVE else "altn-iii-04",
        arms=3 if design is MANY else None,
    )
    plan = plan_design(trial)
    html = render_design(plan.tables, plan.paragraph, trial, versions={"equipoise": "0"})
    assert plan.paragraph.split(".")[0] in html.replace("&#39;", "'")


def test_both_endpoints_share_alpha_over_simulated_trials():
    graph = {
        "weights": {"PFS.BIRC": 1, "OS": 0},
        "edges": {"PFS.BIRC": {"OS": 1}},
        "planned_events": {"OS": 150},
    }
    table = endpoints_table(
        protocol(multiplicity=graph), replicates=400, rng=np.random.default_rng(4)
    )
    assert table["PFS.BIRC_events"].to_list()[:2] == pytest.approx([114, 172], abs=1)
    assert table["OS_events"][2] >= 150
    shown = table["OS_shown"].to_list()
    assert shown == sorted(shown)
    assert all(os <= pfs for os, pfs in zip(shown, table["PFS.BIRC_shown"], strict=True))
    assert endpoints_table(protocol(), replicates=10, rng=np.random.default_rng(5)).is_empty()
    stranger = graph | {"planned_events": {"OSS": 150}}
    assert any("`OSS`" in text for text in faults(protocol(multiplicity=stranger)))
