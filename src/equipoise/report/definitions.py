# SPDX-License-Identifier: Apache-2.0
"""What stands behind each printed number, as JSON for the page's panel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.report.compact import members, with_words_once
from equipoise.report.footnotes import argument_words, method_name
from equipoise.report.numbers import Number, Numbers
from equipoise.report.patient_rows import Patients
from equipoise.report.profiles import profile_records
from equipoise.report.words import arm_name, evaluator_name, population_name, sentence_case


def definitions_json(
    printed: Iterable[Number],
    numbers: Numbers,
    tables: Mapping[str, pl.DataFrame],
    protocol: Protocol,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
    *,
    patients: Patients | None,
) -> str:
    """Definitions of the printed numbers, of their numerators and denominators, and their rows.

    Without `patients` a row set is its size alone, and nothing names or describes a patient.

    `</` never stands in the text, so that it cannot end the script element it lies in.
    """
    wanted = {number.result_id: number for number in printed}
    for number in list(wanted.values()):
        for linked in (number.numer_id, number.denom_id):
            if linked and linked in numbers.by_id:
                wanted[linked] = numbers.by_id[linked]
    ordered = [wanted[name] for name in sorted(wanted)]
    used = {(number.analysis_id, number.method_id) for number in ordered}
    rows = _rowsets(tables["rowset"], {n.rowset_id for n in ordered}, patients)
    content: dict[str, Any] = {
        "analyses": {
            f"{row['analysis_id']}|{row['method_id']}": _analysis(row, protocol, args)
            for row in tables["analysis"].iter_rows(named=True)
            if (row["analysis_id"], row["method_id"]) in used
        },
        "results": {number.result_id: _result(number, protocol) for number in ordered},
        "rowsets": rows,
        "evaluators": [[item.id, item.label] for item in protocol.evaluators],
        "month": protocol.days_per_month,
    }
    if patients is not None:
        content |= {
            "subjects": patients.subjects,
            "profiles": profile_records(patients, protocol),
        }
    text = json.dumps(
        with_words_once(content), ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _analysis(
    row: Mapping[str, Any], protocol: Protocol, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> dict[str, Any]:
    words = argument_words(args[row["analysis_id"], row["method_id"]])
    return {
        "label": row["label"],
        "method": method_name(row["method_id"]),
        "purpose": row["purpose"].capitalize(),
        "estimand": row["estimand"],
        "population": population_name(protocol, row["population"]),
        "dataset": row["dataset"],
        "where": row["where"],
        "args": words,
        "protocol": row["protocol_ref"],
        "code": row["code_ref"],
        "hash": row["spec_hash"],
    }


def _result(number: Number, protocol: Protocol) -> dict[str, Any]:
    """One number; absent fields are left out to keep the page small."""
    compared = number.comparator and number.reference
    whom = arm_name(protocol, number.arm)
    if compared:
        whom = f"{arm_name(protocol, number.comparator)} v {arm_name(protocol, number.reference)}"
    content = {
        "a": f"{number.analysis_id}|{number.method_id}",
        "s": number.stat_label,
        "d": number.display,
        "w": whom,
        "l": ", ".join(sentence_case(level) for level in number.levels),
        "t": number.time,
        "v": number.value,
        "u": number.unit if number.unit != "1" else None,
        "e": evaluator_name(protocol, number.evaluator),
        "r": number.ruleset,
        "c": number.convention,
        "ci": number.ci_of,
        "x": number.state_reason,
        "m": number.warning or number.value_text,
        "nu": number.numer_id,
        "de": number.denom_id,
        "rs": number.rowset_id,
        "k": number.n_rows,
    }
    return {name: value for name, value in content.items() if value not in (None, "")}


def _rowsets(
    rowset: pl.DataFrame, wanted: set[str | None], patients: Patients | None
) -> dict[str, Any]:
    """Row sets: how many patients, and as places in the list of subjects, which they are."""
    rows = rowset.filter(pl.col("rowset_id").is_in([name for name in wanted if name]))
    content = {}
    for row in rows.sort("rowset_id").iter_rows(named=True):
        who = dict.fromkeys(key.split(":")[0] for key in row["keys"])
        content[row["rowset_id"]] = {
            "d": row["dataset"],
            "p": row["predicate"],
            "n": len(who),
        }
        if patients is not None:
            content[row["rowset_id"]]["k"] = members([patients.place[name] for name in who])
    return content
