# SPDX-License-Identifier: Apache-2.0
"""The abstract: sentences with their slots filled by results, section by section."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from equipoise.errors import Fault, ResultError
from equipoise.protocol.model import Protocol
from equipoise.report.numbers import Number, Numbers

SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as text and results in reading order."""

    sentence_id: str
    parts: tuple[str | Number, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """The sentences of one section of the abstract."""

    title: str
    sentences: tuple[Sentence, ...]
    kind: str = "paragraph"


def _topic(sentence_id: str, protocol: Protocol) -> str:
    """What a sentence is about: one analysis, all rates of response, or safety."""
    about = sentence_id.partition(".")[2]
    kinds = {item.id: item.kind for item in protocol.endpoints}
    analyses = sorted(protocol.analyses, key=lambda item: -len(item.id))
    found = next((item for item in analyses if about.startswith(f"{item.id}.")), None)
    if found is None:
        return about.partition(".")[0] if about.startswith("AE.") else ""
    return "response" if kinds[found.endpoint] in ("orr", "dcr") else found.id


def abstract_paragraphs(
    sentence: pl.DataFrame, numbers: Numbers, protocol: Protocol
) -> tuple[Paragraph, ...]:
    """The abstract in reading order, a paragraph per topic; only the first bears the title.

    Raises ResultError with every slot that names no result.
    """
    faults: list[Fault] = []
    found: dict[tuple[str, str], list[Sentence]] = {}
    for row in sentence.sort("order").iter_rows(named=True):
        parts: list[str | Number] = []
        for at, piece in enumerate(SLOT.split(row["text"])):
            if at % 2 == 0:
                parts.append(piece)
            elif piece in numbers.by_id:
                parts.append(numbers.by_id[piece])
            else:
                faults.append(_unknown(piece, row["sentence_id"]))
        kept = tuple(part for part in parts if part != "")
        topic = (row["section"], _topic(row["sentence_id"], protocol))
        found.setdefault(topic, []).append(Sentence(row["sentence_id"], kept))
    if faults:
        raise ResultError(faults)
    titled: set[str] = set()
    paragraphs = []
    for (section, _), sentences in found.items():
        paragraphs.append(Paragraph("" if section in titled else section, tuple(sentences)))
        titled.add(section)
    return tuple(paragraphs)


def _unknown(slot: str, sentence: str) -> Fault:
    return Fault(
        what=f"the sentence names the result {slot or '(empty)'}, which is not there",
        where=f"sentence: {sentence}",
        mend="take the result_id from the results table of the same run",
    )
