# SPDX-License-Identifier: Apache-2.0
"""The primary comparison as a look sees it: its rows, its events and its test statistic."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import polars as pl

from equipoise.errors import Fault, ProtocolError, ResultError
from equipoise.protocol.model import Analysis, Protocol, SurvivalDesign
from equipoise.results.comparison import cox, logrank
from equipoise.results.groups import rows_where, table_of
from equipoise.results.plan_efficacy import plan_efficacy
from equipoise.results.schema import Result
from equipoise.results.task import Task
from equipoise.statistics.normal import critical_value


def look_analysis(protocol: Protocol) -> Analysis:
    """The analysis that the looks of the design test: the first log-rank test of its endpoint.

    Raises ProtocolError where there is none, or no design with looks.
    """
    design = protocol.design
    found = [
        item
        for item in protocol.analyses
        if isinstance(design, SurvivalDesign)
        and item.endpoint == design.endpoint
        and {"logrank", "cox"} <= set(item.methods)
    ]
    if not found:
        raise ProtocolError(
            Fault(
                what="no analysis tests the endpoint whose looks the design plans",
                where="analyses",
                mend="give an analysis of `design.endpoint` with methods logrank and cox",
            )
        )
    return found[0]


def look_name(look: int, last: int) -> str:
    """`Interim`, or `Interim 1` where there are several; `Final`."""
    if look == last:
        return "Final"
    return "Interim" if last == 2 else f"Interim {look}"


def look_rows(adam: Mapping[str, pl.DataFrame], protocol: Protocol) -> pl.DataFrame:
    """The rows of ADTTE of the endpoint whose looks the design plans."""
    return rows_where(table_of(adam, "ADTTE"), "ADTTE", _task(protocol, "logrank").where)


def look_statistic(adam: Mapping[str, pl.DataFrame], protocol: Protocol) -> tuple[int, float]:
    """Events of the primary comparison, and its Z, positive in favour of the experimental arm.

    Raises        ResultError - the test has no answer; the fault says why
    Notes         superiority: the log-rank test of the analysis, with its strata. Against a margin:
                  (log margin - log HR) / se of the Cox model, se from its interval.
    """
    design = protocol.design
    assert isinstance(design, SurvivalDesign)  # look_analysis has refused every other
    if design.margin == 1:
        found = logrank(_task(protocol, "logrank"), adam, protocol, run_id="")
        z = -_value(found, "z")
    else:
        task = _task(protocol, "cox")
        found = cox(task, adam, protocol, run_id="")
        half = critical_value(task.args["conf_level"])
        error = (log(_value(found, "ucl")) - log(_value(found, "lcl"))) / (2 * half)
        z = (log(design.margin) - log(_value(found, "hr"))) / error
    keys = pl.Series(found[0].rowset.keys, dtype=pl.String)
    rows = look_rows(adam, protocol).filter(pl.col("USUBJID").is_in(keys.implode()))
    return rows.filter(pl.col("CNSR") == 0).height, z


def _task(protocol: Protocol, method: str) -> Task:
    analysis = look_analysis(protocol).id
    tasks = plan_efficacy(protocol)
    return next(t for t in tasks if (t.analysis_id, t.method_id) == (analysis, method))


def _value(results: list[Result], stat: str) -> float:
    one = next(item for item in results if item.stat == stat)
    if one.value is None:
        raise ResultError(
            Fault(
                what=f"the look has no test: {one.state_reason}",
                where=f"{one.scope.analysis_id}, {one.scope.method_id}, {stat}",
                mend="hold the look when both arms have patients and events have happened",
            )
        )
    return one.value
