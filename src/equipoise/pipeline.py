# SPDX-License-Identifier: Apache-2.0
"""The trial on one screen: each line takes tables and adds tables."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import polars as pl

from equipoise.adam import adopt_adam, derive_adam
from equipoise.errors import Fault, OutputError
from equipoise.results.convention_difference import convention_difference, under_convention
from equipoise.results.published import compare_published
from equipoise.results.run import analyse
from equipoise.store.manifest import run_identifier, versions
from equipoise.trial import Evidence, Tables, Trial

if TYPE_CHECKING:  # only a readout pays for what makes pages
    from equipoise.report.document import Document
    from equipoise.report.notebook import Shown
    from equipoise.report.renderer import Draw


@dataclass(frozen=True, slots=True)
class Analysed:
    """The long results table and its siblings; `published` where the protocol has such figures."""

    results: pl.DataFrame
    analysis: pl.DataFrame
    rowset: pl.DataFrame
    sentence: pl.DataFrame
    display_rows: pl.DataFrame
    published: pl.DataFrame | None
    convention_difference: pl.DataFrame | None = None

    def files(self) -> Tables:
        """The tables by name as they lie in a run folder: every row bears the name of its run."""
        return _named(self.tables(), self.results["run_id"][0])

    def _repr_html_(self) -> str:
        return self.results._repr_html_()

    def tables(self) -> Tables:
        """The tables by name."""
        siblings = {
            "results": self.results,
            "analysis": self.analysis,
            "rowset": self.rowset,
            "sentence": self.sentence,
            "display_rows": self.display_rows,
        }
        more = {"published": self.published, "convention_difference": self.convention_difference}
        return siblings | {name: table for name, table in more.items() if table is not None}


def _named(tables: Tables, run_id: str) -> Tables:
    """Every row with the name of its run, last or where the table has it."""
    named = pl.lit(run_id).alias("run_id")
    return {name: table.with_columns(named) for name, table in tables.items()}


@dataclass(frozen=True, slots=True)
class Reported:
    """The forms of a readout: displays as tables, the page, and files by path."""

    displays: Tables
    html: str
    printed: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Readout:
    """What a readout makes; `printed` by path. In a notebook it shows its page."""

    trial: Trial
    evidence: Evidence
    adam: Tables
    analysed: Analysed
    displays: Tables
    html: str
    printed: dict[str, bytes] = field(default_factory=dict)

    def tables(self) -> Tables:
        """Every table by name: results and their siblings, displays, and ADaM in capitals."""
        return {**self.files(), **self.adam}

    def pandas(self, name: str) -> Any:
        """One of `tables()` as a pandas data frame; pandas is not installed with equipoise.

        Raises OutputError - there is no such table, or no pandas
        """
        known = self.tables()
        if name not in known:
            raise OutputError(
                Fault(
                    what=f"there is no table `{name}`",
                    where="pandas(name)",
                    mend=f"one of {', '.join(known)}",
                )
            )
        try:
            from pandas import DataFrame
        except ImportError as error:
            raise OutputError(
                Fault(what="pandas is not installed", where="pandas()", mend="pip install pandas")
            ) from error
        return DataFrame(known[name].to_dict(as_series=False))

    def show(self, name: str) -> Shown:
        """One table, figure or text by its output_id in `display`; in a notebook it shows itself.

        Raises OutputError - there is no such display; its message names those there are
        """
        from equipoise.report.notebook import show_display

        return show_display(compose_stage(self.trial, self.evidence, self.analysed), name)

    def files(self) -> Tables:
        """The tables of results and displays as they lie in a run folder."""
        run_id = self.analysed.results["run_id"][0]
        return self.analysed.files() | _named(self.displays, run_id)

    def _repr_html_(self) -> str:
        return framed(self.html)


@dataclass(frozen=True, slots=True)
class Twinned:
    """A synthetic twin: its SDTM tables, and each published figure beside the computed one."""

    trial: Trial
    sdtm: Tables
    published: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Designed:
    """A trial's plan: its tables, the paragraph for the protocol, and the page of both."""

    trial: Trial
    tables: Tables
    paragraph: str
    html: str

    def _repr_html_(self) -> str:
        return framed(self.html)


def framed(html: str) -> str:
    """A whole page inside a notebook's cell."""
    style = "width:100%;height:80vh;border:0"
    return f'<iframe srcdoc="{escape(html)}" style="{style}"></iframe>'


def design_stage(trial: Trial, *, solve: str | None, verify: int, seed: int) -> Designed:
    """The plan of the trial; with `verify`, so many simulated trials beside its formulas."""
    from equipoise.design.plan import plan_design
    from equipoise.design.solve import leave_open
    from equipoise.report import render_design

    protocol = trial.protocol
    if solve is not None:
        protocol = leave_open(protocol, solve, changes={})
    plan = plan_design(protocol)
    tables = dict(plan.tables)
    if verify:
        from numpy.random import Generator, Philox

        from equipoise.design.plan_endpoints import endpoints_table
        from equipoise.design.plan_verify import verify_plan

        rng = Generator(Philox(seed))
        tables["VERIFY"] = verify_plan(protocol, replicates=verify, rng=rng)
        together = endpoints_table(protocol, replicates=verify, rng=rng)
        if not together.is_empty():
            tables["ENDPOINTS"] = together
    html = render_design(tables, plan.paragraph, protocol, versions=versions())
    return Designed(trial, tables, plan.paragraph, html)


def run_id_of(trial: Trial, evidence: Evidence) -> str:
    """The name of a run: it follows from its inputs, arguments and versions, not from a clock.

    The name of a simulated run or a twin says so, and with it every row of its results.
    """
    name = run_identifier(evidence.inputs_with(trial), evidence.arguments)
    return f"{evidence.kind}-{name}" if evidence.simulated else name


def derive_stage(trial: Trial, evidence: Evidence) -> Tables:
    """ADaM tables: derived from SDTM, or adopted as they were given."""
    if "ADSL" in evidence.tables:
        return adopt_adam(evidence.tables, trial.protocol)
    return derive_adam(evidence.tables, trial.protocol)


def analyse_stage(trial: Trial, evidence: Evidence, adam: Tables) -> Analysed:
    """Every analysis the protocol asks for, and the published figures beside them."""
    tables = analyse(adam, trial.protocol, run_id=run_id_of(trial, evidence))
    published = None
    if trial.protocol.published is not None:
        published = compare_published(tables["results"], trial.protocol)
    return Analysed(**tables, published=published)


def against_stage(
    trial: Trial, evidence: Evidence, adam: Tables, analysed: Analysed, *, convention: str
) -> Analysed:
    """The same analyses under another convention profile beside the first: what changes."""
    other = under_convention(trial.protocol, convention)
    second = analyse(adam, other, run_id=run_id_of(trial, evidence))
    found = convention_difference(analysed.results, second["results"])
    return replace(analysed, convention_difference=found)


def report_stage(
    trial: Trial,
    evidence: Evidence,
    analysed: Analysed,
    *,
    formats: Collection[str],
    style: str,
    patients: bool,
    draw: Draw,
) -> Reported:
    """Every form of the readout, each made while `draw` makes the drawings of the next."""
    from equipoise.report import begin_page, display_tables, render_page
    from equipoise.report.print import begin_print, print_files

    document = compose_stage(trial, evidence, analysed, patients=patients)
    whole = document if patients else compose_stage(trial, evidence, analysed)
    drawings = begin_page(document, draw)
    paper = begin_print(document, formats=formats, style=style, draw=draw)
    displays = display_tables(whole) | {"run": _run_table(trial, evidence)}
    exported = export_stage(trial, analysed, displays, formats=formats)
    html = render_page(document, drawings)
    return Reported(displays, html, exported | print_files(paper))


def compose_stage(
    trial: Trial, evidence: Evidence, analysed: Analysed, *, patients: bool = True
) -> Document:
    """What the readout shows; without `patients` nothing in it can be traced to a person."""
    from equipoise.report.document import compose_document

    run = _run(trial, evidence)
    return compose_document(analysed.tables(), trial.protocol, run=run, patients=patients)


def export_stage(
    trial: Trial, analysed: Analysed, displays: Tables, *, formats: Collection[str]
) -> dict[str, bytes]:
    """The results for other programs, by path within the run folder: CDISC ARS, cards."""
    from equipoise.results.export_ars import ars_json
    from equipoise.results.export_cards import cards_json

    files = {}
    if "ars" in formats:
        files["export/ars.json"] = ars_json(analysed.tables(), displays, trial.protocol)
    if "cards" in formats:
        files["export/cards.json"] = cards_json(analysed.results)
    return files


def _run_table(trial: Trial, evidence: Evidence) -> pl.DataFrame:
    run = _run(trial, evidence)
    texts = {"arguments": evidence.arguments, "inputs": run["inputs"], "versions": run["versions"]}
    as_json = {name: json.dumps(value, sort_keys=True) for name, value in texts.items()}
    row = {
        "run_id": run["run_id"],
        "data": run["data"],
        "seed": run["seed"],
        "cutoff": run["cutoff"],
        "convention": trial.protocol.convention,
        **{name: as_json[name] for name in ("inputs", "arguments", "versions")},
        "engine": f"equipoise {run['versions']['equipoise']}",
    }
    kinds = {name: pl.Int64 if name == "seed" else pl.String for name in row}
    return pl.DataFrame([row], schema=kinds)


def _run(trial: Trial, evidence: Evidence) -> dict[str, Any]:
    """What every rendering says of the run it shows."""
    return {
        "run_id": run_id_of(trial, evidence),
        "data": evidence.kind,
        "cutoff": evidence.cutoff,
        "seed": evidence.seed,
        "versions": versions(),
        "inputs": evidence.inputs_with(trial),
    }
