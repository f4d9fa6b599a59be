# SPDX-License-Identifier: Apache-2.0
"""Plan and ADaM to results; with the files it calls, the only user of statistics on trial data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from equipoise.errors import Fault, ResultError
from equipoise.protocol.model import Protocol
from equipoise.results.adherence import adherence, adherence_of_patients
from equipoise.results.adverse_event_difference import event_difference
from equipoise.results.adverse_event_grades import worst_grades
from equipoise.results.adverse_events import adverse_events
from equipoise.results.agreement import agreement
from equipoise.results.baseline import baseline
from equipoise.results.checks import check_results
from equipoise.results.comparison import cox, logrank, logrank_overall
from equipoise.results.curve import curve, risk
from equipoise.results.deaths import deaths
from equipoise.results.discrepancy import discrepancy, discrepancy_difference
from equipoise.results.display_rows import display_rows
from equipoise.results.disposition import disposition
from equipoise.results.event_rates import event_rates
from equipoise.results.exposure import exposure_drug, exposure_duration
from equipoise.results.follow_up import follow_up
from equipoise.results.group_sequential import ADLOOK, group_sequential
from equipoise.results.hazards import proportional, restricted_mean
from equipoise.results.interval_times import interval_hazard, turnbull_summary
from equipoise.results.laboratory import grade_shifts
from equipoise.results.landmark_difference import landmark_difference
from equipoise.results.liver_tests import liver_tests
from equipoise.results.multivariable import multivariable
from equipoise.results.occurrences import occurrences
from equipoise.results.plan import plan_analyses, plan_tasks
from equipoise.results.responders import time_among_responders
from equipoise.results.response import best_response, response
from equipoise.results.response_comparison import association, odds_ratio, rate_difference
from equipoise.results.response_subgroups import subgroup_differences, subgroup_rates
from equipoise.results.rule_set_moves import rule_set_moves
from equipoise.results.schema import Result, results_table, rowset_table
from equipoise.results.sentences import sentence_table
from equipoise.results.shown import shown
from equipoise.results.stratification import stratification
from equipoise.results.subgroups import subgroup_hazard, subgroup_interaction, subgroup_summary
from equipoise.results.task import Task
from equipoise.results.time_to_event import time_to_event
from equipoise.results.treatment_end import treatment_end

Method = Callable[..., list[Result]]

# A method's name up to its first stop names its function; longer names win.
METHODS: dict[str, Method] = {
    "kaplan-meier": time_to_event,
    "kaplan-meier.curve": curve,
    "kaplan-meier.risk": risk,
    "kaplan-meier.difference": landmark_difference,
    "kaplan-meier.subgroup": subgroup_summary,
    "cox.subgroup": subgroup_hazard,
    "cox.interaction": subgroup_interaction,
    "cox.proportional": proportional,
    "cox.multivariable": multivariable,
    "rmst": restricted_mean,
    "follow-up": follow_up,
    "cox": cox,
    "logrank": logrank,
    "logrank.overall": logrank_overall,
    "adherence": adherence,
    "adherence.patients": adherence_of_patients,
    "agreement": agreement,
    "discrepancy": discrepancy,
    "discrepancy.early.difference": discrepancy_difference,
    "discrepancy.late.difference": discrepancy_difference,
    "turnbull": turnbull_summary,
    "interval-cox": interval_hazard,
    "moves": rule_set_moves,
    "group-sequential": group_sequential,
    "clopper-pearson": response,
    "clopper-pearson.subgroup": subgroup_rates,
    "rate-difference.subgroup": subgroup_differences,
    "rate-difference": rate_difference,
    "odds-ratio": odds_ratio,
    "association": association,
    "bor": best_response,
    "responders": time_among_responders,
    "shown": shown,
    "disposition": disposition,
    "treatment-end": treatment_end,
    "therapy": occurrences,
    "deviations": occurrences,
    "stratification": stratification,
    "summary": baseline,
    "count": baseline,
    "exposure.duration": exposure_duration,
    "exposure.drug": exposure_drug,
    "count.kinds": adverse_events,
    "count.terms": adverse_events,
    "count.grades": worst_grades,
    "event-rate.kinds": event_rates,
    "deaths": deaths,
    "shift": grade_shifts,
    "liver-tests": liver_tests,
    "rate-difference.kinds": event_difference,
    "rate-difference.terms": event_difference,
}


def analyse(
    adam: Mapping[str, pl.DataFrame], protocol: Protocol, *, run_id: str
) -> dict[str, pl.DataFrame]:
    """Everything the protocol asks of the trial's ADaM tables.

    Parameters    adam : ADSL, ADRS, ADTTE and ADAE; ADLOOK where the data are those of a look
                  run_id : goes into every row
    Returns       results, analysis, rowset, sentence, display_rows - each as its contract states
    Raises        ResultError - all faults found on the door, none of the tables given out
    """
    results: list[Result] = []
    faults: list[Fault] = []
    looks = ADLOOK in adam
    for task in plan_tasks(protocol, looks=looks):
        try:
            results += _method(task)(task, adam, protocol, run_id=run_id)
        except ResultError as error:
            faults += error.faults
    if faults:
        raise ResultError(list(dict.fromkeys(faults)))
    table = results_table(results)
    tables = {
        "results": table,
        "analysis": plan_analyses(protocol, looks=looks),
        "rowset": rowset_table(results),
        "sentence": sentence_table(table, protocol),
        "display_rows": display_rows(adam, protocol),
    }
    check_results(tables)
    return tables


def _method(task: Task) -> Method:
    return METHODS.get(task.method_id) or METHODS[task.method_id.partition(".")[0]]
