# SPDX-License-Identifier: Apache-2.0
"""What fills the cells: grammar of a cell, absences, words from arguments, places of labels."""

import pytest
from tests.readouts import simulated, tables

from equipoise.report.direct_labels import Curve, place_labels
from equipoise.report.figures import arm_styles
from equipoise.report.footnotes import PHRASES, argument_words, method_words, resolved_args
from equipoise.report.kaplan_meier_figure import kaplan_meier_figure
from equipoise.report.numbers import Number, index_results
from equipoise.report.survival_table import survival_table
from equipoise.report.table import ABSENT, Cell, count_cell, estimate_cell
from equipoise.report.words import day_words, reason_words, regimen_words, sentence_case
from equipoise.results.method_args import profiles


def text(cell):
    return "".join(part if isinstance(part, str) else part.display for part in cell.parts)


@pytest.fixture(scope="module")
def protocol():
    return simulated("altn-iii-04").trial.protocol


@pytest.fixture(scope="module")
def numbers():
    return index_results(tables("altn-iii-04")["results"])


def test_a_count_has_its_percentage_and_nobody_stands_alone(numbers):
    find = numbers.find
    n, pct = (find("PFS.BIRC", "kaplan-meier", stat, "ANL") for stat in ("n_event", "pct_event"))
    assert text(count_cell(n, pct)) == f"{n.display} ({pct.display}%)"
    zero = find("DISPOSITION", "disposition", "n", "ANL", levels=("Completed study",))
    share = find("DISPOSITION", "disposition", "pct", "ANL", levels=("Completed study",))
    assert zero.value == 0
    assert count_cell(zero, share) == Cell((zero,))
    assert count_cell(None, None) == Cell((ABSENT,))


def test_limits_that_were_not_reached_are_printed_as_such(numbers):
    median = numbers.find("OS", "kaplan-meier", "median", "PBO")
    assert median.state == "NR"
    assert text(estimate_cell(numbers, median)).startswith("NR (")


def test_the_hazard_ratio_stands_in_the_column_of_the_experimental_arm(numbers, protocol):
    args = resolved_args(tables("altn-iii-04")["analysis"], {})
    table = survival_table(protocol.analyses[0], numbers, protocol, args)
    rows = [row for row in table.rows if row.label == "Hazard ratio"]
    stratified, plain = (row.cells[0].parts[0] for row in rows)
    assert (stratified.method_id, plain.method_id) == ("cox", "cox.unstratified")
    assert stratified.result_id != plain.result_id
    assert all(row.cells[1] == Cell() for row in rows)


def drawn(drawing):
    """The layers to look at: without the places to point at, which are not seen."""
    return [layer for layer in drawing.spec["layer"] if layer.get("name") != "pointer-steps"]


def test_the_curve_starts_at_one_and_censored_times_lie_on_it(numbers, protocol):
    figure = kaplan_meier_figure(protocol.analyses[0], numbers, protocol, label="")
    layers = drawn(figure.drawings[0])
    lines = [layer for layer in layers if layer["mark"]["type"] == "line"]
    points = [layer for layer in layers if layer["mark"]["type"] == "point"]
    for line, point in zip(lines, points, strict=True):
        steps = line["data"]["values"]
        assert (steps[0]["t"], steps[0]["s"]) == (0, 1)
        for tick in point["data"]["values"]:
            assert tick["s"] == [step["s"] for step in steps if step["t"] <= tick["t"]][-1]


def test_the_numbers_at_risk_stand_under_their_ticks(numbers, protocol):
    figure = kaplan_meier_figure(protocol.analyses[0], numbers, protocol, label="")
    for drawing in figure.drawings:
        layers = drawn(drawing)
        axis = next(x for x in layers if x["mark"]["type"] == "line")["encoding"]["x"]
        end, width = axis["scale"]["domain"][1], drawing.spec["width"]
        places = {row["px"] for row in layers[-1]["data"]["values"]}
        assert places == {tick / end * width for tick in axis["axis"]["values"]}
        used = [number for number in drawing.numbers if number.stat == "n_risk"]
        assert {number.time for number in used} == set(axis["axis"]["values"])


def test_the_control_has_the_second_colour_wherever_it_stands(protocol):
    assert arm_styles(protocol) == {"ANL": 0, "PBO": 1}
    turned = protocol.model_copy(update={"arms": protocol.arms[::-1]})
    assert arm_styles(turned) == {"PBO": 1, "ANL": 0}


def test_names_stand_above_the_upper_and_below_the_lower_curve():
    high = Curve("A", "Drug", 0, tuple((t, 1 - t / 40, 0.95 - t / 40, 1.0) for t in range(21)), ())
    low = Curve("B", "Other", 1, tuple((t, 1 - t / 21, 0.9 - t / 21, 1.0) for t in range(21)), ())
    placed = place_labels((low, high), end=20, width=700, font=12)
    for label in placed:
        assert 0.04 < label.height < 0.97
        curve = high if label.text == "Drug" else low
        at = [step for step in curve.steps if step[0] <= label.time][-1]
        assert label.height > at[1] if label.text == "Drug" else label.height < at[1]
    assert place_labels((high,), end=20, width=700, font=12) == ()


def test_every_argument_gets_words_and_none_is_dropped():
    assert argument_words({"ties": "efron", "sides": 2}) == ["ties after Efron", "two-sided"]
    assert argument_words({"brand_new": 3}) == ["brand_new 3"]
    assert argument_words({"strata": []}) == ["no strata"]
    assert method_words("cox", {"strata": ["ECOG"], "conf_level": 0.9}) == (
        "Cox proportional hazards model: stratified by ECOG; confidence level 90%."
    )


def test_all_arguments_of_the_trials_have_words():
    for trial in ("altn-iii-04", "alter-s006"):
        args = resolved_args(tables(trial)["analysis"], {})
        bare = {w for item in args.values() for w in argument_words(item) if "_" in w.split()[0]}
        assert not bare


def test_every_option_of_every_profile_has_words_of_its_own():
    names = {"quartiles": "quantile"}
    for profile in profiles().values():
        for option, value in profile.items():
            if option != "source":
                assert (names.get(option, option), value) in PHRASES


def test_words():
    assert day_words((1, 2, 3, 5)) == "days 1-3, 5"
    assert day_words((1,)) == "day 1"
    assert sentence_case("EYE DISORDERS") == "Eye disorders"
    assert sentence_case("Nausea by CTCAE") == "Nausea by CTCAE"
    assert reason_words("Last Tumor Assessment") == "Last tumour assessment"
    protocol = simulated("altn-iii-04").trial.protocol
    assert regimen_words(protocol.regimens["epirubicin"]) == (
        "Epirubicin 90 mg/m² intravenously on day 1 of every 21-day cycle, up to 6 cycles"
    )


def test_a_number_is_found_by_what_it_is(numbers):
    number = numbers.find("PFS.BIRC", "cox", "hr", "ANL")
    assert isinstance(number, Number)
    lower, upper = numbers.interval(number)
    assert lower.value < number.value < upper.value
    assert numbers.find("PFS.BIRC", "cox", "hr", "PBO") is None


def test_the_drawn_curve_stops_where_its_footnote_says(numbers, protocol):
    assert protocol.curve_least_at_risk == 5
    for analysis in protocol.analyses:
        figure = kaplan_meier_figure(analysis, numbers, protocol, label="")
        if figure is None:
            continue
        assert "at least 5 patients at risk" in figure.footnotes[0]
        ends = sorted(
            n.value for n in numbers.of(analysis.id, "kaplan-meier.curve") if n.stat == "curve_end"
        )
        layers = figure.drawings[0].spec["layer"]
        lines = [layer for layer in layers if layer["mark"]["type"] == "line"]
        assert sorted(line["data"]["values"][-1]["t"] for line in lines) == ends
        for end in ends:
            steps = [n for n in numbers.of(analysis.id, "kaplan-meier.curve") if n.stat == "surv"]
            assert max(n.time for n in steps) > end
