# SPDX-License-Identifier: Apache-2.0
"""The readout as one PDF: cover, contents, numbered tables and figures, methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.abstract import Paragraph
from equipoise.report.figures import Figure, print_drawings
from equipoise.report.flow import Box, Flow
from equipoise.report.numbers import Number
from equipoise.report.origin import origin_of
from equipoise.report.print.drawings import drawing_name
from equipoise.report.print.grid import (
    Grid,
    Setting,
    grid_of,
    notes_of,
    parts_text,
    plain,
    subtitle,
)
from equipoise.report.print.result_ids import result_ids
from equipoise.report.print.typeset import document_date, typeset
from equipoise.report.sections import Block, Section
from equipoise.report.summary import Card, facts, treatments
from equipoise.report.table import Table

Data = dict[str, Any]


def book_pdf(data: Data, drawings: Mapping[str, str]) -> bytes:
    """The document as PDF: tagged for readers by ear (PDF/UA-1), and PDF/A where it has a date."""
    standards = ("a-2a", "ua-1") if data["date"] else ("ua-1",)
    return typeset("readout.typ", data, drawings=drawings, kind="pdf", standards=standards)


def book_data(
    sections: Iterable[Section],
    protocol: Protocol,
    setting: Setting,
    *,
    cards: Iterable[Card],
    methods: Iterable[Mapping[str, Any]],
    run: Mapping[str, Any],
) -> Data:
    """What the template prints, all of it text; figures by the files of their wide drawings."""
    sections, cards = list(sections), list(cards)
    identity = protocol.identity
    head = (f"Phase {identity.phase}", identity.blinding, identity.registration)
    data: Data = {
        "title": f"{identity.short_title}: readout",
        "study": setting.study,
        "title_long": identity.title,
        "eyebrow": " · ".join(part for part in head if part),
        "label": setting.label,
        "banner": origin_of(run["data"]).banner,
        "cutoff": setting.cutoff.capitalize(),
        "date": document_date(run.get("cutoff")),
        "run_id": setting.run_id,
        "convention": protocol.convention,
        "arms": [
            asdict(item) | {"colour": arm_colour(item.index, setting)}
            for item in treatments(protocol)
        ],
        "imprint": _imprint(setting),
        "facts": [list(pair) for pair in facts(protocol)],
        "cards": [_card(card, setting) for card in cards],
        "sections": [_section(section, setting) for section in sections],
        "methods": [_method(item) for item in methods],
        "result_ids": result_ids(cards, sections),
        "run": _run(run),
    }
    printed: Data = plain_data(data)
    return printed


def arm_colour(index: int, setting: Setting) -> str:
    """The style's colour of an arm, by its place."""
    return setting.style.colours[index % len(setting.style.colours)]


def flow_data(flow: Flow, setting: Setting) -> Data:
    """The boxes of the flow of patients with their counts as text."""

    def box(item: Box) -> Data:
        lines = [
            {
                "label": line.label,
                "text": parts_text((line.number,), setting),
                "depth": line.depth,
            }
            for line in item.items
        ]
        return {"title": item.title, "items": lines}

    arms = [
        {"colour": arm_colour(index, setting), "boxes": [box(item) for item in boxes]}
        for index, boxes in flow.arms
    ]
    return {"top": [box(item) for item in flow.top], "arms": arms}


def _section(section: Section, setting: Setting) -> Data:
    blocks = [_block(block, setting) for block in section.blocks]
    return {"title": section.title, "eyebrow": section.eyebrow, "blocks": blocks}


def _block(block: Block, setting: Setting) -> Data:
    if isinstance(block, Table):
        return {"kind": "table"} | _grid_data(grid_of(block, setting))
    if isinstance(block, Paragraph):
        texts = [parts_text(sentence.parts, setting) for sentence in block.sentences]
        return {"kind": "paragraph", "title": block.title, "text": " ".join(texts)}
    shared = {
        "kind": block.kind,
        "id": block.id,
        "number": block.number,
        "title": block.title,
        "subtitle": subtitle(block.population, setting),
    }
    if isinstance(block, Flow):
        notes = notes_of(block.footnotes, flow_numbers(block), setting, display=block.id)
        return shared | {"flow": flow_data(block, setting), "notes": notes}
    return shared | _figure(block, setting)


def _grid_data(grid: Grid) -> Data:
    """The grid as the template reads it: cells as texts alone."""
    data = asdict(grid)
    for line in data["lines"]:
        del line["pieces"]
    return data


def _figure(figure: Figure, setting: Setting) -> Data:
    files, numbers = [], list[Number]()
    for part, drawing in print_drawings(figure):
        if drawing.size == "wide":
            files.append(f"{drawing_name(figure, part, drawing)}.svg")
            numbers += drawing.numbers
    notes = notes_of(figure.footnotes, numbers, setting, display=figure.id)
    return {"files": files, "alt": figure.description, "notes": notes}


def flow_numbers(flow: Flow) -> list[Number]:
    """Every result the flow of patients prints."""
    boxes = [*flow.top, *(box for _, arm in flow.arms for box in arm)]
    return [item.number for box in boxes for item in box.items]


def _card(card: Card, setting: Setting) -> Data:
    lines = [[line.label, parts_text(line.cell.parts, setting)] for line in card.lines]
    return {
        "title": card.title,
        "eyebrow": card.eyebrow,
        "measure": card.measure,
        "lines": lines,
    }


def _method(item: Mapping[str, Any]) -> Data:
    uses = ", ".join(dict.fromkeys(use["analysis_id"] for use in item["uses"]))
    return {"words": item["words"], "uses": uses, "code": item["code"]}


def _imprint(setting: Setting) -> list[list[str]]:
    return [
        ["Extent", setting.cutoff.capitalize()],
        ["Run", setting.run_id],
        ["Style", setting.style.title],
    ]


def _run(run: Mapping[str, Any]) -> list[list[str]]:
    data = origin_of(run["data"]).source
    seed = f", seed {run['seed']}" if run.get("seed") is not None else ""
    versions = ", ".join(f"{name} {number}" for name, number in run.get("versions", {}).items())
    inputs = [[name, f"SHA-256 {digest}"] for name, digest in run.get("inputs", {}).items()]
    return [["Run", run["run_id"]], ["Data", data + seed], ["Versions", versions], *inputs]


def plain_data(part: Any) -> Any:
    """The same data with every text free of control characters."""
    if isinstance(part, dict):
        return {key: plain_data(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [plain_data(value) for value in part]
    return plain(part) if isinstance(part, str) else part
