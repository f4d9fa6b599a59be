# SPDX-License-Identifier: Apache-2.0
"""Trials planned from protocol files; the bound drawn is the bound used."""

import numpy as np
import pytest
import yaml
from tests.planned import TEXT, as_text, protocol, value

from equipoise.design.interim_look import read_look
from equipoise.design.plan import outline_of, plan_design
from equipoise.design.plan_verify import verify_plan
from equipoise.design.solve import leave_open
from equipoise.design.verify import verify_group_sequential
from equipoise.errors import MethodError, ProtocolError
from equipoise.protocol.model import Protocol


def test_both_trials_plan_themselves():
    phase3, phase2 = plan_design(protocol()), plan_design(protocol("alter-s006"))
    assert value(phase3, "events") == ("172", "solved")
    assert value(phase2, "power")[1] == "solved"
    looks = phase3.tables["LOOKS"]
    assert looks["kind"].to_list() == ["interim", "final"]
    for number in (looks["events"][0], looks["events"][1], 256):
        assert f"{number} " in phase3.paragraph
    assert f"Z {looks['efficacy_z'][0]:.3f}" in phase3.paragraph
    assert {"POWER", "TIMELINE", "CONDITIONAL", "ASSURANCE", "MULTIPLICITY"} <= set(phase3.tables)
    assert len(phase3.tables["POWER"]) == 100


def test_a_protocol_without_design_says_so():
    content = as_text(yaml.safe_load(TEXT["cdiscpilot01"]))
    with pytest.raises(ProtocolError, match="no `design` section"):
        plan_design(Protocol.model_validate(content))


def test_each_of_power_events_and_effect_is_solved_from_the_others():
    events = int(value(plan_design(protocol()), "events")[0])
    power, origin = value(plan_design(protocol(power=None, events=events)), "power")
    assert origin == "solved"
    assert 0.8 <= float(power) < 0.805
    ratio, origin = value(plan_design(protocol(effect=None, events=events)), "hazard ratio")
    assert origin == "solved"
    assert float(ratio) == pytest.approx(0.65, abs=0.002)


def test_patients_or_the_speed_of_accrual_are_solved_from_the_last_month():
    sized = plan_design(protocol(patients=None, last_look_month=24.0))
    patients, origin = value(sized, "patients")
    assert origin == "solved"
    assert int(patients) % 2 == 0
    assert float(value(sized, "last look, month")[0]) == pytest.approx(24, abs=0.4)
    paced = plan_design(protocol(last_look_month=24.0))
    assert float(value(paced, "last look, month")[0]) == pytest.approx(24, abs=0.01)
    assert value(paced, "accrual, months")[1] == "solved"
    assert float(value(paced, "accrual, months")[0]) > 20.5


def test_a_look_waits_for_its_month():
    waiting = outline_of(protocol(looks=[{"fraction": 0.5, "month": 16.0}, {"fraction": 1}]))
    assert waiting.month[0] == pytest.approx(16, abs=0.1)
    assert waiting.events[0] > 0.5 * waiting.events[1]
    dated = outline_of(protocol(looks=[{"month": 16.0}, {"fraction": 1}]))
    assert dated.events[0] == waiting.events[0]


def test_futility_strata_margin_and_competing_risks_change_the_plan_the_right_way():
    plain = outline_of(protocol())
    looks = [{"fraction": 0.5, "futility": True, "efficacy": False}, {"fraction": 1}]
    spend = {"family": "hwang-shih-decani", "parameter": -2.0}
    futile = outline_of(protocol(looks=looks, futility=spend))
    assert np.isinf(futile.bounds.upper[0])
    assert futile.alternative.power >= 0.8 - 1e-9
    assert futile.null.cross_lower[0] > 0.3
    strata = [
        {"label": "good", "share": 0.5, "hazard_factor": 0.6},
        {"label": "poor", "share": 0.5, "hazard_factor": 1.6, "from_month": 4.0},
    ]
    assert outline_of(protocol(strata=strata)).month[-1] != plain.month[-1]
    wide = outline_of(protocol(margin=1.25, effect=[{"hazard_ratio": 0.9}], patients=600))
    assert wide.efficacy.hazard_ratio[-1] == pytest.approx(
        1.25 * np.exp(-wide.bounds.upper[-1] / np.sqrt(wide.events[-1] / 4))
    )
    competing = outline_of(protocol(competing_per_month=0.03))
    assert competing.month[-1] > plain.month[-1]


def test_a_delayed_effect_needs_more_patients():
    late = [{"hazard_ratio": 1.0}, {"from_month": 2.0, "hazard_ratio": 0.6}]
    delayed = outline_of(protocol(effect=late, patients=None, last_look_month=30.0))
    at_once = [{"hazard_ratio": 0.6}]
    prompt = outline_of(protocol(effect=at_once, patients=None, last_look_month=30.0))
    assert delayed.patients > prompt.patients
    assert 0.6 < delayed.hazard_ratio < 1
    assert delayed.alternative.power == pytest.approx(0.8, abs=0.02)
    given = outline_of(protocol(effect=late, patients=delayed.patients))
    assert given.month[-1] == pytest.approx(30, abs=1.0)


def test_the_plan_agrees_with_its_simulation():
    plan = outline_of(protocol())
    done = verify_group_sequential(
        plan.trial,
        plan.bounds,
        patients=plan.patients,
        events=plan.events.astype(float),
        replicates=3000,
        rng=np.random.default_rng(44),
    )
    assert abs(done.power - plan.alternative.power) <= 3 * done.power_se
    stop = plan.alternative.cross_upper[0]
    error = np.sqrt(stop * (1 - stop) / 3000)
    assert abs(done.cross_upper[0] - stop) <= 3 * error


def test_plan_and_simulation_stand_side_by_side():
    two_arms = verify_plan(protocol(), replicates=2000, rng=np.random.default_rng(3))
    assert len(two_arms) == 7
    assert (two_arms["sigmas"].abs()[:6] < 3.5).all()
    margin = protocol(margin=1.25, effect=[{"hazard_ratio": 0.9}], patients=600)
    inferior = verify_plan(margin, replicates=1000, rng=np.random.default_rng(4))
    assert (inferior["sigmas"].abs()[:6].drop_nans() < 3.5).all()
    one_arm = verify_plan(protocol("alter-s006"), replicates=4000, rng=np.random.default_rng(5))
    assert abs(one_arm["sigmas"][0]) < 3


def test_the_bound_drawn_is_the_bound_used():
    trial = protocol()
    plan = outline_of(trial)
    first = read_look(
        trial.design, plan, events=[int(plan.events[0])], z=[1.0], final=False, level=0.95
    )
    assert first.bound_z == pytest.approx(plan.bounds.upper[0], abs=1e-9)
    assert first.bound_hazard_ratio == pytest.approx(plan.efficacy.hazard_ratio[0])
    assert not first.crossed
    assert first.adjusted is None
    assert 0 < first.promise.trend < first.promise.planned < 1
    last = read_look(
        trial.design, plan, events=plan.events.tolist(), z=[1.0, 2.1], final=True, level=0.95
    )
    assert last.bound_z == pytest.approx(plan.bounds.upper[1], abs=1e-9)
    assert last.crossed
    assert last.promise is None
    assert last.adjusted.low < last.adjusted.median_unbiased < last.adjusted.high < 1
    assert last.adjusted.p < 0.025


def test_an_early_stop_is_pulled_back_and_more_events_lower_the_bound():
    trial = protocol()
    plan = outline_of(trial)
    early = read_look(trial.design, plan, events=[112], z=[2.6], final=False, level=0.95)
    assert early.crossed
    assert early.adjusted.naive == pytest.approx(np.exp(-2.6 / np.sqrt(112 / 4)))
    # at a first look nothing was conditioned away: stage-wise ordering leaves the estimate alone
    assert early.adjusted.median_unbiased == pytest.approx(early.adjusted.naive, abs=1e-6)
    late = read_look(trial.design, plan, events=[112, 172], z=[1.0, 2.1], final=True, level=0.95)
    assert late.adjusted.median_unbiased > late.adjusted.naive
    more = read_look(trial.design, plan, events=[130], z=[2.0], final=False, level=0.95)
    assert more.bound_z < early.bound_z


def test_futility_is_judged_by_the_bound_drawn():
    looks = [{"fraction": 0.5, "futility": True}, {"fraction": 0.8}, {"fraction": 1}]
    spend = {"family": "hwang-shih-decani", "parameter": -2.0}
    for binding in (False, True):
        trial = protocol(looks=looks, futility=spend, futility_binding=binding)
        plan = outline_of(trial)
        counts = plan.events.tolist()
        for held in (1, 2, 3):
            look = read_look(
                trial.design,
                plan,
                events=counts[:held],
                z=[0.1] * held,
                final=held == 3,
                level=0.95,
            )
            assert look.bound_z == pytest.approx(plan.bounds.upper[held - 1], abs=1e-6)
            if held == 1:
                assert look.futility_z == pytest.approx(plan.bounds.lower[0], abs=1e-6)
                assert look.crossed_futility == (plan.bounds.lower[0] > 0.1)


@pytest.mark.parametrize(
    ("family", "parameter", "final"),
    [("wang-tsiatis", 0.5, 2.178), ("wang-tsiatis", 0.0, 1.977), ("haybittle-peto", 3.0, 1.967)],
)
def test_classical_shapes_come_out_of_the_protocol(family, parameter, final):
    spend = {"family": family, "parameter": parameter}
    looks = [{"fraction": 0.5}, {"fraction": 1}]
    trial = protocol(efficacy=spend, looks=looks, effect=[{"hazard_ratio": 0.64}])
    plan = outline_of(trial)
    assert plan.bounds.upper[-1] == pytest.approx(final, abs=0.002)
    look = read_look(
        trial.design, plan, events=[int(plan.events[0])], z=[0.0], final=False, level=0.95
    )
    assert look.bound_z == pytest.approx(plan.bounds.upper[0], abs=1e-6)


def test_events_beyond_patients_name_feasible_plans():
    with pytest.raises(MethodError) as raised:
        plan_design(protocol(patients=160))
    text = str(raised.value)
    assert "172 events cannot come from 160 patients, who bring at most 149" in text
    patients = int(text.split("enter at least ")[1].split(" ")[0])
    assert plan_design(protocol(patients=patients)).tables["LOOKS"]["events"][1] == 172
    ratio = float(text.split("hazard ratio of ")[2])
    assert outline_of(protocol(patients=160, effect=[{"hazard_ratio": ratio - 0.005}])).patients


RESPONSE = {"power": 0.8, "alpha": 0.05, "p0": 0.2, "p1": 0.4, "endpoint": "ORR"}


def responding(kind, trial="alter-s006", endpoint="ORR"):
    gone = dict.fromkeys(yaml.safe_load(TEXT[trial])["design"])
    return protocol(trial, **gone | RESPONSE | {"kind": kind, "endpoint": endpoint})


def test_response_designs_from_the_protocol():
    simon = plan_design(responding("simon-optimal"))
    assert simon.tables["STAGES"]["patients"].to_list() == [13, 43]
    assert "stops with 3 responses or fewer" in simon.paragraph
    assert plan_design(responding("simon-minimax")).tables["STAGES"]["patients"].to_list() == [
        18,
        33,
    ]
    exact = plan_design(responding("exact-single-stage"))
    assert value(exact, "patients") == ("35", "solved")
    fisher = plan_design(responding("fisher", trial="altn-iii-04", endpoint="ORR.BIRC"))
    assert int(value(fisher, "control patients")[0]) > 60
    assert float(value(fisher, "largest size")[0]) <= 0.05


def test_one_sample_patients_are_solved_for_a_power():
    solved = plan_design(protocol("alter-s006", patients=None, power=0.9))
    patients, origin = value(solved, "patients")
    assert origin == "solved"
    again = plan_design(protocol("alter-s006", patients=int(patients)))
    assert float(value(again, "power")[0]) == pytest.approx(0.9, abs=0.01)


def test_any_item_can_be_left_open():
    trial = protocol()
    plan = plan_design(trial)
    for item, name in (
        ("power", "power"),
        ("events", "events"),
        ("effect", "hazard ratio"),
        ("patients", "patients"),
        ("accrual", "accrual, months"),
    ):
        solved = plan_design(leave_open(trial, item, changes={}))
        found, origin = value(solved, name)
        assert origin == "solved", item
        assert float(found) == pytest.approx(float(value(plan, name)[0]), rel=0.02), item
    more = plan_design(leave_open(trial, "events", changes={"power": 0.9, "patients": 400}))
    assert int(value(more, "events")[0]) > 220
    fewer = plan_design(leave_open(trial, "power", changes={"events": 120}))
    assert float(value(fewer, "power")[0]) < 0.7
    assert value(plan_design(leave_open(protocol("alter-s006"), "power", changes={})), "power")
    with pytest.raises(MethodError, match="cannot be solved for"):
        leave_open(protocol("alter-s006"), "effect", changes={})


def read_once(kind, **more):
    gone = dict.fromkeys(yaml.safe_load(TEXT["altn-iii-04"])["design"])
    fields = {
        "kind": kind,
        "endpoint": "PFS.BIRC",
        "alpha": 0.025,
        "power": 0.9,
        "effect": [{"hazard_ratio": 0.9}, {"from_month": 3, "hazard_ratio": 0.6}],
        "control": [{"median_months": 9}, {"from_month": 3, "median_months": 18}],
        "accrual": [
            {"until_month": 2, "per_month": 3},
            {"until_month": 4, "per_month": 6},
            {"until_month": 14, "per_month": 9},
        ],
        "dropout_per_month": 0.0009995,
        "read_month": 36,
    }
    return protocol(**gone | fields | more)


LATE = [{"rho": 0, "gamma": 0}, {"rho": 0, "gamma": 0.5}]


@pytest.mark.parametrize(
    ("kind", "more", "patients"),
    [
        ("milestone", {"time_months": 18}, 628),  # gsDesign2: 627.03, rounded up to even
        ("max-combo", {"weights": LATE}, 422),  # gsDesign2: 421.60
        ("restricted-mean", {"time_months": 24}, None),
        ("weighted-log-rank", {"weights": LATE[1:]}, None),
    ],
)
def test_tests_read_once(kind, more, patients):
    plan = plan_design(read_once(kind, **more))
    found, origin = value(plan, "patients")
    assert origin == "solved"
    assert patients is None or int(found) == patients
    assert 0.9 <= float(value(plan, "power")[0]) < 0.905
    back = plan_design(read_once(kind, power=None, patients=int(found), **more))
    assert value(back, "power")[1] == "solved"
    assert value(back, "power")[0] == value(plan, "power")[0]


def test_a_test_without_effect_has_no_plan():
    with pytest.raises(MethodError, match="nothing to detect"):
        plan_design(read_once("milestone", time_months=18, effect=[{"hazard_ratio": 1.2}]))
