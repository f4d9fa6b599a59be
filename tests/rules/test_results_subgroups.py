# SPDX-License-Identifier: Apache-2.0
"""Subgroups of a time to event: who is in them, when there is no hazard ratio, interaction."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import one, selected

from equipoise.protocol.check_analysis import check_analyses
from equipoise.results.run import analyse

FACTORS = [
    {"variable": "SEX", "label": "Sex", "levels": ["F", "M"]},
    {"variable": "REGION", "label": "Region", "levels": ["EAST", "WEST", "FEW", "ONE ARM"]},
]
Floats = NDArray[np.float64]


def adam() -> dict[str, pl.DataFrame]:
    """120 patients with times without ties; a region of four, and one with a single arm."""
    random = np.random.default_rng(11)
    small, n = small_adam(), 120
    arm = np.where(np.arange(n) % 2 == 0, "EXP", "CTRL")
    sex = np.where(np.arange(n) % 4 < 2, "F", "M")
    region = np.where(np.arange(n) % 3 == 0, "EAST", "WEST")
    region[:4], region[[10, 12, 14]] = "FEW", "ONE ARM"
    hazard = np.where(arm == "EXP", np.where(sex == "F", 0.4, 1.0), 1.0)
    days = np.ceil(200 * random.exponential(1 / hazard)) + np.arange(n) / 1000
    wide = pl.DataFrame({"USUBJID": [f"P{i:03}" for i in range(n)], "ARMCD": arm, "SEX": sex})
    like = {
        name: pl.lit(small["ADSL"][name][0], small["ADSL"].schema[name])
        for name in small["ADSL"].columns
        if name not in (*wide.columns, "ACTARMCD")
    }
    adsl = wide.with_columns(ACTARMCD="ARMCD", REGION=pl.Series(region), **like)
    adtte = wide.select("USUBJID").with_columns(
        AVAL=pl.Series(days),
        CNSR=pl.Series(np.where(random.random(n) < 0.2, 1, 0)),
        PARAMCD=pl.lit("PFS"),
        EVALUATOR=pl.lit("INV"),
        RULESET=pl.lit("R0"),
        EVNTDESC=pl.lit("Progression"),
        CNSDTDSC=pl.lit("Last assessment"),
    )
    return small | {"ADSL": adsl, "ADTTE": adtte}


def protocol(factors: list[dict[str, Any]]) -> Any:
    analyses: list[Any] = list(small_analysis_protocol().model_dump()["analyses"])
    analyses[0] = analyses[0] | {"subgroups": factors}
    return small_analysis_protocol(analyses=analyses)


@cache
def tables() -> dict[str, pl.DataFrame]:
    return analyse(adam(), protocol(FACTORS), run_id="test")


def joined() -> pl.DataFrame:
    found = adam()
    return found["ADTTE"].join(found["ADSL"], on="USUBJID")


def breslow_loglik(beta: Floats, days: Floats, event: Floats, x: Floats) -> float:
    """Log partial likelihood without ties, written out: sum over events of eta - log sum."""
    eta = x @ beta
    return sum(eta[i] - np.log(np.exp(eta[days >= days[i]]).sum()) for i in np.flatnonzero(event))


def best(days: Floats, event: Floats, x: Floats) -> tuple[float, Floats]:
    start = np.zeros(x.shape[1])
    found = minimize(lambda b: -breslow_loglik(b, days, event, x), start, method="BFGS")
    return -float(found.fun), found.x


def columns(frame: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    arm = (frame["ARMCD"] == "EXP").cast(pl.Float64).to_numpy()
    return frame["AVAL"].to_numpy(), (frame["CNSR"] == 0).to_numpy(), arm


def test_the_hazard_ratio_of_a_level_is_that_of_its_patients() -> None:
    for level in ("F", "M"):
        days, event, arm = columns(joined().filter(SEX=level))
        row = one(tables()["results"], method_id="cox.subgroup", stat="hr", g2_level=level)
        assert row["value"] == pytest.approx(
            np.exp(best(days, event, arm[:, None])[1][0]), rel=1e-4
        )
        assert row["n_rows"] == 60


def test_one_test_per_factor_is_the_likelihood_ratio_of_arm_by_factor() -> None:
    rows = tables()["results"].filter(method_id="cox.interaction", stat="p")
    assert rows["g1_level"].to_list() == ["SEX", "REGION"]
    days, event, arm = columns(joined())
    male = (joined()["SEX"] == "M").cast(pl.Float64).to_numpy()
    without = best(days, event, np.column_stack([arm, male]))[0]
    within = best(days, event, np.column_stack([arm, male, arm * male]))[0]
    row = one(tables()["results"], method_id="cox.interaction", stat="chi2", g1_level="SEX")
    assert row["value"] == pytest.approx(2 * (within - without), abs=1e-5)
    assert (
        one(tables()["results"], method_id="cox.interaction", stat="df", g1_level="SEX")["value"]
        == 1
    )


@pytest.mark.parametrize(
    ("level", "state", "reason"),
    [
        ("FEW", "NE", "fewer than 10 events in this subgroup"),
        ("ONE ARM", "NA", "one of the arms has no patients in this subgroup"),
    ],
)
def test_a_level_that_says_nothing_has_no_ratio_and_says_why(
    level: str, state: str, reason: str
) -> None:
    row = one(tables()["results"], method_id="cox.subgroup", stat="hr", g2_level=level)
    assert (row["state"], row["state_reason"], row["display"]) == (state, reason, state)


def test_the_interaction_names_the_levels_it_leaves_out() -> None:
    row = one(tables()["results"], method_id="cox.interaction", stat="p", g1_level="REGION")
    assert row["warning"] == "without FEW, ONE ARM: too few events"
    assert row["n_rows"] == 120 - 7


def test_every_number_of_a_subgroup_leads_to_its_patients() -> None:
    found = tables()
    rows = found["results"].filter(
        pl.col("method_id").is_in(["kaplan-meier.subgroup", "cox.subgroup", "cox.interaction"])
    )
    sets = found["rowset"].filter(pl.col("rowset_id").is_in(rows["rowset_id"].implode()))
    assert sets.height > 20
    for row in sets.iter_rows(named=True):
        assert selected(adam(), row["dataset"], row["predicate"], row["key"]) == row["keys"]


def test_levels_of_a_factor_make_up_the_arm() -> None:
    table = tables()["results"]
    for arm in ("EXP", "CTRL"):
        whole = one(table, method_id="kaplan-meier", stat="N", arm=arm)["value"]
        parts = table.filter(method_id="kaplan-meier.subgroup", stat="N", arm=arm, g1_level="SEX")
        assert parts["value"].sum() == whole


def test_a_subgroup_factor_needs_levels_and_data() -> None:
    factors = [
        {"variable": "AGE", "label": "Age"},
        {"variable": "NOWHERE", "label": "N", "levels": ["1"]},
    ]
    said = [str(finding) for finding in check_analyses(protocol(factors))]
    assert any("the subgroup factor `AGE` has no levels" in text for text in said)
    assert any("NOWHERE" in text for text in said)
