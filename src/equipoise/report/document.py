# SPDX-License-Identifier: Apache-2.0
"""Tables, figures and text to one page that loads nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from equipoise.protocol.model import Protocol
from equipoise.report.definitions import definitions_json
from equipoise.report.figures import render_svg
from equipoise.report.footnotes import method_words, resolved_args
from equipoise.report.numbers import Number, index_results
from equipoise.report.origin import origin_of
from equipoise.report.patient_rows import index_patients
from equipoise.report.sections import Results, compose, extent, printed_numbers
from equipoise.report.summary import Card, facts, key_results, treatments
from equipoise.report.table import Rounded
from equipoise.report.words import variable_labels

# Parts of the page's script, in the order in which they need one another.
SCRIPTS = ("elements", "profile", "panel", "selection", "search", "keyboard")


def render_readout(
    results: Results, protocol: Protocol, *, run: Mapping[str, Any], patients: bool = True
) -> str:
    """The readout of a trial as one HTML page.

    Parameters    results : the tables results, analysis, rowset, sentence and, where the protocol
                  carries published figures, published
                  run : run_id; data (SIMULATED, TWIN or DATA); cutoff; seed; versions; inputs
                  patients : False leaves out whatever could be traced to a person
    Returns       the page; the same arguments give the same bytes
    """
    numbers = index_results(results["results"])
    args = resolved_args(results["analysis"], variable_labels(protocol))
    origin = origin_of(run["data"])
    sections = compose(results, protocol, numbers, args, origin=origin, patients=patients)
    cards = key_results(numbers, protocol)
    printed = [*printed_numbers(sections), *_card_numbers(cards)]
    known = index_patients(results) if patients else None
    css, script = _template_text("readout.css"), page_script()
    return (
        page_environment()
        .get_template("readout.html.j2")
        .render(
            protocol=protocol,
            run=run,
            cutoff=extent(run.get("cutoff")),
            label=origin.label,
            origin=origin,
            patients=patients,
            sections=sections,
            cards=cards,
            facts=facts(protocol),
            treatments=treatments(protocol),
            methods=methods_of(results["analysis"], args),
            css=Markup(css),
            script=Markup(script),
            css_hash=_csp_hash(css),
            script_hash=_csp_hash(script),
            definitions=Markup(
                definitions_json(printed, numbers, results, protocol, args, patients=known)
            ),
        )
    )


def _card_numbers(cards: Iterable[Card]) -> list[Number]:
    parts = [part for card in cards for line in card.lines for part in line.cell.parts]
    return [part for part in parts if isinstance(part, Number)]


def methods_of(
    analysis: pl.DataFrame, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The plan by method and arguments: the same words stand once, with all they apply to."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in analysis.iter_rows(named=True):
        words = method_words(row["method_id"], args[row["analysis_id"], row["method_id"]])
        found.setdefault((words, row["code_ref"]), []).append(row)
    return [{"words": words, "code": code, "uses": uses} for (words, code), uses in found.items()]


def page_environment() -> Environment:
    """The templates of the pages, escaping on, with what they ask of blocks."""
    environment = Environment(
        loader=PackageLoader("equipoise.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["result"] = lambda part: isinstance(part, Number)
    environment.tests["rounded"] = lambda part: isinstance(part, Rounded)
    environment.filters["svg"] = lambda figure: [
        Markup(render_svg(figure, drawing)) for drawing in figure.drawings
    ]
    return environment


def page_script() -> str:
    """The script of the readout page: its parts in one closure."""
    parts = "".join(_template_text(f"page/{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _template_text(name: str) -> str:
    return files("equipoise.report").joinpath("templates", name).read_text(encoding="utf-8")


def page_style() -> tuple[str, str]:
    """The style sheet of every page, and the hash by which a page's own policy admits it."""
    css = _template_text("readout.css")
    return css, _csp_hash(css)


def _csp_hash(text: str) -> str:
    """The hash by which the page's own policy admits this style or script, and no other."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
