# SPDX-License-Identifier: Apache-2.0
"""A scenario grid from its file to its tables and its page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from equipoise.errors import Fault, OutputError
from equipoise.operating.characteristics import (
    Effort,
    Precision,
    Progress,
    operating_characteristics,
)
from equipoise.operating.grid import grid_title, read_grid
from equipoise.operating.grid_table import tabulate_scenarios
from equipoise.operating.protocol_trial import protocol_base
from equipoise.operating.scenario import Scenario, true_log_hazard_ratio
from equipoise.operating.spread import Spread


@dataclass(frozen=True, slots=True)
class GridRun:
    """What a grid of scenarios does: one row a scenario, the long table, and the page of both."""

    scenarios: pl.DataFrame
    characteristics: pl.DataFrame
    summary: pl.DataFrame
    html: str

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name as they lie in a run folder."""
        return {
            "SCENARIOS": self.scenarios,
            "CHARACTERISTICS": self.characteristics,
            "SUMMARY": self.summary,
        }

    def _repr_html_(self) -> str:
        from equipoise.pipeline import framed

        return framed(self.html)


def parse_precision(text: str) -> Precision:
    """`reject=0.001`, or `stop_efficacy@1=0.001` for a quantity of one look."""
    name, equals, size = text.partition("=")
    quantity, _, look = name.partition("@")
    try:
        if not equals:
            raise ValueError(text)
        found = Precision(quantity, int(look or 0), float(size))
        if not (found.se > 0 and math.isfinite(found.se)):
            raise ValueError(text)
    except ValueError as error:
        raise OutputError(
            Fault(
                what=f"`{text}` is not a precision.",
                where="--precision",
                mend="write QUANTITY=STANDARD ERROR, as in reject=0.001 or stop_efficacy@1=0.002.",
            )
        ) from error
    return found


def run_grid(
    text: str,
    *,
    source: str,
    effort: Effort,
    spread: Spread,
    folder: Path | None,
    progress: Progress,
) -> GridRun:
    """Simulate every scenario of a grid.

    Parameters    text : the YAML of the grid;  source : its name, in messages and on the page
                  folder : where finished blocks are kept, so that the same call goes on from them
    """
    from equipoise.report.scenario_page import render_scenarios
    from equipoise.store.manifest import versions
    from equipoise.trial import load_trial

    scenarios = read_grid(
        text,
        source=source,
        base_of=lambda name, analysis: protocol_base(load_trial(name).protocol, analysis=analysis),
    )
    characteristics = operating_characteristics(
        scenarios, effort=effort, spread=spread, folder=folder, progress=progress
    )
    described = describe_scenarios(scenarios)
    html = render_scenarios(
        characteristics,
        described,
        run={
            "title": grid_title(text) or Path(source).stem,
            "source": Path(source).name,
            "seed": effort.seed,
            "replicates": effort.replicates,
            "confidence": effort.confidence,
            "precision": _in_words(effort.precision),
        },
        versions=versions(),
    )
    return GridRun(described, characteristics, tabulate_scenarios(characteristics), html)


def describe_scenarios(scenarios: list[Scenario]) -> pl.DataFrame:
    """One row a scenario: its label, its true hazard ratio where there is one, looks and bounds."""
    rows = []
    for scenario in scenarios:
        truth = true_log_hazard_ratio(scenario.trial)
        rows.append(
            {
                "scenario": scenario.name,
                "label": scenario.name.replace("_", " "),
                "levels": ", ".join(scenario.levels.values()) or scenario.name,
                "patients": scenario.trial.patients,
                "true_hazard_ratio": None if truth is None else math.exp(truth),
                "events": list(scenario.looks.events),
                "efficacy": list(scenario.bounds.efficacy),
                "futility": list(scenario.bounds.futility),
            }
        )
    schema: dict[str, pl.DataType] = {
        "scenario": pl.String(),
        "label": pl.String(),
        "levels": pl.String(),
        "patients": pl.Int64(),
        "true_hazard_ratio": pl.Float64(),
        "events": pl.List(pl.Int64),
        "efficacy": pl.List(pl.Float64),
        "futility": pl.List(pl.Float64),
    }
    return pl.DataFrame(rows, schema=schema)


def _in_words(precision: Precision | None) -> str | None:
    if precision is None:
        return None
    where = f" at look {precision.look}" if precision.look else ""
    return f"when the standard error of {precision.quantity}{where} is {precision.se} or less"
