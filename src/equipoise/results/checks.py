# SPDX-License-Identifier: Apache-2.0
"""Checks on the door from analysis to report: what must hold of any results table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from equipoise.errors import Fault, ResultError
from equipoise.results.check_display_rows import check_display_rows
from equipoise.results.schema import TABLES, columns, contract

# The value of these counts how many keys their row set holds.
COUNTS = (
    "N",
    "n",
    "n_events",
    "n_missing",
    "n_assess",
    "N_assess",
    "n_event",
    "n_cens",
    "n_risk",
    "n_event_cum",
    "n_cens_cum",
)
PERCENTAGES = ("pct", "pct_event", "pct_cens", "share_assess")
TOLERANCE = 1e-9
# Statistics, and between which numbers they can lie.
RANGES = (
    ((*PERCENTAGES, "rate"), 0.0, 100.0),
    (("power_trend", "power_design", "power_predictive"), 0.0, 100.0),
    (("surv", "p"), 0.0, 1.0),
    (("look_p", "bound_p", "alpha_spent", "p_adjusted"), 0.0, 1.0),
    (("decision",), -1.0, 1.0),
    (("rate_diff",), -100.0, 100.0),
    (("kappa",), -1.0, 1.0),
    (("hr", "look_hr", "bound_hr", "hr_adjusted", "or", "chi2"), 0.0, float("inf")),
)


def check_results(tables: Mapping[str, pl.DataFrame]) -> None:
    """All checks at once.

    Raises ResultError with every fault; nothing on the other side of the door may be shown then.
    """
    results = tables["results"]
    faults = [
        *_check_contracts(tables),
        *_check_states(results),
        *_check_percentages(results),
        *_check_denominators(results),
        *_check_limits(results),
        *_check_ranges(results),
        *_check_risk(results),
        *_check_grades(results),
        *_check_best_responses(results),
        *_check_looks(results),
        *_check_rowsets(results, tables["rowset"]),
        *_check_plan(results, tables["analysis"]),
        *_check_sentences(results, tables["sentence"]),
        *check_display_rows(tables["display_rows"], results),
    ]
    if faults:
        raise ResultError(faults)


def _fault(what: str, rows: pl.DataFrame, mend: str) -> Iterator[Fault]:
    """One fault of all offending rows, naming the first; none where there are no rows."""
    if rows.height:
        first = rows.row(0, named=True)
        named = [first.get(name) for name in ("analysis_id", "method_id", "stat", "arm", "time")]
        place = ", ".join(str(part) for part in named if part is not None)
        yield Fault(
            what=what,
            where=f"results, {rows.height} rows, first {first['result_id']} ({place})",
            mend=mend,
        )


def _check_contracts(tables: Mapping[str, pl.DataFrame]) -> Iterator[Fault]:
    for name in TABLES:
        frame, wanted = tables[name], columns(name)
        if dict(frame.schema) != wanted:
            different = sorted(
                str(column)
                for column in {*frame.columns, *wanted}
                if frame.schema.get(column) != wanted.get(column)
            )
            yield Fault(
                what=f"the columns differ from their contract: {', '.join(different)}",
                where=name,
                mend=f"see contracts/{name}.yaml",
            )
            continue
        key = contract(name)["key"]
        twice = frame.filter(pl.struct(key).is_duplicated())
        if twice.height:
            yield Fault(
                what=f"{twice.height} rows share their key with another: {', '.join(key)}",
                where=f"{name}, first {' '.join(str(part) for part in twice.select(key).row(0))}",
                mend="give each number its own analysis, method, stat, arm, level or time",
            )
        for column, spec in contract(name)["columns"].items():
            if spec.get("known") and frame[column].null_count():
                yield Fault(
                    what=f"{column} is missing in {frame[column].null_count()} rows",
                    where=name,
                    mend=f"see contracts/{name}.yaml: {spec['label']}",
                )


def _check_states(results: pl.DataFrame) -> Iterator[Fault]:
    known = contract("results")["columns"]["state"]["values"]
    yield from _fault(
        f"a state is not one of {', '.join(known)}",
        results.filter(~pl.col("state").is_in(known)),
        "not reached is NR, not estimable NE, not applicable NA",
    )
    ok = pl.col("state") == "ok"
    finite = pl.col("value").is_not_null() & pl.col("value").is_finite()
    yield from _fault(
        "a number and its state contradict each other",
        results.filter(ok != finite.fill_null(value=False)),
        "state ok has a finite value; every other state has none",
    )
    yield from _fault(
        "a missing number does not say why, or is not printed as its state",
        results.filter(
            ~ok & (pl.col("state_reason").is_null() | (pl.col("display") != pl.col("state")))
        ),
        "fill state_reason; display is the state",
    )


def _joined(results: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """`results` with the value of the row that `column` points to, as `name`."""
    other = results.select(pl.col("result_id").alias(column), pl.col("value").alias(name))
    return results.join(other.unique(column), on=column, how="left")


def _check_percentages(results: pl.DataFrame) -> Iterator[Fault]:
    rows = results.filter(pl.col("stat").is_in(PERCENTAGES))
    yield from _fault(
        "a percentage has no numerator or no denominator",
        rows.filter(pl.col("numer_id").is_null() | pl.col("denom_id").is_null()),
        "make it with `percentage`, which links both",
    )
    linked = _joined(_joined(results, "numer_id", "numer"), "denom_id", "denom").filter(
        pl.col("numer_id").is_not_null() & (pl.col("state") == "ok")
    )
    off = (pl.col("value") - 100.0 * pl.col("numer") / pl.col("denom")).abs() > TOLERANCE
    yield from _fault(
        "a percentage is not 100 times its numerator over its denominator",
        linked.filter(off.fill_null(value=True)),
        "both must be in the table; make the percentage with `percentage`",
    )


def _check_denominators(results: pl.DataFrame) -> Iterator[Fault]:
    column = ["analysis_id", "method_id", "population", "subset", "arm"]
    rows = results.filter(pl.col("stat").is_in(PERCENTAGES))
    mixed = rows.filter(pl.col("denom_id").n_unique().over(column) > 1)
    yield from _fault(
        "percentages of one column have different denominators",
        mixed,
        "use the N of the group for all of them, or another analysis or subset",
    )


def _check_limits(results: pl.DataFrame) -> Iterator[Fault]:
    rows = results.filter(pl.col("stat").is_in(["lcl", "ucl"]))
    known = results["result_id"].implode()
    yield from _fault(
        "a confidence limit has no estimate or no level",
        rows.filter(
            pl.col("ci_of").is_null() | ~pl.col("ci_of").is_in(known) | pl.col("ci_level").is_null()
        ),
        "make it with `limit`",
    )
    linked = _joined(rows, "ci_of", "x")
    linked = linked.drop("x").join(
        results.select(
            pl.col("result_id").alias("ci_of"), pl.col("value").alias("estimate")
        ).unique("ci_of"),
        on="ci_of",
        how="left",
    )
    slack = TOLERANCE * pl.max_horizontal(1.0, pl.col("estimate").abs())
    outside = (
        pl.when(pl.col("stat") == "lcl")
        .then(pl.col("value") > pl.col("estimate") + slack)
        .otherwise(pl.col("value") < pl.col("estimate") - slack)
    )
    yield from _fault(
        "an estimate lies outside its confidence interval",
        linked.filter(outside),
        "lower limit <= estimate <= upper limit",
    )


def _check_ranges(results: pl.DataFrame) -> Iterator[Fault]:
    for stats, lowest, highest in RANGES:
        yield from _fault(
            f"{', '.join(stats)}: a number lies outside {lowest:g} to {highest:g}",
            results.filter(
                pl.col("stat").is_in(stats) & ~pl.col("value").is_between(lowest, highest)
            ),
            "see the unit of the statistic in stats.yaml",
        )


def _check_risk(results: pl.DataFrame) -> Iterator[Fault]:
    """At every tick those at risk, with an event and censored before it make up the arm."""
    keys = ["analysis_id", "population", "arm"]
    parts = ["n_risk", "n_event_cum", "n_cens_cum"]
    rows = results.filter(pl.col("stat").is_in(parts))
    sums = rows.group_by([*keys, "time"], maintain_order=True).agg(
        pl.col("value").sum(), pl.len(), pl.col("result_id", "method_id", "stat").first()
    )
    sizes = results.filter((pl.col("method_id") == "kaplan-meier") & (pl.col("stat") == "N"))
    joined = sums.join(
        sizes.select(*keys, size="value").unique(keys), on=keys, how="left", maintain_order="left"
    )
    yield from _fault(
        "at risk, events and censored do not sum to the patients of the arm",
        joined.filter((pl.col("len") != len(parts)) | pl.col("value").ne_missing(pl.col("size"))),
        "at risk counts time >= t; events and censorings count time < t",
    )


def _check_grades(results: pl.DataFrame) -> Iterator[Fault]:
    """Every patient with a term is in exactly one band of its worst grade."""
    keys = ["population", "arm", "g1_level", "g2_level"]
    rows = results.filter(
        (pl.col("method_id") == "count.grades") & (pl.col("g3_level").is_not_null())
    ).filter(stat="n")
    sums = rows.group_by(keys, maintain_order=True).agg(
        pl.col("value").sum(), pl.col("result_id", "analysis_id", "method_id", "stat").first()
    )
    whole = results.filter(analysis_id="AE.TERM", method_id="count.terms", stat="n").select(
        *keys, size="value"
    )
    joined = sums.join(whole, on=keys, how="left", maintain_order="left")
    yield from _fault(
        "the bands of worst grade do not sum to the patients with the term",
        joined.filter(pl.col("value").ne_missing(pl.col("size"))),
        "a patient counts once, in the worst band",
    )


def _check_best_responses(results: pl.DataFrame) -> Iterator[Fault]:
    """Every patient has exactly one best response, pending and missing ones among them."""
    keys = ["analysis_id", "method_id", "population", "arm"]
    rows = results.filter(pl.col("method_id").is_in(["bor", "bor.confirmed"]))
    sums = (
        rows.filter(stat="n")
        .group_by(keys, maintain_order=True)
        .agg(pl.col("value").sum(), pl.col("result_id", "stat").first())
    )
    joined = sums.join(rows.filter(stat="N").select(*keys, size="value"), on=keys, how="left")
    yield from _fault(
        "the best responses do not sum to the patients of the arm",
        joined.filter(pl.col("value").ne_missing(pl.col("size"))),
        "a best response that the plan does not list is in ADRS, or a patient has two",
    )


def _check_looks(results: pl.DataFrame) -> Iterator[Fault]:
    """A look shows efficacy where its Z reaches the bound beside it, and nowhere else."""
    keys = ["analysis_id", "method_id", "g1_level"]
    rows = results.filter(method_id="group-sequential")
    found = rows.filter(stat="decision")
    for stat in ("look_z", "bound_z", "alpha_spent"):
        values = rows.filter(stat=stat).select(*keys, pl.col("value").alias(stat))
        found = found.join(values, on=keys, how="left", maintain_order="left")
    crossed = pl.col("look_z") >= pl.col("bound_z")
    shown = pl.col("value_text").is_in(["EFFICACY", "ALREADY SHOWN"])
    yield from _fault(
        "a decision contradicts the statistic and its bound",
        found.filter(
            (crossed != (pl.col("value_text") == "EFFICACY"))
            & ~(crossed & (pl.col("value_text") == "ALREADY SHOWN"))
            | (shown != (pl.col("value") == 1))
        ),
        "Z at or above the bound is efficacy, once shown it stays shown",
    )
    yield from _fault(
        "alpha spent falls from one look to the next",
        found.filter(pl.col("alpha_spent").diff() < 0),
        "spending is cumulative",
    )


def _check_rowsets(results: pl.DataFrame, rowset: pl.DataFrame) -> Iterator[Fault]:
    sizes = rowset.select("rowset_id", found=pl.col("keys").list.len().cast(pl.Int64))
    linked = results.join(sizes.unique("rowset_id"), on="rowset_id", how="left")
    yield from _fault(
        "a number is printed and no rows stand behind it",
        linked.filter(pl.col("display").is_not_null() & pl.col("found").is_null()),
        "every result needs the rowset it was counted from",
    )
    yield from _fault(
        "n_rows is not the number of keys of the rowset",
        linked.filter(pl.col("n_rows") != pl.col("found")),
        "count the keys",
    )
    yield from _fault(
        "a count is not the number of its rows",
        linked.filter(pl.col("stat").is_in(COUNTS) & (pl.col("value") != pl.col("n_rows"))),
        "count the rows that are shown",
    )


def _check_plan(results: pl.DataFrame, analysis: pl.DataFrame) -> Iterator[Fault]:
    yield from _fault(
        "a number belongs to no analysis of the plan",
        results.join(analysis, on=["analysis_id", "method_id"], how="anti"),
        "plan the analysis and method first",
    )


def _check_sentences(results: pl.DataFrame, sentence: pl.DataFrame) -> Iterator[Fault]:
    slots = sentence.select(
        "sentence_id", slot=pl.col("text").str.extract_all(r"\{([^}]*)\}")
    ).explode("slot", empty_as_null=False)
    ids = slots.with_columns(pl.col("slot").str.strip_chars("{}"))
    unknown = ids.join(results, left_on="slot", right_on="result_id", how="anti")
    if unknown.height:
        name, slot = unknown.row(0)
        yield Fault(
            what=f"{unknown.height} slots name no result, first {{{slot}}}",
            where=f"sentence {name}",
            mend="write the sentence from the results it cites",
        )
