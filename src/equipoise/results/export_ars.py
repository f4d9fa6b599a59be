# SPDX-License-Identifier: Apache-2.0
"""The results as a CDISC Analysis Results Standard reporting event.

Source: CDISC ARS v1.0, the logical model ars_ldm and its JSON Schema. What ARS has no place for is
kept as groupings: the arms that are compared, the time, and the result_id, so that a reader of the
file finds the same number in `results`. Conditions are kept as the text of a data subset.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import ENROLLED, TOTAL
from equipoise.results.schema import GROUPINGS, short_hash

Json = dict[str, Any]
ARM, COMPARATOR, REFERENCE = "TREATMENT", "COMPARATOR", "REFERENCE"
TIME, SUBSET, RESULT = "TIME", "SUBSET", "RESULT_ID"
PURPOSES = {
    "PRIMARY": "PRIMARY OUTCOME MEASURE",
    "SECONDARY": "SECONDARY OUTCOME MEASURE",
    "EXPLORATORY": "EXPLORATORY OUTCOME MEASURE",
}
REASONS = ("SPECIFIED IN PROTOCOL",)
LIMITS = ("lcl", "ucl")
SHARES = ("pct", "pct_event", "pct_cens")


def ars_json(
    tables: Mapping[str, pl.DataFrame], displays: Mapping[str, pl.DataFrame], protocol: Protocol
) -> bytes:
    """The reporting event as JSON text; the same tables give the same bytes.

    Parameters    tables : results, analysis; displays : display
    """
    results, analysis = tables["results"].to_dicts(), tables["analysis"].to_dicts()
    by_id = {row["result_id"]: row for row in results}
    of_task: dict[tuple[str, str], list[Json]] = {}
    for row in results:
        of_task.setdefault((row["analysis_id"], row["method_id"]), []).append(row)
    outputs = displays["display"].to_dicts()
    event = {
        "id": protocol.identity.id,
        "version": 1,
        "name": protocol.identity.title,
        "description": f"Run {results[0]['run_id']}, convention {protocol.convention}",
        "mainListOfContents": _contents(outputs),
        "referenceDocuments": [{"id": "PROTOCOL", "name": f"Protocol {protocol.identity.id}"}],
        "terminologyExtensions": _extensions(analysis),
        "analysisSets": _sets(protocol),
        "analysisGroupings": [_arms(name, protocol) for name in (ARM, COMPARATOR, REFERENCE)],
        "dataGroupings": _data_groupings(results),
        "dataSubsets": _subsets(analysis),
        "methods": _methods(results, by_id),
        "analyses": [
            _analysis(row, of_task.get((row["analysis_id"], row["method_id"]), []), by_id)
            for row in analysis
        ],
        "outputs": [_output(row) for row in outputs],
    }
    return (json.dumps(event, ensure_ascii=False, indent=1) + "\n").encode()


def _contents(outputs: Iterable[Json]) -> Json:
    items = [
        {"name": row["title"], "level": 1, "order": at, "outputId": row["output_id"]}
        for at, row in enumerate(outputs, start=1)
    ]
    return {"name": "Displays in reading order", "contentsList": {"listItems": items}}


def _extensions(analysis: Iterable[Json]) -> list[Json]:
    """Our words for purpose and reason that the standard's lists do not have."""
    rows = list(analysis)
    return [
        {
            "id": f"EXTENSION.{name}",
            "enumeration": f"Analysis{name.capitalize()}Enum",
            "sponsorTerms": [
                {"id": f"{name}.{term}", "submissionValue": term}
                for term in sorted({row[name.lower()] for row in rows} - set(known))
            ],
        }
        for name, known in (("PURPOSE", PURPOSES), ("REASON", REASONS))
    ]


def _sets(protocol: Protocol) -> list[Json]:
    entered = "RANDDT" if protocol.randomisation else "TRTSDT"
    enrolled = {"dataset": "ADSL", "variable": entered, "comparator": "NE", "value": [""]}
    found = [{"id": ENROLLED, "label": "All enrolled patients", "condition": enrolled}]
    for item in protocol.analysis_sets:
        flag = {"dataset": "ADSL", "variable": item.flag, "comparator": "EQ", "value": ["Y"]}
        found.append({"id": item.id, "label": item.label, "condition": flag})
    return [{**item, "level": 1, "order": at} for at, item in enumerate(found, start=1)]


def _arms(name: str, protocol: Protocol) -> Json:
    arms = [
        {
            "id": f"{name}.{arm.id}",
            "label": arm.label,
            "level": 1,
            "order": at,
            "condition": {
                "dataset": "ADSL",
                "variable": "ARMCD",
                "comparator": "EQ",
                "value": [arm.id],
            },
        }
        for at, arm in enumerate(protocol.arms, start=1)
    ]
    return {"id": name, "label": name.capitalize(), "dataDriven": False, "groups": arms}


def _data_groupings(results: Iterable[Json]) -> list[Json]:
    """Variables by whose values results are grouped: those of the rows, and what ARS has not."""
    used: dict[str, str] = {}
    for row in results:
        for at in range(1, GROUPINGS + 1):
            if row[f"g{at}_var"]:
                used.setdefault(row[f"g{at}_var"], row["dataset"])
    labels = {
        TIME: "Months since the start of the time scale",
        SUBSET: "Subset of the population",
        RESULT: "Identifier of the number in the table results",
    }
    own = [{"id": name, "label": text, "dataDriven": True} for name, text in labels.items()]
    return own + [
        {
            "id": name,
            "label": name,
            "groupingDataset": used[name],
            "groupingVariable": name,
            "dataDriven": True,
        }
        for name in sorted(used)
    ]


def _subsets(analysis: Iterable[Json]) -> list[Json]:
    conditions = sorted({row["where"] for row in analysis} - {""})
    return [
        {"id": _subset_id(text), "label": text, "level": 1, "order": at}
        for at, text in enumerate(conditions, start=1)
    ]


def _subset_id(condition: str) -> str:
    return f"SUBSET.{short_hash(condition)}"


def _operation(row: Json, by_id: Mapping[str, Json]) -> str:
    """The operation that made a number; a limit is one of its estimate's."""
    stat = row["stat"]
    if stat in LIMITS and row["ci_of"] in by_id:
        stat = f"{by_id[row['ci_of']]['stat']}.{stat}"
    return f"{row['method_id']}.{stat}"


def _methods(results: Iterable[Json], by_id: Mapping[str, Json]) -> list[Json]:
    """Each method with its operations in the order they first appear."""
    methods: dict[str, dict[str, Json]] = {}
    for row in results:
        operations = methods.setdefault(row["method_id"], {})
        name = _operation(row, by_id)
        if name not in operations:
            operations[name] = {
                "id": name,
                "name": row["stat"],
                "label": row["stat_label"],
                "order": len(operations) + 1,
                "resultPattern": row["fmt"],
            }
        if row["stat"] in SHARES:
            operations[name]["referencedOperationRelationships"] = [
                {
                    "id": f"{name}.{role}",
                    "referencedOperationRole": {"controlledTerm": role},
                    "operationId": _operation(by_id[row[column]], by_id),
                }
                for role, column in (("NUMERATOR", "numer_id"), ("DENOMINATOR", "denom_id"))
            ]
    return [
        {"id": name, "name": name, "operations": list(found.values())}
        for name, found in methods.items()
    ]


def _analysis(row: Json, results: list[Json], by_id: Mapping[str, Json]) -> Json:
    name = f"{row['analysis_id']}/{row['method_id']}"
    groupings = [ARM, *(g for r in results for g in _levels(r)), RESULT]
    made: Json = {
        "id": name,
        "version": 1,
        "name": row["name"],
        "label": row["label"],
        "description": f"{row['method_args']}; protocol: {row['protocol_ref']}",
        "reason": _term("REASON", row["reason"], {name: name for name in REASONS}),
        "purpose": _term("PURPOSE", row["purpose"], PURPOSES),
        "dataset": row["dataset"],
        "variable": row["variable"],
        "analysisSetId": row["population"],
        **({"dataSubsetId": _subset_id(row["where"])} if row["where"] else {}),
        "methodId": row["method_id"],
        "orderedGroupings": [
            {"order": at, "groupingId": group, "resultsByGroup": True}
            for at, group in enumerate(dict.fromkeys(groupings), start=1)
        ],
        "programmingCode": {"context": "Python, equipoise", "code": row["code_ref"]},
        "results": [_result(item, by_id) for item in results],
    }
    shares = dict.fromkeys(_operation(r, by_id) for r in results if r["stat"] in SHARES)
    if shares:
        made["referencedAnalysisOperations"] = [
            {"referencedOperationRelationshipId": f"{operation}.{role}", "analysisId": name}
            for operation in shares
            for role in ("NUMERATOR", "DENOMINATOR")
        ]
    return made


def _term(name: str, term: str, known: Mapping[str, str]) -> Json:
    return {"controlledTerm": known[term]} if term in known else {"sponsorTermId": f"{name}.{term}"}


def _levels(row: Json) -> list[str]:
    return [row[f"g{at}_var"] for at in range(1, GROUPINGS + 1) if row[f"g{at}_var"]]


def _result(row: Json, by_id: Mapping[str, Json]) -> Json:
    groups: list[Json] = []
    for grouping, column in ((ARM, "arm"), (COMPARATOR, "comparator"), (REFERENCE, "reference")):
        if row[column] and row[column] != TOTAL:
            groups.append({"groupingId": grouping, "groupId": f"{grouping}.{row[column]}"})
    for at in range(1, GROUPINGS + 1):
        if row[f"g{at}_var"]:
            groups.append({"groupingId": row[f"g{at}_var"], "groupValue": row[f"g{at}_level"]})
    if row["time"] is not None:
        groups.append({"groupingId": TIME, "groupValue": repr(row["time"])})
    if row["subset"]:
        groups.append({"groupingId": SUBSET, "groupValue": row["subset"]})
    groups.append({"groupingId": RESULT, "groupValue": row["result_id"]})
    found = {"operationId": _operation(row, by_id), "resultGroups": groups}
    # no raw value where there is none: the formatted one says NR, NE or NA
    raw = {"rawValue": repr(row["value"])} if row["value"] is not None else {}
    return {**found, **raw, "formattedValue": row["display"]}


def _output(row: Json) -> Json:
    name = row["output_id"]
    titles = [text for text in (row["title"], row["population"], row["cutoff"]) if text]
    sections = [("Title", titles), ("Footnote", row["footnotes"])]
    display = {
        "id": f"{name}.display",
        "version": 1,
        "name": row["title"],
        "displayTitle": row["title"],
        "displaySections": [
            {
                "sectionType": kind,
                "orderedSubSections": [
                    {"order": at, "subSection": {"id": f"{name}.{kind}.{at}", "text": text}}
                    for at, text in enumerate(texts, start=1)
                ],
            }
            for kind, texts in sections
            if texts
        ],
    }
    return {
        "id": name,
        "version": 1,
        "name": row["title"],
        "displays": [{"order": 1, "display": display}],
    }
