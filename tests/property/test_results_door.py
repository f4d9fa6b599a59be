# SPDX-License-Identifier: Apache-2.0
"""Each check on the door, seen to refuse a table broken in just the way it guards against."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol

from equipoise.errors import ResultError
from equipoise.results.checks import check_results
from equipoise.results.run import analyse

Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return analyse(small_adam(), small_analysis_protocol(), run_id="test")


def changed(tables: Tables, rows: pl.Expr, **values: pl.Expr) -> Tables:
    """The tables with some columns of the chosen results replaced."""
    exprs = [
        pl.when(rows).then(value).otherwise(name).alias(name) for name, value in values.items()
    ]
    return tables | {"results": tables["results"].with_columns(exprs)}


def stat(name: str) -> pl.Expr:
    return pl.col("stat") == name


def without(tables: Tables, rows: pl.Expr) -> Tables:
    return tables | {"results": tables["results"].filter(~rows)}


BROKEN: dict[str, tuple[Callable[[Tables], Tables], str]] = {
    "a number twice": (
        lambda t: t | {"results": pl.concat([t["results"], t["results"].head(1)])},
        "2 rows share their key with another: result_id",
    ),
    "a percentage of something else": (
        lambda t: changed(t, stat("pct"), value=pl.col("value") + 1),
        "a percentage is not 100 times its numerator over its denominator",
    ),
    "a percentage without denominator": (
        lambda t: changed(t, stat("pct_event"), denom_id=pl.lit(None)),
        "a percentage has no numerator or no denominator",
    ),
    "a denominator that is not there": (
        lambda t: changed(t, stat("pct"), denom_id=pl.lit("000000000000")),
        "a percentage is not 100 times its numerator over its denominator",
    ),
    "two denominators in one column": (
        lambda t: other_denominator(t),
        "percentages of one column have different denominators",
    ),
    "an estimate above its upper limit": (
        lambda t: changed(t, stat("hr"), value=pl.col("value") * 100),
        "an estimate lies outside its confidence interval",
    ),
    "an estimate below its lower limit": (
        lambda t: changed(t, stat("hr"), value=pl.col("value") / 1000),
        "an estimate lies outside its confidence interval",
    ),
    "a limit of nothing": (
        lambda t: changed(t, stat("ucl"), ci_of=pl.lit("000000000000")),
        "a confidence limit has no estimate or no level",
    ),
    "a limit without its level": (
        lambda t: changed(t, stat("ucl"), ci_level=pl.lit(None)),
        "a confidence limit has no estimate or no level",
    ),
    "one too many at risk": (
        lambda t: changed(t, stat("n_risk"), value=pl.col("value") + 1),
        "at risk, events and censored do not sum to the patients of the arm",
    ),
    "no censored row under the curve": (
        lambda t: without(t, stat("n_cens_cum")),
        "at risk, events and censored do not sum to the patients of the arm",
    ),
    "a number without its rows": (
        lambda t: t | {"rowset": t["rowset"].head(5)},
        "a number is printed and no rows stand behind it",
    ),
    "a wrong number of rows": (
        lambda t: changed(t, stat("median"), n_rows=pl.col("n_rows") + 1),
        "n_rows is not the number of keys of the rowset",
    ),
    "a count of other rows": (
        lambda t: changed(t, stat("n_event"), value=pl.col("value") + 1),
        "a count is not the number of its rows",
    ),
    "an infinite number": (
        lambda t: changed(t, stat("hr"), value=pl.lit(float("inf"))),
        "a number and its state contradict each other",
    ),
    "a quiet zero": (
        lambda t: changed(t, pl.col("state") == "NR", value=pl.lit(0.0)),
        "a number and its state contradict each other",
    ),
    "no reason": (
        lambda t: changed(t, pl.col("state") == "NR", state_reason=pl.lit(None)),
        "a missing number does not say why, or is not printed as its state",
    ),
    "not reached printed as not estimable": (
        lambda t: changed(t, pl.col("state") == "NR", display=pl.lit("NE")),
        "a missing number does not say why, or is not printed as its state",
    ),
    "a state nobody knows": (
        lambda t: changed(t, stat("hr"), state=pl.lit("fine")),
        "a state is not one of ok, NR, NE, NA, suppressed, error",
    ),
    "an analysis nobody planned": (
        lambda t: changed(t, stat("hr"), analysis_id=pl.lit("POST.HOC")),
        "a number belongs to no analysis of the plan",
    ),
    "a sentence about another number": (
        lambda t: (
            t | {"sentence": t["sentence"].with_columns(text=pl.lit("It was {000000000000}."))}
        ),
        "slots name no result, first {000000000000}",
    ),
    "a column too few": (
        lambda t: t | {"analysis": t["analysis"].drop("estimand")},
        "the columns differ from their contract: estimand",
    ),
    "a missing population": (
        lambda t: changed(t, stat("hr"), population=pl.lit(None)),
        "population is missing",
    ),
}


def other_denominator(tables: Tables) -> Tables:
    """One percentage of a column re-based, rightly computed, on the other arm's N."""
    table = tables["results"]
    column = (pl.col("analysis_id") == "BASELINE.SEX") & (pl.col("arm") == "EXP")
    share = table.filter(column & stat("pct")).row(0, named=True)
    total = (pl.col("analysis_id") == "BASELINE.SEX") & (pl.col("arm") == "ALL") & stat("N")
    size = table.filter(total).row(0, named=True)
    numer = table.filter(pl.col("result_id") == share["numer_id"])["value"].item()
    return changed(
        tables,
        pl.col("result_id") == share["result_id"],
        denom_id=pl.lit(size["result_id"]),
        value=pl.lit(100 * numer / size["value"]),
    )


def test_a_sound_table_passes(tables: Tables) -> None:
    check_results(tables)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_table_is_refused(name: str, tables: Tables) -> None:
    break_it, message = BROKEN[name]
    with pytest.raises(ResultError) as caught:
        check_results(break_it(tables))
    assert message in str(caught.value)
    assert all(fault.where and fault.mend for fault in caught.value.faults)


def test_all_faults_are_named_at_once(tables: Tables) -> None:
    broken = changed(tables, stat("n_event"), value=pl.col("value") + 1)
    broken = changed(broken, stat("hr"), value=pl.col("value") * 100)
    with pytest.raises(ResultError) as caught:
        check_results(broken)
    text = str(caught.value)
    assert "a count is not the number of its rows" in text
    assert "an estimate lies outside its confidence interval" in text


def test_a_fault_names_the_number_and_the_mend(tables: Tables) -> None:
    ratio = tables["results"].filter(stat("hr")).row(0, named=True)
    with pytest.raises(ResultError) as caught:
        check_results(changed(tables, stat("hr"), value=pl.lit(None)))
    assert str(caught.value).splitlines()[:3] == [
        "a number and its state contradict each other",
        f"  where: results, 1 rows, first {ratio['result_id']} (PFS, cox, hr)",
        "  mend:  state ok has a finite value; every other state has none",
    ]
