# SPDX-License-Identifier: Apache-2.0
"""The readout before it takes a form: composed once for page, print and displays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.report.footnotes import method_words, resolved_args
from equipoise.report.numbers import Numbers, index_results
from equipoise.report.origin import Origin, origin_of
from equipoise.report.sections import Block, Results, Section, compose
from equipoise.report.summary import Card, key_results
from equipoise.report.words import variable_labels


@dataclass(frozen=True, slots=True)
class Document:
    """The readout before it takes a form: its parts, and what they are made from.

    Without `patients` nothing in it can be traced to a person.
    """

    results: Results
    protocol: Protocol
    run: Mapping[str, Any]
    patients: bool
    numbers: Numbers
    args: Mapping[tuple[str, str], Mapping[str, Any]]
    origin: Origin
    sections: tuple[Section, ...]
    cards: tuple[Card, ...]

    def blocks(self) -> list[Block]:
        """Tables, figures and texts in reading order."""
        return [block for section in self.sections for block in section.blocks]


def compose_document(
    results: Results, protocol: Protocol, *, run: Mapping[str, Any], patients: bool = True
) -> Document:
    """The readout of a trial, composed once for all its forms.

    Parameters    results : the tables results, analysis, rowset, sentence and, where the protocol
                  carries published figures, published
                  run : run_id; data (SIMULATED, TWIN or DATA); cutoff; seed; versions; inputs
                  patients : False leaves out whatever could be traced to a person
    """
    numbers = index_results(results["results"])
    args = resolved_args(results["analysis"], variable_labels(protocol))
    origin = origin_of(run["data"])
    sections = compose(results, protocol, numbers, args, origin=origin, patients=patients)
    return Document(
        results=results,
        protocol=protocol,
        run=run,
        patients=patients,
        numbers=numbers,
        args=args,
        origin=origin,
        sections=tuple(sections),
        cards=tuple(key_results(numbers, protocol)),
    )


def methods_of(
    analysis: pl.DataFrame, args: Mapping[tuple[str, str], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The plan by method and arguments: the same words stand once, with all they apply to."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in analysis.iter_rows(named=True):
        words = method_words(row["method_id"], args[row["analysis_id"], row["method_id"]])
        found.setdefault((words, row["code_ref"]), []).append(row)
    return [{"words": words, "code": code, "uses": uses} for (words, code), uses in found.items()]
