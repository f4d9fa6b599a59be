# SPDX-License-Identifier: Apache-2.0
"""The exports keep the structure of their standards, and hold every number once, unrounded."""

from __future__ import annotations

import json

import pytest
import yaml
from tests.oracles import REPOSITORY
from tests.readouts import simulated

from equipoise.results.export_ars import ars_json
from equipoise.results.export_cards import cards_json

REFERENCE = yaml.safe_load((REPOSITORY / "tests/reference/ars_ldm.yaml").read_text("utf-8"))
# Property of a class: the class of what it holds.
HOLDS = {
    ("ReportingEvent", "mainListOfContents"): "ListOfContents",
    ("ReportingEvent", "referenceDocuments"): "ReferenceDocument",
    ("ReportingEvent", "terminologyExtensions"): "TerminologyExtension",
    ("TerminologyExtension", "sponsorTerms"): "SponsorTerm",
    ("ReportingEvent", "analysisSets"): "AnalysisSet",
    ("ReportingEvent", "analysisGroupings"): "SubjectGroupingFactor",
    ("ReportingEvent", "dataGroupings"): "DataGroupingFactor",
    ("ReportingEvent", "dataSubsets"): "DataSubset",
    ("ReportingEvent", "methods"): "AnalysisMethod",
    ("ReportingEvent", "analyses"): "Analysis",
    ("ReportingEvent", "outputs"): "Output",
    ("SubjectGroupingFactor", "groups"): "AnalysisGroup",
    ("AnalysisSet", "condition"): "WhereClauseCondition",
    ("AnalysisGroup", "condition"): "WhereClauseCondition",
    ("AnalysisMethod", "operations"): "Operation",
    ("Operation", "referencedOperationRelationships"): "ReferencedOperationRelationship",
    ("Analysis", "orderedGroupings"): "OrderedGroupingFactor",
    ("Analysis", "referencedAnalysisOperations"): "ReferencedAnalysisOperation",
    ("Analysis", "programmingCode"): "AnalysisOutputProgrammingCode",
    ("Analysis", "results"): "OperationResult",
    ("OperationResult", "resultGroups"): "ResultGroup",
    ("Output", "displays"): "OrderedDisplay",
    ("OrderedDisplay", "display"): "OutputDisplay",
    ("OutputDisplay", "displaySections"): "DisplaySection",
    ("DisplaySection", "orderedSubSections"): "OrderedSubSection",
    ("OrderedSubSection", "subSection"): "DisplaySubSection",
}


@pytest.fixture(scope="module", params=["altn-iii-04", "alter-s006"])
def readout(request):
    return simulated(request.param)


@pytest.fixture(scope="module")
def event(readout):
    return json.loads(ars_json(readout.analysed.tables(), readout.displays, readout.trial.protocol))


def faults(item, kind):
    """Every property that the class has not, and every one that it needs and that is missing."""
    known = REFERENCE["classes"][kind]
    for name in set(known["required"]) - set(item):
        yield f"{kind} lacks {name}"
    for name, value in item.items():
        if name not in known["required"] + known["optional"]:
            yield f"{kind} has no {name}"
        inner = HOLDS.get((kind, name))
        for part in (value if isinstance(value, list) else [value]) if inner else ():
            yield from faults(part, inner)


def test_a_reporting_event_has_the_properties_of_the_standard_and_no_other(event):
    assert sorted(set(faults(event, "ReportingEvent"))) == []


def test_terms_are_of_the_lists_or_declared_by_us(event):
    ours = {t["id"] for e in event["terminologyExtensions"] for t in e["sponsorTerms"]}
    for analysis in event["analyses"]:
        for name in ("purpose", "reason"):
            ((kind, term),) = analysis[name].items()
            assert term in (ours if kind == "sponsorTermId" else REFERENCE["lists"][name])
    for display in (d["display"] for o in event["outputs"] for d in o["displays"]):
        for section in display["displaySections"]:
            assert section["sectionType"] in REFERENCE["lists"]["section"]


def test_every_reference_leads_somewhere(event):
    groupings = {g["id"]: g for g in event["analysisGroupings"] + event["dataGroupings"]}
    operations = {o["id"] for m in event["methods"] for o in m["operations"]}
    relations = {
        r["id"]
        for m in event["methods"]
        for o in m["operations"]
        for r in o.get("referencedOperationRelationships", ())
    }
    methods, sets = ({x["id"] for x in event[n]} for n in ("methods", "analysisSets"))
    subsets = {item["id"] for item in event["dataSubsets"]}
    for analysis in event["analyses"]:
        assert analysis.get("dataSubsetId") in {None, *subsets}
        assert analysis["methodId"] in methods or not analysis["results"]
        assert analysis["analysisSetId"] in sets
        for reference in analysis.get("referencedAnalysisOperations", ()):
            assert reference["referencedOperationRelationshipId"] in relations
        for result in analysis["results"]:
            assert result["operationId"] in operations
            for group in result["resultGroups"]:
                grouping = groupings[group["groupingId"]]
                if "groupId" in group:
                    assert group["groupId"] in {g["id"] for g in grouping["groups"]}
    outputs = {o["id"] for o in event["outputs"]}
    items = event["mainListOfContents"]["contentsList"]["listItems"]
    assert {item["outputId"] for item in items} == outputs


def test_every_number_is_there_once_unrounded_and_as_printed(readout, event):
    found = {}
    for analysis in event["analyses"]:
        for result in analysis["results"]:
            (name,) = [
                g["groupValue"] for g in result["resultGroups"] if g["groupingId"] == "RESULT_ID"
            ]
            assert name not in found
            found[name] = result
    rows = readout.analysed.results.select("result_id", "value", "display").rows()
    assert len(rows) == len(found)
    for name, value, display in rows:
        assert found[name]["formattedValue"] == display
        assert ("rawValue" in found[name]) == (value is not None)
        assert value is None or float(found[name]["rawValue"]) == value


def test_cards_records_have_the_columns_of_cards_in_their_order(readout):
    records = json.loads(cards_json(readout.analysed.results))
    columns = [name for name in records[0] if name in REFERENCE["cards"]]
    assert columns == REFERENCE["cards"]
    assert {tuple(record) for record in records} == {tuple(records[0])}
    rows = readout.analysed.results.select("result_id", "value", "stat").rows()
    assert [(r["result_id"], r["stat"], r["stat_name"]) for r in records] == rows
