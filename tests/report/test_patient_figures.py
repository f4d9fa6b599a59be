# SPDX-License-Identifier: Apache-2.0
"""Waterfall, spider and swimmer: every mark is a patient's row, and nobody is lost unsaid."""

import re
from collections import Counter
from dataclasses import replace

import polars as pl
import pytest
from tests.readouts import RUN, simulated, tables

from equipoise.report.figures import print_drawings, render_svg
from equipoise.report.footnotes import resolved_args
from equipoise.report.numbers import index_results
from equipoise.report.origin import origin_of
from equipoise.report.patient_marks import count_line
from equipoise.report.patient_rows import index_patients, short_names
from equipoise.report.sections import compose
from equipoise.report.swimmer_figure import MOST_LANES
from equipoise.report.waterfall_figure import waterfall_figure
from equipoise.report.words import variable_labels

TRIALS = ["altn-iii-04", "alter-s006"]


def figures(trial):
    found, protocol = tables(trial), simulated(trial).trial.protocol
    numbers = index_results(found["results"])
    args = resolved_args(found["analysis"], variable_labels(protocol))
    sections = compose(found, protocol, numbers, args, origin=origin_of(RUN["data"]))
    blocks = [block for section in sections for block in section.blocks]
    return {block.id: block for block in blocks if getattr(block, "patients", False)}


@pytest.fixture(scope="module", params=TRIALS)
def trial(request):
    return request.param


def patients_of(figure, drawing):
    return Counter(int(at) for at in re.findall(r'data-u="(\d+)"', render_svg(figure, drawing)))


def test_each_bar_line_and_lane_is_a_patient_of_its_display(trial):
    known = index_patients(tables(trial))
    rows = tables(trial)["display_rows"].filter(pl.col("mark") != "absent")
    drawn = figures(trial)
    assert len(drawn) >= 3
    for name, figure in drawn.items():
        display, _, of = name.partition("-")
        here = rows.filter(pl.col("display_id").str.starts_with(display)).filter(
            (pl.col("arm") == of) if display == "swimmer" else (pl.col("evaluator") == of)
        )
        wanted = {known.place[subject] for subject in here["USUBJID"]}
        for drawing in figure.drawings:
            assert set(patients_of(figure, drawing)) == wanted, name
            assert drawing.numbers, "how many are shown stands on every drawing"


def test_a_waterfall_has_one_bar_per_patient_from_worst_to_best(trial):
    for name, figure in figures(trial).items():
        if not name.startswith("waterfall"):
            continue
        for panel in figure.drawings[0].spec["vconcat"]:
            bars = next(
                layer["data"]["values"]
                for layer in panel["layer"]
                if layer["mark"]["type"] == "rect"
            )
            heights = [bar["y"] for bar in bars]
            assert heights == sorted(heights, reverse=True)
            assert max(heights) <= 100
            assert len({bar["who"] for bar in bars}) == len(bars)


def test_a_change_beyond_the_scale_is_clipped_and_says_so():
    found, protocol = tables("alter-s006"), simulated("alter-s006").trial.protocol
    worst = (pl.col("mark") == "change") & (pl.col("place") == 1)
    rows = found["display_rows"].with_columns(
        value=pl.when(worst).then(140.4).otherwise("value"),
        value_text=pl.when(worst).then(pl.lit("NE")).otherwise("value_text"),
    )
    figure = waterfall_figure(
        protocol.evaluators[0],
        index_patients(found | {"display_rows": rows}),
        index_results(found["results"]),
        protocol,
        across="SIMULATED",
    )
    layers = figure.drawings[0].spec["vconcat"][0]["layer"]
    bar = next(layer for layer in layers if layer["mark"]["type"] == "rect")["data"]["values"][0]
    assert (bar["y"], bar["fill"]) == (100, "transparent"), (
        "clipped, and hollow where not evaluable"
    )
    assert "+140" in render_svg(figure, figure.drawings[0])


def test_who_is_not_shown_is_told_with_the_reason():
    numbers = index_results(tables("altn-iii-04")["results"])
    used = []
    lines = count_line(numbers, "CHANGE.BIRC", "shown.change", "ANL", used)
    found = {number.levels[-1] if number.levels else "N": number.value for number in used}
    assert len(lines) == len(found) - 1 > 1
    assert found.pop("N") == sum(found.values()), "all patients are shown or told"


def test_the_swimmer_is_cut_into_sheets_in_print(trial):
    for name, figure in figures(trial).items():
        if not name.startswith("swimmer"):
            continue
        sheets = [drawing for _, drawing in print_drawings(figure)]
        lanes = [patients_of(figure, sheet) for sheet in sheets]
        assert max(len(sheet) for sheet in lanes) <= MOST_LANES
        assert sum(lanes, Counter()) == patients_of(figure, figure.drawings[0])
        assert print_drawings(replace(figure, sheets=()))[0] == ("", figure.drawings[0])


def test_patients_are_named_without_what_they_share():
    assert short_names(["T-SIM-0001", "T-SIM-0120"]) == {"T-SIM-0001": "0001", "T-SIM-0120": "0120"}
    assert short_names(["T-1-9", "T-2-8"]) == {"T-1-9": "1-9", "T-2-8": "2-8"}
    assert short_names(["A"]) == {"A": "A"}
