# SPDX-License-Identifier: Apache-2.0
"""The parts of a report in reading order: what stands in which section, and its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.report.abstract import Paragraph, abstract_paragraphs
from equipoise.report.adherence_table import adherence_table
from equipoise.report.adverse_event_detail import grade_table, kind_tables
from equipoise.report.adverse_event_figure import adverse_event_figures
from equipoise.report.adverse_event_table import common_table, overview_table, term_table
from equipoise.report.boundary_figure import boundary_figure
from equipoise.report.concordance_table import concordance_tables
from equipoise.report.convention_table import convention_tables
from equipoise.report.deaths_table import deaths_table
from equipoise.report.exposure_table import dose_table, duration_table
from equipoise.report.figures import Figure
from equipoise.report.flow import Flow, patient_flow
from equipoise.report.forest_figure import forest_figures
from equipoise.report.hazards_table import hazards_table, multivariable_tables
from equipoise.report.kaplan_meier_figure import kaplan_meier_figure
from equipoise.report.laboratory_table import shift_table
from equipoise.report.left_out import left_out_table
from equipoise.report.listing_tables import listing_tables
from equipoise.report.liver_table import liver_table
from equipoise.report.look_table import look_table
from equipoise.report.numbers import Number, Numbers
from equipoise.report.occurrence_table import occurrence_tables
from equipoise.report.origin import Origin
from equipoise.report.patient_rows import Patients, index_patients
from equipoise.report.published_table import assumption_table, published_table
from equipoise.report.responders_table import responders_tables
from equipoise.report.response_subgroup_table import response_subgroup_tables
from equipoise.report.response_table import response_table
from equipoise.report.rule_set_table import rule_set_tables
from equipoise.report.shells import baseline_table, disposition_table, populations_table
from equipoise.report.special_interest_table import special_interest_table
from equipoise.report.spider_figure import spider_figure
from equipoise.report.stratification_table import stratification_table
from equipoise.report.subgroup_table import subgroup_tables
from equipoise.report.survival_table import follow_up_table, survival_table
from equipoise.report.swimmer_figure import swimmer_figures
from equipoise.report.table import Table, cell_numbers, without_idle_notes
from equipoise.report.treatment_end_table import treatment_end_table
from equipoise.report.waterfall_figure import waterfall_figure

PURPOSES = {"primary": "Primary", "secondary": "Secondary", "sensitivity": "Sensitivity"}

Block = Table | Figure | Flow | Paragraph
Results = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page, reached from its navigation."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    eyebrow: str = ""
    nav: str = ""


def compose(
    results: Results,
    protocol: Protocol,
    numbers: Numbers,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
    *,
    origin: Origin,
    patients: bool = True,
) -> list[Section]:
    """The parts of the report with their tables and figures numbered: one for every format.

    Without `patients` what shows single patients is left out, and curves are drawn coarsely.
    """
    sections = _sections(results, protocol, numbers, args, origin=origin, patients=patients)
    return _numbered(sections)


def extent(cutoff: str | None) -> str:
    """Up to when the data count, as every heading says it."""
    return f"data cut-off {cutoff}" if cutoff else "all data recorded"


def _sections(
    results: Results,
    protocol: Protocol,
    numbers: Numbers,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
    *,
    origin: Origin,
    patients: bool,
) -> list[Section]:
    """The parts of the page in reading order; a part without content is left out."""
    readers: list[Table | None] = [
        response_table(item.id, numbers, protocol, args) for item in protocol.evaluators
    ]
    readers += responders_tables(numbers, protocol, args)
    readers += response_subgroup_tables(numbers, protocol, args)
    people = index_patients(results)
    each = patient_figures(people, numbers, protocol, across=origin.label)
    published = published_table(results.get("published"), numbers, protocol, note=origin.note)
    found = [
        _section(
            "abstract", "Abstract", [*abstract_paragraphs(results["sentence"], numbers, protocol)]
        ),
        _section(
            "patients",
            "Patients",
            [
                patient_flow(numbers, protocol),
                populations_table(numbers, protocol),
                disposition_table(numbers, protocol),
                treatment_end_table(numbers, protocol),
                baseline_table(numbers, protocol, args),
                stratification_table(numbers, protocol),
                *occurrence_tables(numbers, protocol),
            ],
        ),
        *_efficacy(numbers, protocol, args, origin=origin, patients=patients),
        _section("follow-up", "Follow-up", [follow_up_table(numbers, protocol, args)]),
        _section("response", "Tumour response", readers),
        _section("adherence", "Schedule of assessments", [adherence_table(numbers, protocol)]),
        _section("concordance", "Concordance", concordance_tables(numbers, protocol, args)),
        _section(
            "each-patient",
            "Each patient",
            each if patients else (),
        ),
        _section(
            "exposure",
            "Exposure",
            [duration_table(numbers, protocol, args), dose_table(numbers, protocol, args)],
        ),
        _section(
            "safety",
            "Adverse events",
            [
                overview_table(numbers, protocol),
                *adverse_event_figures(numbers, protocol, label=origin.label),
                common_table(numbers, protocol),
                term_table(numbers, protocol),
                grade_table(numbers, protocol),
                *kind_tables(numbers, protocol),
                special_interest_table(numbers, protocol, args),
                deaths_table(numbers, protocol),
            ],
        ),
        _section(
            "laboratory",
            "Laboratory results",
            [shift_table(numbers, protocol), liver_table(numbers, protocol)],
        ),
        _section("listings", "Listings", listing_tables(people, protocol) if patients else []),
        _section("published", "Published beside computed", [published]),
        _section(
            "conventions",
            "Conventions",
            convention_tables(results.get("convention_difference"), numbers, protocol),
        ),
        _section("assumptions", "Assumptions", [assumption_table(protocol)]),
    ]
    shown = [getattr(block, "id", "") for section in found for block in section.blocks]
    names = [*shown, "abstract-1", *(["listing-"] if patients else [])]
    left_out = [left_out_table(names, patients=patients)]
    found.append(_section("left-out", "Displays left out", left_out))
    return [section for section in found if section.blocks]


def patient_figures(
    patients: Patients, numbers: Numbers, protocol: Protocol, *, across: str
) -> list[Figure | None]:
    """Waterfalls, spiders and swimmers, in which one patient is one bar, line or lane."""
    made: list[Figure | None] = []
    for draw in (waterfall_figure, spider_figure):
        for evaluator in protocol.evaluators:
            made.append(draw(evaluator, patients, numbers, protocol, across=across))
    return [*made, *swimmer_figures(patients, numbers, protocol, across=across)]


def _section(
    name: str, title: str, blocks: Iterable[Block | None], *, eyebrow: str = "", nav: str = ""
) -> Section:
    return Section(name, title, tuple(item for item in blocks if item), eyebrow, nav or title)


def _efficacy(
    numbers: Numbers,
    protocol: Protocol,
    args: Mapping[tuple[str, str], Mapping[str, Any]],
    *,
    origin: Origin,
    patients: bool,
) -> list[Section]:
    """One section per time-to-event analysis: its figure and its table."""
    return [
        _section(
            f"analysis-{analysis.id}",
            analysis.label,
            [
                kaplan_meier_figure(
                    analysis, numbers, protocol, label=origin.label, patients=patients
                ),
                survival_table(analysis, numbers, protocol, args),
                boundary_figure(analysis, numbers, protocol, label=origin.label),
                look_table(analysis, numbers, protocol, args),
                *forest_figures(analysis, numbers, protocol, label=origin.label),
                *subgroup_tables(analysis, numbers, protocol, args),
                hazards_table(analysis, numbers, protocol, args),
                *multivariable_tables(analysis, numbers, protocol, args),
                *rule_set_tables(analysis, numbers, protocol, args),
            ],
            eyebrow=f"{PURPOSES.get(analysis.purpose, analysis.purpose.capitalize())} analysis",
        )
        for analysis in protocol.analyses
        if numbers.of(analysis.id, "kaplan-meier")
    ]


def _numbered(sections: list[Section]) -> list[Section]:
    """Tables and figures counted through the page; the flow of patients is a figure."""
    counts = {"table": 0, "figure": 0}
    done = []
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Paragraph):
                blocks.append(block)
                continue
            kind = "table" if isinstance(block, Table) else "figure"
            counts[kind] += 1
            shown = without_idle_notes(block) if isinstance(block, Table) else block
            blocks.append(replace(shown, number=counts[kind]))
        done.append(replace(section, blocks=tuple(blocks)))
    return done


def printed_numbers(sections: Iterable[Section]) -> list[Number]:
    """Every result that the sections print."""
    found: list[Number] = []
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Table):
                found += cell_numbers(block)
            elif isinstance(block, Figure):
                for drawing in block.drawings:
                    found += [*drawing.numbers, *drawing.steps]
            elif isinstance(block, Flow):
                boxes = [*block.top, *(box for _, arm in block.arms for box in arm)]
                found += [item.number for box in boxes for item in box.items]
            else:
                parts = [part for sentence in block.sentences for part in sentence.parts]
                found += [part for part in parts if isinstance(part, Number)]
    return found
