# SPDX-License-Identifier: Apache-2.0
"""Deviations, and strata as randomised, are counted where the data record them, and only there."""

from __future__ import annotations

import polars as pl
import pytest
from tests.readouts import simulated

from equipoise.adam import derive_adam
from equipoise.report.left_out import catalogue
from equipoise.report.numbers import index_results
from equipoise.report.occurrence_table import occurrence_tables
from equipoise.report.stratification_table import stratification_table
from equipoise.results.plan import plan_tasks
from equipoise.results.run import METHODS
from equipoise.results.schema import results_table


def counted(adam, protocol, *methods):
    tasks = [task for task in plan_tasks(protocol) if task.method_id in methods]
    made = [r for t in tasks for r in METHODS[t.method_id](t, adam, protocol, run_id="test")]
    return results_table(made)


@pytest.fixture(scope="module")
def trial():
    return simulated("altn-iii-04")


@pytest.fixture(scope="module")
def adam(trial):
    """The simulated trial with two deviations of one patient, and one in another stratum."""
    tables = dict(trial.evidence.tables)
    people = tables["DM"].sort("USUBJID")["USUBJID"].to_list()
    study = tables["DM"]["STUDYID"][0]
    deviations = [(people[0], 1, "Scan out of window", "TIMING"), (people[0], 2, "Dose", "DOSING")]
    tables["DV"] = pl.DataFrame(
        [
            {"STUDYID": study, "USUBJID": who, "DVSEQ": n, "DVTERM": term, "DVCAT": kind}
            for who, n, term, kind in deviations
        ]
    )
    recorded = tables["SUPPDM"].filter(QNAM="ECOG")
    other = {"0": "1", "1": "0"}
    wrong = pl.col("USUBJID") == people[1]
    used = recorded.with_columns(
        QNAM=pl.lit("STRAT1R"),
        QVAL=pl.when(wrong).then(pl.col("QVAL").replace(other)).otherwise("QVAL"),
    )
    tables["SUPPDM"] = pl.concat([tables["SUPPDM"], used])
    return derive_adam(tables, trial.trial.protocol)


def test_a_patient_with_two_deviations_counts_once_in_all_and_once_in_each_kind(trial, adam):
    found = counted(adam, trial.trial.protocol, "deviations").filter(stat="n", arm="ALL")
    rows = found.select("g1_level", "g2_level", "value").rows()
    assert rows == [
        ("ANY", None, 1.0),
        ("DOSING", None, 1.0),
        ("DOSING", "Dose", 1.0),
        ("TIMING", None, 1.0),
        ("TIMING", "Scan out of window", 1.0),
    ]
    (table,) = occurrence_tables(
        index_results(counted(adam, trial.trial.protocol, "deviations")), trial.trial.protocol
    )
    assert table.id == "deviations"
    assert table.rows[0].label == "Any deviation"


def test_who_was_randomised_in_another_stratum_than_recorded_is_counted(trial, adam):
    results = counted(adam, trial.trial.protocol, "stratification")
    found = results.filter(stat="n", arm="ALL")
    assert set(found["g1_level"]) == {"ECOG"}, "the second factor has no STRAT2R"
    different = found.filter(g2_level="DIFFERENT")["value"].item()
    assert different == 1
    whole = found.filter(g2_level="RANDOMISED")["value"].sum()
    assert whole == adam["ADSL"].filter(ITTFL="Y").height
    table = stratification_table(index_results(results), trial.trial.protocol)
    assert [row.label for row in table.rows][-1] == "Recorded otherwise than randomised"


def test_without_their_sources_there_are_no_such_rows(trial):
    adam, protocol = trial.adam, trial.trial.protocol
    assert counted(adam, protocol, "deviations", "stratification").is_empty()
    takes = {display.name: display.takes for display in catalogue()}
    assert "DV" in takes["Protocol deviations"]
    assert "STRAT1R" in takes["Stratification factors"]
