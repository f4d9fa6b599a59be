# SPDX-License-Identifier: Apache-2.0
"""Displays that a readout leaves out, each with what it would take: nothing is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files

import yaml

from equipoise.report.table import Cell, Column, Row, Table

PAGE = "page"


@dataclass(frozen=True, slots=True)
class Display:
    """A display of the plan: its number, its name, and patterns of the ids it has in a readout."""

    number: str
    name: str
    ids: tuple[str, ...]
    note: str = ""
    takes: str = ""
    patient: bool = False

    def among(self, shown: Iterable[str]) -> bool:
        """Whether one of the ids is a display of this kind."""
        return any(fnmatch(name, pattern) for name in shown for pattern in self.ids)


@cache
def catalogue() -> tuple[Display, ...]:
    """The displays of the plan in its order."""
    text = files("equipoise.report").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    stated = yaml.load(text, Loader=yaml.CSafeLoader)
    return tuple(Display(**{**entry, "ids": tuple(entry["ids"])}) for entry in stated)


def left_out_table(shown: Iterable[str], *, patients: bool) -> Table | None:
    """What is not among the ids shown, and why.

    Parameters    patients : whether the readout may show single patients
    """
    names = list(shown)
    missing = [d for d in catalogue() if PAGE not in d.ids and not d.among(names)]
    if not missing:
        return None
    rows = [
        Row(
            display.name,
            (
                Cell((display.number,)),
                Cell((display.takes if patients or not display.patient else "patient-level data",)),
            ),
        )
        for display in missing
    ]
    return Table(
        id="left-out",
        title="Displays left out",
        population="All of the list",
        stub="Display",
        columns=(Column("No. in the list"), Column("It takes")),
        rows=tuple(rows),
        footnotes=(
            "Neither the data nor the protocol of this trial have what these displays take, or the "
            "readout was asked to leave it out. Nothing is filled in.",
        ),
        source="listing",
    )
