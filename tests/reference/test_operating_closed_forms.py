# SPDX-License-Identifier: Apache-2.0
"""Simulated events and power against the closed forms of rpact, gsDesign2 and lrstat.

Expected events are exact and must agree within three standard errors. Power is not: the closed
forms take Z as normal with unit variance and the drift of the alternative. They promise up to 0.01
more than happens (reference simulator: 0.7960 where Schoenfeld says 0.8018).
"""

import json
import math

import pytest
from tests.event_time_trials import plain_trial
from tests.oracles import oracle_file

from equipoise.operating.characteristics import Effort, operating_characteristics
from equipoise.operating.scenario import Bounds, Scenario
from equipoise.operating.trial import Accrual, ArmTimes, EventTimeTrial, Hazard, Looks, Stratum

pytestmark = pytest.mark.oracle

ASYMPTOTIC = 0.015
EFFORT = Effort(replicates=100_000, seed=5, confidence=0.95)


def reference(name):
    items = json.loads(oracle_file("design_reference.json").read_text())["items"]
    return next(item["expected"] for item in items if item["id"] == name)


def characteristic(trial, looks, bounds, quantity, look):
    scenario = Scenario(name="one", trial=trial, looks=looks, bounds=Bounds(efficacy=bounds))
    table = operating_characteristics([scenario], effort=EFFORT)
    return table.filter(quantity=quantity, look=look).select("value", "se").row(0)


def two_arms(control, experimental, accrual):
    strata = (Stratum(control=control, experimental=experimental),)
    return EventTimeTrial(accrual=accrual, strata=strata)


@pytest.mark.parametrize(("place", "month"), [(0, 12), (1, 18), (2, 24)])
def test_events_by_month_agree_with_rpact(place, month):
    expected = 272 * reference("event_probabilities")["overall"][place]
    looks = Looks(events=(272,), latest_month=month)
    value, se = characteristic(plain_trial(0.65), looks, (2.0,), "events", 1)
    assert abs(value - expected) <= 3 * se


@pytest.mark.parametrize(("place", "month"), [(0, 12), (1, 24), (2, 36)])
def test_events_under_delay_agree_with_gsdesign2(place, month):
    found = reference("gsd2_gs_design_ahr")
    expected = found["events"][place] * 494 / found["n"][2]
    control = ArmTimes(
        patients=247,
        hazard=(Hazard.of_median(9), Hazard.of_median(18, from_month=3)),
        dropout_per_month=0.001,
    )
    ratios = (Hazard(per_month=0.9), Hazard(from_month=3, per_month=0.6))
    accrual = tuple(Accrual(months=m, patients=m * rate) for m, rate in ((2, 3), (2, 6), (10, 9)))
    trial = two_arms(control, control.scaled(ratios), accrual)
    looks = Looks(events=(494,), latest_month=month)
    value, se = characteristic(trial, looks, (2.0,), "events", 1)
    assert abs(value - expected) <= 3 * se


def test_power_of_three_looks_is_near_rpact():
    bounds = tuple(reference("ld_obf_3looks")["z"])
    control = ArmTimes(
        patients=140, hazard=(Hazard.of_median(3.02),), dropout_per_month=-math.log(0.98)
    )
    trial = two_arms(
        control, control.scaled((Hazard(per_month=0.65),)), (Accrual(months=18, patients=280),)
    )
    looks = Looks(events=(115, 173, 231))
    power, _ = characteristic(trial, looks, bounds, "reject", 0)
    assert abs(power - 0.9) <= ASYMPTOTIC
    events, _ = characteristic(trial, looks, bounds, "events", 0)
    assert abs(events / reference("rpact_surv_gs_hr065")["expected_events_H1"] - 1) <= ASYMPTOTIC


def test_stratified_power_under_delay_is_near_lrstat():
    found = reference("lrstat_lrpower_stratified_delayed")
    strata = []
    for name, patients, multiplier in (("one", 47, 1.0), ("two", 187, 1.5)):
        control = ArmTimes(
            patients=patients,
            hazard=(Hazard(per_month=0.0533 * multiplier),),
            dropout_per_month=-math.log(0.95) / 12,
        )
        ratios = (Hazard(per_month=1.0), Hazard(from_month=6, per_month=0.0309 / 0.0533))
        strata.append(Stratum(name=name, control=control, experimental=control.scaled(ratios)))
    ramp = tuple(Accrual(months=1, patients=26 / 9 * k) for k in range(1, 9))
    trial = EventTimeTrial(
        accrual=(*ramp, Accrual(months=14, patients=26 * 14)), strata=tuple(strata)
    )
    looks, bounds = Looks(events=(285, 356)), tuple(found["z"])
    power, _ = characteristic(trial, looks, bounds, "reject", 0)
    assert abs(power - found["overall_reject"]) <= ASYMPTOTIC
    month, _ = characteristic(trial, looks, bounds, "cut", 2)
    assert abs(month - found["analysis_time"][1]) <= 0.2
