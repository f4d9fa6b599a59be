# SPDX-License-Identifier: Apache-2.0
"""Published figures beside ours: agreement at the decimals printed, no verdict from nothing."""

from __future__ import annotations

from typing import Any

import polars as pl
from tests.analysed import small_adam, small_analysis_protocol
from tests.study import REPOSITORY

from equipoise.protocol.read import read_protocol
from equipoise.results.published import compare_published
from equipoise.results.run import analyse

BOUND = {"analysis": "PFS", "stat": "median"}


def compared(*figures: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Rows of the comparison: arm, part, published, computed, difference, verdict."""
    whole = [{"id": f"f{i}", "label": "Figure", **item} for i, item in enumerate(figures)]
    protocol = small_analysis_protocol(published={"source": "a journal", "figures": whole})
    results = analyse(small_adam(), protocol, run_id="test")["results"]
    table = compare_published(results, protocol)
    return table.select("arm", "part", "published", "computed", "difference", "verdict").rows()


def test_a_value_is_rounded_to_the_decimals_printed() -> None:
    # the median is 120 days, 3.9425... months
    arms = {"EXP": {"value": "3.9"}, "CTRL": {"value": "3.94"}}
    figure = {"kind": "median", "bind": BOUND, "arms": arms}
    assert compared(figure) == [
        ("EXP", "value", "3.9", "3.9", 0.0, "agrees"),
        ("CTRL", "value", "3.94", "2.63", -1.31, "differs"),
    ]


def test_an_interval_is_compared_limit_by_limit() -> None:
    figure = {"kind": "median", "bind": BOUND, "arms": {"EXP": {"ci": ["3.0", "9.9"]}}}
    assert compared(figure) == [
        ("EXP", "lcl", "3.0", "3.0", 0.0, "agrees"),
        ("EXP", "ucl", "9.9", "NR", None, "differs"),
    ]


def test_a_count_its_denominator_and_its_percentage() -> None:
    bind = {"analysis": "ORR", "stat": "pct"}
    printed = {"EXP": {"n": 2, "of": 3, "pct": "67"}}
    assert compared({"kind": "proportion", "bind": bind, "arms": printed}) == [
        ("EXP", "n", "2", "2", 0.0, "agrees"),
        ("EXP", "of", "3", "3", 0.0, "agrees"),
        ("EXP", "pct", "67", "67", 0.0, "agrees"),
    ]


def test_an_overall_hazard_ratio_is_that_of_the_only_comparison() -> None:
    bind = {"analysis": "PFS", "stat": "hr"}
    printed = {"value": "0.58", "p": "<0.001"}
    assert compared({"kind": "hazard-ratio", "bind": bind, "printed": printed}) == [
        ("ALL", "value", "0.58", "0.58", 0.0, "agrees"),
        ("ALL", "p", "<0.001", "0.5860", None, "differs"),
    ]


def test_quartiles_of_follow_up() -> None:
    bind = {"analysis": "PFS", "stat": "followup_median"}
    printed = {"value": "5.9", "iqr": ["5.3", "6.6"]}
    assert [row[-1] for row in compared({"kind": "median", "bind": bind, "printed": printed})] == [
        "agrees",
        "agrees",
        "agrees",
    ]


def test_what_nobody_computes_has_no_verdict_of_agreement() -> None:
    nowhere = {"analysis": "OS", "stat": "median"}
    statement = {"kind": "statement", "printed": {"text": "benefit in most subgroups"}}
    unknown = {"kind": "median", "bind": nowhere, "printed": {"value": "9.1"}}
    assert [row[-1] for row in compared(statement, unknown)] == ["not computed", "not computed"]


def test_not_reached_is_compared_as_a_state() -> None:
    printed = {"EXP": {"text": "not reached"}}
    figure = {"kind": "median", "bind": BOUND, "arms": printed}
    assert compared(figure) == [("EXP", "text", "not reached", "3.9", None, "differs")]


def test_every_figure_of_the_bundled_trials_is_in_the_table() -> None:
    for path in sorted((REPOSITORY / "protocols").glob("*.yaml")):
        protocol = read_protocol(path.read_text(encoding="utf-8"), file=path.name)[0]
        nothing = analyse(small_adam(), small_analysis_protocol(), run_id="t")["results"].clear()
        table = compare_published(nothing, protocol)
        figures = protocol.published.figures if protocol.published else ()
        assert set(table["figure"]) == {figure.id for figure in figures}
        assert table.filter(pl.col("verdict") != "not computed").is_empty()
