# SPDX-License-Identifier: Apache-2.0
"""Every record of the design oracle: designs computed by public software that we did not write.

Records are discovered; each kind has one handler, and a kind without one fails.
"""

import json

import numpy as np
import pytest
from tests.oracles import oracle_file
from tests.reference.design_bound_records import (
    adaptive,
    assured,
    boundary,
    characteristics,
    conditional,
    graphical,
    many_arms,
)
from tests.reference.design_size_records import (
    event_projection,
    events,
    exact_single,
    power_milestone,
    power_nph_stratified,
    proportional,
    sample_size,
    sample_size_nph,
    simon,
)

from equipoise.design.bound_scales import compute_scales
from equipoise.design.piecewise import (
    Course,
    constant,
    event_probability,
    from_median,
    patients_by,
)
from equipoise.design.two_arms import scale_trial

pytestmark = pytest.mark.oracle


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
