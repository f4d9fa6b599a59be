# SPDX-License-Identifier: Apache-2.0
"""The analysis plan from the protocol: endpoint x population x method, every argument resolved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.group_sequential import plan_looks
from equipoise.results.groups import ENROLLED
from equipoise.results.method_args import summary_args
from equipoise.results.plan_adherence import plan_adherence
from equipoise.results.plan_concordance import plan_concordance
from equipoise.results.plan_conduct import plan_conduct
from equipoise.results.plan_efficacy import plan_best_response, plan_efficacy
from equipoise.results.plan_exposure import plan_exposure
from equipoise.results.plan_patients import plan_patients
from equipoise.results.plan_safety import plan_safety
from equipoise.results.plan_sensitivity import plan_sensitivity
from equipoise.results.schema import columns, short_hash
from equipoise.results.task import SPECIFIED, Task, primary_population


def plan_tasks(protocol: Protocol, *, looks: bool = False) -> tuple[Task, ...]:
    """Everything the protocol asks for, in printing order; with `looks` their bounds too."""
    return (
        *_disposition(protocol),
        *_baseline(protocol),
        *plan_conduct(protocol),
        *plan_efficacy(protocol),
        *plan_sensitivity(protocol),
        *(plan_looks(protocol) if looks else ()),
        *plan_best_response(protocol),
        *plan_concordance(protocol),
        *plan_adherence(protocol),
        *plan_patients(protocol),
        *plan_exposure(protocol),
        *plan_safety(protocol),
    )


def plan_analyses(protocol: Protocol, *, looks: bool = False) -> pl.DataFrame:
    """The plan as the table `analysis`: one row per analysis and method."""
    return pl.DataFrame(
        [_row(task) for task in plan_tasks(protocol, looks=looks)],
        schema=columns("analysis"),
        orient="row",
    )


def _row(task: Task) -> dict[str, Any]:
    row: dict[str, Any] = {
        "analysis_id": task.analysis_id,
        "method_id": task.method_id,
        "name": f"{task.analysis_id}, {task.method_id}",
        "label": task.label,
        "reason": task.reason,
        "purpose": task.purpose,
        "protocol_ref": task.protocol_ref,
        "estimand": task.estimand,
        "population": task.population,
        "dataset": task.dataset,
        "variable": task.variable,
        "where": task.where,
        "method_args": json.dumps(dict(task.args), sort_keys=True, ensure_ascii=False),
        "code_ref": f"equipoise.results.{task.module}",
    }
    return {**row, "spec_hash": short_hash(*row.values())}


def _disposition(protocol: Protocol) -> Iterator[Task]:
    yield Task(
        "DISPOSITION",
        "disposition",
        label="Disposition of patients",
        reason=SPECIFIED,
        purpose="DESCRIPTIVE",
        protocol_ref="analysis_sets",
        population=ENROLLED,
        dataset="ADSL",
        variable="EOSSTT",
        where="",
        args={"denominator": "randomised" if protocol.randomisation else "treated"},
        module="disposition",
        convention=protocol.convention,
    )


def _baseline(protocol: Protocol) -> Iterator[Task]:
    for index, factor in enumerate(protocol.baseline):
        args: dict[str, Any] = (
            summary_args(protocol, factor.unit)
            if factor.levels is None
            else {"levels": list(factor.levels), "denominator": "all patients, missing included"}
        )
        yield Task(
            f"BASELINE.{factor.variable}",
            "summary" if factor.levels is None else "count",
            label=factor.label,
            reason=SPECIFIED,
            purpose="DESCRIPTIVE",
            protocol_ref=f"baseline.{index}",
            population=primary_population(protocol),
            dataset="ADSL",
            variable=factor.variable,
            where="",
            args=args,
            module="baseline",
            convention=protocol.convention,
        )
