# SPDX-License-Identifier: Apache-2.0
"""The readout as one page that loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from equipoise.protocol.model import Protocol
from equipoise.report.definitions import definitions_json
from equipoise.report.document import Document, compose_document, methods_of
from equipoise.report.figures import Figure, begin_svg
from equipoise.report.numbers import Number
from equipoise.report.page import page_environment, page_script, page_style
from equipoise.report.patient_rows import index_patients
from equipoise.report.renderer import Draw, Drawn, draw_here
from equipoise.report.sections import Results, extent, printed_numbers
from equipoise.report.summary import Card, facts, treatments

# The drawings of each figure, by the figure's id.
Drawings = Mapping[str, list[Drawn]]


def render_readout(
    results: Results, protocol: Protocol, *, run: Mapping[str, Any], patients: bool = True
) -> str:
    """The readout of a trial as one HTML page; arguments as of `compose_document`."""
    document = compose_document(results, protocol, run=run, patients=patients)
    return render_page(document, begin_page(document))


def begin_page(document: Document, draw: Draw = draw_here) -> Drawings:
    """The drawings of the page, begun now; `draw` makes them."""
    return {
        block.id: [begin_svg(block, drawing, draw) for drawing in block.drawings]
        for block in document.blocks()
        if isinstance(block, Figure)
    }


def render_page(document: Document, drawings: Drawings) -> str:
    """The document as one HTML page; the same arguments give the same bytes."""
    protocol, results = document.protocol, document.results
    css, css_hash = page_style()
    script, script_hash = page_script()
    definitions = definitions_json(
        [*printed_numbers(document.sections), *_card_numbers(document.cards)],
        document.numbers,
        results,
        protocol,
        document.args,
        patients=index_patients(results) if document.patients else None,
    )
    return (
        page_environment(lambda figure: [svg() for svg in drawings[figure.id]])
        .get_template("readout.html.j2")
        .render(
            protocol=protocol,
            run=document.run,
            cutoff=extent(document.run.get("cutoff")),
            label=document.origin.label,
            origin=document.origin,
            patients=document.patients,
            sections=document.sections,
            cards=document.cards,
            facts=facts(protocol),
            treatments=treatments(protocol),
            methods=methods_of(results["analysis"], document.args),
            css=Markup(css),
            script=Markup(script),
            css_hash=css_hash,
            script_hash=script_hash,
            definitions=Markup(definitions),
        )
    )


def _card_numbers(cards: Iterable[Card]) -> list[Number]:
    parts = [part for card in cards for line in card.lines for part in line.cell.parts]
    return [part for part in parts if isinstance(part, Number)]
