# SPDX-License-Identifier: Apache-2.0
"""Two evaluators side by side, six patients counted by hand; every number leads to its patients."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import polars as pl
import pytest
from tests.analysed import small_adam, small_analysis_protocol
from tests.results_rows import one, selected
from tests.rules.test_two_readers import SITUATIONS, protocol_of, tables_of

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.report.concordance_table import concordance_tables
from equipoise.report.footnotes import resolved_args
from equipoise.report.numbers import index_results
from equipoise.results.plan import plan_analyses
from equipoise.results.run import analyse
from equipoise.statistics.contingency import cohen_kappa

Tables = dict[str, pl.DataFrame]
START = date(2024, 1, 1)
NAME = "CONCORDANCE.INV.BIRC"
# subject: best responses, days of progression, CNSR, status; by INV, then by BIRC
READS = {
    "S1": ("PR", "PR", 120, 120, 0, 0, "COMPARED"),
    "S2": ("CR", "PR", None, 160, 1, 0, "COMPARED"),  # late: BIRC alone
    "S3": ("SD", "SD", 90, 130, 0, 0, "COMPARED"),  # early
    "S4": ("PD", "PD", 40, None, 0, 1, "COMPARED"),  # early: INV alone
    "S5": ("SD", "SD", 80, 60, 0, 0, "COMPARED"),  # late
    "S6": ("SD", "PENDING", None, None, 1, None, "PENDING"),
}


def category(one_day: int | None, two: int | None) -> str:
    if one_day is None or two is None:
        return "NEITHER" if one_day == two else "SECOND ONLY" if one_day is None else "FIRST ONLY"
    if one_day == two:
        return "SAME DATE"
    return "FIRST EARLIER" if one_day < two else "FIRST LATER"


def reads() -> pl.DataFrame:
    rows = []
    for subject, (bor1, bor2, day1, day2, cnsr1, cnsr2, status) in READS.items():
        known = status == "COMPARED"
        kind = category(day1, day2) if known else None
        days = [None if d is None else START + timedelta(d) for d in (day1, day2)]
        flags = {
            "BORAGR": "Y" if bor1 == bor2 else "N",
            "EARLYFL": "Y" if kind in ("FIRST EARLIER", "FIRST ONLY") else "N",
            "LATEFL": "Y" if kind in ("FIRST LATER", "SECOND ONLY") else "N",
            "ENDAGR": "Y" if kind in ("SAME DATE", "NEITHER") else "N",
        }
        row = {"USUBJID": subject, "EVAL1": "INV", "EVAL2": "BIRC", "BOR1": bor1, "BOR2": bor2}
        row |= {"CBOR1": bor1, "CBOR2": bor2, "PDDT1": days[0], "PDDT2": days[1], "PDCAT": kind}
        row |= {name: flag if known else None for name, flag in flags.items()}
        row |= {"CBORAGR": row["BORAGR"], "CNSR1": cnsr1, "CNSR2": cnsr2, "STATUS": status}
        rows.append(row)
    return pl.DataFrame(rows)


@cache
def trial() -> Protocol:
    where = {"RSEVAL": "INDEPENDENT ASSESSOR"}
    evaluators = small_analysis_protocol().model_dump()["evaluators"]
    return small_analysis_protocol(
        evaluators=[*evaluators, {"id": "BIRC", "label": "Central review", "where": where}],
        concordance=[{"evaluator": "INV", "reference": "BIRC", "population": "ITT"}],
    )


@cache
def adam() -> Tables:
    return small_adam() | {"ADCONC": reads()}


@cache
def tables() -> Tables:
    return analyse(adam(), trial(), run_id="test")


def value(method: str, stat: str, arm: str, *levels: str) -> float | None:
    found = tables()["results"].filter(
        pl.col("ci_of").is_null(),
        pl.col("g1_level").eq_missing(levels[0] if levels else None),
        pl.col("g2_level").eq_missing(levels[1] if len(levels) > 1 else None),
    )
    return one(found, analysis_id=NAME, method_id=method, stat=stat, arm=arm)["value"]


def behind(method: str, stat: str, arm: str, *levels: str) -> list[str]:
    """The patients behind a count."""
    rows = tables()["results"].filter(
        pl.col("ci_of").is_null(), pl.col("g1_level").eq_missing(levels[0] if levels else None)
    )
    row = one(rows, analysis_id=NAME, method_id=method, stat=stat, arm=arm)
    found = tables()["rowset"].filter(rowset_id=row["rowset_id"])["keys"].item()
    return list(found)


def test_responses_are_compared_where_both_reads_are_accepted() -> None:
    method = "agreement.response"
    assert [value(method, "N", arm) for arm in ("EXP", "CTRL", "ALL")] == [3, 2, 5]
    assert [value(method, "n", arm, "PENDING") for arm in ("EXP", "CTRL", "ALL")] == [0, 1, 1]
    assert value(method, "pct", "ALL", "Same") == pytest.approx(80)
    assert value(method, "n", "ALL", "CR", "PR") == 1
    assert value(method, "n", "ALL", "SD", "SD") == 2
    assert value(method, "n", "ALL", "All", "PR") == 2
    assert value(method, "n", "ALL", "All", "All") == 5


def test_kappa_is_that_of_the_crossed_table() -> None:
    """Agreement 4/5, by chance (0*1 + 1*2 + 2*2 + 1*1)/25 = 7/25: kappa = 13/18."""
    assert value("agreement.response", "kappa", "ALL") == pytest.approx(13 / 18)
    cells = [[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]]
    want = cohen_kappa(cells, conf_level=0.95)
    limits = tables()["results"].filter(
        analysis_id=NAME, method_id="agreement.response", arm="ALL", stat="lcl"
    )
    assert limits["value"].item() == pytest.approx(want.lower)


def test_a_kappa_never_exceeds_one() -> None:
    rows = tables()["results"].filter(analysis_id=NAME, unit="1", stat="ucl")
    assert (rows["value"].drop_nulls() <= 1).all()


def test_progression_by_category() -> None:
    found = {
        name: value("agreement.progression", "n", "ALL", name)
        for name in ("Same date", "First earlier", "First later", "First only", "Second only")
    }
    assert list(found.values()) == [1, 1, 1, 1, 1]
    assert value("agreement.progression", "n", "ALL", "Neither") == 0


def test_early_and_late_discrepancies_have_their_own_denominators() -> None:
    """INV saw 4 progressions, 2 of them early; of 4 discrepancies 2 are late."""
    early, late = "discrepancy.early", "discrepancy.late"
    assert [value(early, stat, "ALL") for stat in ("n", "N", "pct")] == [2, 4, 50]
    assert [value(late, stat, "ALL") for stat in ("n", "N", "pct")] == [2, 4, 50]
    assert [value(early, stat, "EXP") for stat in ("n", "N")] == [1, 2]
    assert behind(early, "n", "ALL") == ["S3", "S4"]
    assert behind(late, "n", "ALL") == ["S2", "S5"]
    assert behind(late, "N", "ALL") == ["S2", "S3", "S4", "S5"]
    difference = one(
        tables()["results"], analysis_id=NAME, method_id=f"{early}.difference", stat="rate_diff"
    )
    assert [difference["comparator"], difference["reference"]] == ["EXP", "CTRL"]
    assert difference["value"] == pytest.approx(0)  # 1/2 and 1/2


def test_the_end_of_the_time_is_compared_where_both_have_one() -> None:
    method = "agreement.endpoint"
    assert value(method, "N", "ALL") == 5
    assert value(method, "n", "ALL", "Both with event") == 3
    assert behind(method, "n", "ALL", "First with event, second censored") == ["S4"]
    assert behind(method, "n", "ALL", "First censored, second with event") == ["S2"]


def test_every_condition_selects_its_patients() -> None:
    ids = tables()["results"].filter(analysis_id=NAME)
    sets = tables()["rowset"].join(ids.select("rowset_id").unique(), on="rowset_id", how="semi")
    assert sets.height > 30
    for row in sets.iter_rows(named=True):
        assert selected(adam(), row["dataset"], row["predicate"], row["key"]) == row["keys"]


def test_the_tables_name_the_evaluators() -> None:
    numbers = index_results(tables()["results"])
    args = resolved_args(plan_analyses(trial()), {})
    crossed, _, agreement = concordance_tables(numbers, trial(), args)
    assert [column.label for column in crossed.columns] == ["CR", "PR", "SD", "PD", "All"]
    assert crossed.columns[0].group == "Central review"
    labels = [row.label for row in agreement.rows]
    assert "Adjudication pending" in labels
    assert "Investigator earlier" in labels


def test_the_first_of_a_pair_is_the_one_held_against_the_other() -> None:
    fields = protocol_of().model_dump()
    plain = derive_adam(tables_of(SITUATIONS), protocol_of())["ADCONC"]
    assert set(plain["EVAL1"]) == {"INV"}
    fields["concordance"] = [{"evaluator": "BIRC", "reference": "INV", "population": "ITT"}]
    turned = derive_adam(tables_of(SITUATIONS), Protocol.model_validate(fields))["ADCONC"]
    assert set(turned["EVAL1"]) == {"BIRC"}
    late = turned.filter(USUBJID="second accepted").row(0, named=True)
    assert [late["PDCAT"], late["LATEFL"], late["PDDIFF"]] == ["FIRST LATER", "Y", 42]


def test_without_the_comparison_there_is_no_agreement() -> None:
    found = analyse(small_adam(), trial(), run_id="test")["results"]
    assert found.filter(analysis_id=NAME).is_empty()
