# SPDX-License-Identifier: Apache-2.0
"""Every number leads to its patients, and the same number has the same id whatever surrounds it."""

from __future__ import annotations

import json
from time import process_time

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import selected

from equipoise.errors import ResultError
from equipoise.results.curve import compute_ticks
from equipoise.results.plan import plan_analyses
from equipoise.results.run import analyse

Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return analyse(small_adam(), small_analysis_protocol(), run_id="test")


def test_every_condition_selects_exactly_its_keys(tables: Tables) -> None:
    adam = small_adam()
    for row in tables["rowset"].iter_rows(named=True):
        found = selected(adam, row["dataset"], row["predicate"], row["key"])
        assert found == row["keys"], row["predicate"]


def test_a_count_is_its_patients_and_a_percentage_its_two_counts(tables: Tables) -> None:
    results, sets = tables["results"], dict(tables["rowset"].select("rowset_id", "keys").rows())
    rows = {row["result_id"]: row for row in results.iter_rows(named=True)}
    shares = [row for row in rows.values() if row["stat"].startswith("pct") and row["value"]]
    assert shares
    for row in shares:
        numer, denom = rows[row["numer_id"]], rows[row["denom_id"]]
        assert sets[row["rowset_id"]] == sets[numer["rowset_id"]]
        above = {key.partition(":")[0] for key in sets[numer["rowset_id"]]}
        assert above <= set(sets[denom["rowset_id"]])
        assert row["value"] == 100 * len(above) / len(sets[denom["rowset_id"]])


def test_row_order_changes_nothing(tables: Tables) -> None:
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=4) for name, frame in small_adam().items()
    }
    again = analyse(shuffled, small_analysis_protocol(), run_id="test")
    for name, frame in tables.items():
        assert frame.equals(again[name]), name


def test_ids_do_not_depend_on_values_or_on_the_run(tables: Tables) -> None:
    adam = small_adam()
    longer = adam | {"ADTTE": adam["ADTTE"].with_columns(AVAL=pl.col("AVAL") + 1)}
    again = analyse(longer, small_analysis_protocol(), run_id="other")["results"]
    fixed = ~pl.col("method_id").str.contains("curve|risk")
    for column in ("result_id", "numer_id", "denom_id", "ci_of"):
        assert set(tables["results"].filter(fixed)[column]) == set(again.filter(fixed)[column])


def test_swapping_the_arms_inverts_the_hazard_ratio(tables: Tables) -> None:
    arms = small_analysis_protocol().model_dump()["arms"]
    for arm in arms:
        arm["role"] = "control" if arm["id"] == "EXP" else "experimental"
    again = analyse(small_adam(), small_analysis_protocol(arms=arms), run_id="test")["results"]
    ratio, other = (
        table.filter((pl.col("stat") == "hr") & (pl.col("method_id") == "cox"))["value"].item()
        for table in (tables["results"], again)
    )
    assert ratio == pytest.approx(1 / other, rel=1e-9)


def test_one_stratum_is_no_stratum() -> None:
    adam = small_adam()
    adam["ADSL"] = adam["ADSL"].with_columns(SITE=pl.lit("1"))
    analyses = small_analysis_protocol().model_dump()["analyses"]
    analyses[0]["strata"] = ["SITE"]
    results = analyse(adam, small_analysis_protocol(analyses=analyses), run_id="t")["results"]
    for stat, method in (("hr", "cox"), ("chi2", "logrank"), ("p", "cox")):
        both = [method, f"{method}.unstratified"]
        rows = results.filter(pl.col("stat") == stat, pl.col("method_id").is_in(both))
        assert rows["method_id"].to_list() == both
        assert rows["value"][0] == pytest.approx(rows["value"][1], rel=1e-12)


def test_curve_steps_carry_the_patients_with_the_event(tables: Tables) -> None:
    curve = tables["results"].filter(
        (pl.col("method_id") == "kaplan-meier.curve") & (pl.col("arm") == "EXP")
    )
    sets = dict(tables["rowset"].select("rowset_id", "keys").rows())
    steps = curve.filter(stat="surv").select("time", "value", "rowset_id").rows()
    days = [round(time * 30.4375) for time, _, _ in steps]
    assert days == [0, 90, 120, 200]
    assert [value for _, value, _ in steps] == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3])
    assert [sets[key] for _, _, key in steps] == [[], ["S3"], ["S1"], []]
    censored = curve.filter(stat="n_cens")
    assert [sets[key] for key in censored["rowset_id"]] == [["S2"]]


@pytest.mark.parametrize(
    ("last", "ticks"),
    [
        (0.5, (0,)),
        (7.2, (0, 1, 2, 3, 4, 5, 6, 7)),
        (9.99, (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)),
        (10, (0, 3, 6, 9)),
        (23, (0, 3, 6, 9, 12, 15, 18, 21)),
        (40, (0, 6, 12, 18, 24, 30, 36)),
        (130, (0, 24, 48, 72, 96, 120)),
    ],
)
def test_ticks_are_round_months_and_ten_at_most(last: float, ticks: tuple[int, ...]) -> None:
    assert compute_ticks(last) == ticks


def test_arguments_are_resolved_in_the_plan() -> None:
    plan = plan_analyses(small_analysis_protocol())
    cox = plan.filter(analysis_id="PFS", method_id="cox").row(0, named=True)
    assert json.loads(cox["method_args"]) == {
        "conf_level": 0.95,
        "p": "Wald",
        "sides": 2,
        "strata": [],
        "ties": "efron",
    }
    assert plan["spec_hash"].is_unique().all()


def test_faults_of_the_data_are_named_together() -> None:
    adam = small_adam()
    twice = pl.concat([adam["ADTTE"], adam["ADTTE"].head(1)])
    broken = adam | {"ADTTE": twice, "ADSL": adam["ADSL"].drop("AGE")}
    with pytest.raises(ResultError) as caught:
        analyse(broken, small_analysis_protocol(), run_id="test")
    assert str(caught.value).splitlines() == [
        "the baseline variable AGE is not in the data",
        "  where: ADSL; protocol: baseline.0",
        "  mend:  record it in SUPPDM, define a grouping for it, or take it out of `baseline`",
        "1 patients have two times, first S1",
        "  where: ADTTE where PARAMCD = 'PFS' AND EVALUATOR = 'INV' AND RULESET = 'R0'",
        "  mend:  keep one row per patient and parameter, evaluator and rule set",
    ]


def test_replicates_are_refused() -> None:
    adam = {name: frame.with_columns(REPID=pl.lit(1)) for name, frame in small_adam().items()}
    with pytest.raises(ResultError, match="the table holds replicates of a simulated trial"):
        analyse(adam, small_analysis_protocol(), run_id="test")


def test_no_time_at_all_gives_stated_absences_not_zeros() -> None:
    adam = small_adam()
    results = analyse(
        adam | {"ADTTE": adam["ADTTE"].clear()}, small_analysis_protocol(), run_id="test"
    )["results"]
    rows = results.filter(pl.col("analysis_id") == "PFS", pl.col("stat").is_in(["median", "hr"]))
    assert set(rows["state"]) == {"NA"}
    assert set(rows["state_reason"]) == {"no patients", "one of the arms has no patients"}


def test_a_trial_of_272_patients_takes_less_than_a_second_of_processor_time() -> None:
    adam = small_adam()
    copies = range(46)

    def many(frame: pl.DataFrame) -> pl.DataFrame:
        parts = [frame.with_columns(pl.col("USUBJID") + f"-{copy}") for copy in copies]
        return pl.concat(parts)

    big = {name: many(frame) for name, frame in adam.items()}
    jitter = pl.int_range(pl.len()) % 60
    big["ADTTE"] = big["ADTTE"].with_columns(AVAL=pl.col("AVAL") + jitter)
    analyse(adam, small_analysis_protocol(), run_id="warm")
    start = process_time()
    analyse(big, small_analysis_protocol(), run_id="test")
    assert process_time() - start < 1.0


def test_a_kind_of_event_that_is_not_recorded_is_not_zero() -> None:
    adam = small_adam()
    adam["ADAE"] = adam["ADAE"].drop("AESER")
    results = analyse(adam, small_analysis_protocol(), run_id="test")["results"]
    rows = results.filter(pl.col("g1_level") == "serious")
    assert set(rows["display"]) == {"NA"}
    assert set(rows["state_reason"]) == {"not recorded: AESER = 'Y'"}


def test_events_without_a_code_are_counted_as_such() -> None:
    adam = small_adam()
    term = pl.when(pl.col("USUBJID") == "S2").then(None).otherwise("AEDECOD")
    adam["ADAE"] = adam["ADAE"].with_columns(AEDECOD=term)
    tables = analyse(adam, small_analysis_protocol(), run_id="test")
    rows = tables["results"].filter(
        g2_level="Not coded", stat="n", arm="EXP", analysis_id="AE.TERM"
    )
    assert rows["value"].to_list() == [1]
    row = tables["rowset"].filter(rowset_id=rows["rowset_id"].item()).row(0, named=True)
    assert selected(adam, row["dataset"], row["predicate"], row["key"]) == row["keys"] == ["S2"]


def test_a_missing_variable_is_named_with_what_asks_for_it() -> None:
    adam = small_adam()
    adam["ADAE"] = adam["ADAE"].drop("ATOXGRN")
    with pytest.raises(ResultError) as caught:
        analyse(adam, small_analysis_protocol(), run_id="test")
    assert str(caught.value).splitlines() == [
        "ADAE lacks ATOXGRN",
        "  where: ADAE, to select rows where TRTEMFL = 'Y' AND ATOXGRN IN (3, 4)",
        "  mend:  give ADAE the variable, or take out of the protocol what asks for it",
    ]


def test_patients_without_a_stratum_are_said_to_be_so() -> None:
    adam = small_adam()
    analyses = small_analysis_protocol().model_dump()["analyses"]
    analyses[0]["strata"] = ["SEX"]
    results = analyse(adam, small_analysis_protocol(analyses=analyses), run_id="t")["results"]
    ratio = results.filter(stat="hr", method_id="cox").row(0, named=True)
    assert ratio["warning"] == "1 patients without a stratum form one of their own"


def test_patients_without_a_time_are_said_to_be_missing() -> None:
    adam = small_adam()
    adam["ADTTE"] = adam["ADTTE"].filter(pl.col("USUBJID") != "S1")
    results = analyse(adam, small_analysis_protocol(), run_id="test")["results"]
    size = results.filter(stat="N", method_id="kaplan-meier", arm="EXP").row(0, named=True)
    assert (size["value"], size["warning"]) == (2, "1 patients of the population have no time")
