# SPDX-License-Identifier: Apache-2.0
"""Readouts of the bundled trials, made once per process; and parts of a page to look at."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser

import polars as pl
from tests.oracles import oracle_file

import equipoise
from equipoise.pipeline import Readout
from equipoise.report.print import PRINT_FORMATS, render_print

RUN = {
    "run_id": "0123456789ab",
    "data": "SIMULATED",
    "cutoff": "2024-02-15",
    "seed": 1,
    "versions": {"equipoise": "0.1.0"},
    "inputs": {"trial.yaml": "ab" * 32},
}


@cache
def simulated(trial: str) -> Readout:
    return equipoise.readout(trial, seed=1, simulated=True)


@cache
def bundled(trial: str) -> Readout:
    """The readout of a bundled trial; of the pilot study from the oracle's data."""
    if trial == "cdiscpilot01":
        return equipoise.readout(trial, data=oracle_file("sdtm_adam/sdtm"))
    return simulated(trial)


@cache
def printed(trial: str, style: str = "csr", data: str = "SIMULATED") -> dict[str, bytes]:
    """Every print format of a trial, by path."""
    made = bundled(trial)
    return render_print(
        dict(made.analysed.tables()),
        made.trial.protocol,
        run=RUN | {"data": data},
        formats=PRINT_FORMATS,
        style=style,
    )


def tables(trial: str) -> dict[str, pl.DataFrame]:
    return dict(bundled(trial).analysed.tables())


class Page(HTMLParser):
    """Texts of a page: of each bound number, each caption, each drawing, and table bodies."""

    VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.bound: list[tuple[str, str]] = []
        self.rounded: list[tuple[str, str]] = []
        self.captions: list[str] = []
        self.drawings: list[str] = []
        self.loose: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in self.VOID:
            return
        found = dict(attrs)
        self._open.append((tag, found))
        if "data-result-id" in found:
            self.bound.append((found["data-result-id"] or "", ""))
        if "data-rounded-from" in found:
            self.rounded.append((found["data-rounded-from"] or "", ""))
        if tag in ("caption", "figcaption"):
            self.captions.append("")
        if tag == "svg":
            self.drawings.append("")

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tags = [tag for tag, _ in self._open]
        attributes = [attrs for _, attrs in self._open]
        if any("data-result-id" in attrs for attrs in attributes):
            self.bound[-1] = (self.bound[-1][0], self.bound[-1][1] + data)
        elif any("data-rounded-from" in attrs for attrs in attributes):
            self.rounded[-1] = (self.rounded[-1][0], self.rounded[-1][1] + data)
        elif "td" in tags and {"class": "results"}.items() <= self._table().items():
            self.loose.append(data)
        if "caption" in tags or "figcaption" in tags:
            self.captions[-1] += data
        if "svg" in tags:
            self.drawings[-1] += data

    def _table(self) -> dict[str, str | None]:
        return next((attrs for tag, attrs in self._open if tag == "table"), {})
