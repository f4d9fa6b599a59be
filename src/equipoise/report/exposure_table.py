# SPDX-License-Identifier: Apache-2.0
"""Exposure: how long the patients were treated, and per drug doses, intensity and changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.footnotes import method_words
from equipoise.report.numbers import Numbers
from equipoise.report.shells import arm_columns
from equipoise.report.table import (
    Cell,
    Row,
    Table,
    count_cell,
    number_cell,
    pair_cell,
    with_spread,
)
from equipoise.report.words import UNITS, population_name, sentence_case

Arguments = Mapping[tuple[str, str], Mapping[str, Any]]
DURATION = ("EXPOSURE", "exposure.duration")
DRUG = ("EXPOSURE.DRUG", "exposure.drug")
PARAMETERS = {
    "DURD": "Duration",
    "NCYC": "Length of treatment",
    "TDOSE": "Cumulative dose",
    "DI": "Dose intensity",
    "RDI": "Relative dose intensity",
}


def duration_table(numbers: Numbers, protocol: Protocol, args: Arguments) -> Table | None:
    """Months of treatment with any drug, person-years, and patients treated at least so long."""
    if not numbers.of(*DURATION):
        return None
    arms, columns = arm_columns(numbers, protocol, *DURATION, total=False)

    def cells(*stats: str) -> list[list[Any]]:
        return [[numbers.find(*DURATION, stat, arm) for stat in stats] for arm in arms]

    rows = [
        Row("Duration of exposure", heading=True, unit="months"),
        *_summary_rows(cells),
        Row("Total, person-years", tuple(number_cell(c[0]) for c in cells("person_years"))),
        Row("Treated for", heading=True, unit="n (%)"),
        *_count_rows(numbers, DURATION, "DURATION", (), arms),
    ]
    return Table(
        id="exposure",
        title="Duration of exposure",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="Statistic",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "From the first to the last dose of any study drug, both days counted.",
            method_words(DURATION[1], args[DURATION]),
        ),
    )


def dose_table(numbers: Numbers, protocol: Protocol, args: Arguments) -> Table | None:
    """Per drug: cycles, dose, intensity with delays counted, reductions, delays, interruptions."""
    drugs = list(dict.fromkeys(n.levels[0] for n in numbers.of(*DRUG) if n.levels))
    if not drugs:
        return None
    drugs.sort(key=lambda drug: _order(numbers, drug))
    arms, columns = arm_columns(numbers, protocol, *DRUG, total=False)
    rows: list[Row] = []
    for drug in drugs:
        rows.append(Row(sentence_case(drug), heading=True))
        for code, label in PARAMETERS.items():
            rows += [
                replace(row, depth=row.depth + 1)
                for row in _parameter_rows(numbers, (drug, code), label, arms)
            ]
        rows += _count_rows(numbers, DRUG, "DOSING", (drug,), arms)
    return Table(
        id="dose-intensity",
        title="Dose, dose intensity and dose changes by drug",
        population=population_name(protocol, protocol.adverse_events.population),
        stub="Drug and statistic",
        columns=columns,
        rows=tuple(rows),
        footnotes=(
            "Dose intensity: dose per week from the first day of the first cycle to the last day "
            "of the last, so that delays count. Relative: as a percentage of that planned.",
            "Counts: n (%) of the patients of the arm. –: no patient of the arm had the drug. "
            "NA: the data or the regimen have no such number, as a placebo has no dose.",
            method_words(DRUG[1], args[DRUG]),
        ),
    )


def _order(numbers: Numbers, drug: str) -> int:
    return min(n.orders[0] for n in numbers.of(*DRUG) if n.levels[:1] == (drug,))


def _parameter_rows(
    numbers: Numbers, levels: tuple[str, str], label: str, arms: list[str]
) -> list[Row]:
    """Median and mean of one parameter; none where no arm has a value."""

    def cells(*stats: str) -> list[list[Any]]:
        return [[numbers.find(*DRUG, stat, arm, levels=levels) for stat in stats] for arm in arms]

    medians = [c[0] for c in cells("median")]
    known = [n for n in medians if n and n.state == "ok"]
    if not known:
        return []
    unit = known[0].unit or ""
    dose, _, per = unit.rpartition("/") if unit.endswith("/week") else (unit, "", "")
    words = f"{UNITS.get(dose, dose)}{f'/{per}' if per else ''}"
    rows = [Row(label, heading=True, unit=words)]
    return rows + _summary_rows(cells)


def _summary_rows(cells: Any) -> list[Row]:
    rows = [
        Row("Median (min, max)", tuple(with_spread(*c) for c in cells("median", "min", "max")), 1),
        Row("Quartiles", tuple(pair_cell(*c) for c in cells("q1", "q3")), 1),
        Row("Mean (SD)", tuple(with_spread(*c) for c in cells("mean", "sd")), 1),
    ]
    missing = [c[0] for c in cells("n_missing")]
    if any(number and number.value for number in missing):
        rows.append(Row("No value", tuple(number_cell(number) for number in missing), 1))
    return rows


def _count_rows(
    numbers: Numbers,
    source: tuple[str, str],
    variable: str,
    above: tuple[str, ...],
    arms: list[str],
) -> list[Row]:
    """One row per level that was counted under `above`; none where nobody knows it in any arm."""
    rows = []
    for levels in numbers.levels(*source, variable):
        if levels[:-1] != above:
            continue
        counts = [numbers.find(*source, "n", arm, levels=levels) for arm in arms]
        if not any(n and n.state == "ok" for n in counts):
            continue
        cells: tuple[Cell, ...] = tuple(
            count_cell(n, numbers.find(*source, "pct", arm, levels=levels))
            for n, arm in zip(counts, arms, strict=True)
        )
        rows.append(Row(levels[-1], cells, 1))
    return rows
