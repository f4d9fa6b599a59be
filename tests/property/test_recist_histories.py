# SPDX-License-Identifier: Apache-2.0
"""What holds for any lesion history; 40 x 400 = 16,000 random ones, and each property on many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.property.recist_histories import START, Histories, random_histories
from tests.property.recist_plain import Read, best

from equipoise.recist.best_response import compute_best_response
from equipoise.recist.criterion import Criterion, read_criterion
from equipoise.recist.lesion_response import LesionResponse, derive_lesion_response
from equipoise.recist.response_options import RECIST_1_1

KEY = ["USUBJID"]
RULES = read_criterion("recist_1_1.yaml")
OPTIONS = replace(RECIST_1_1, after_cr="as_recorded")
RESPONSES = ["TRGRESP", "NTRGRESP", "NEWRESP", "OVRLRESP", "TRGREPT", "OVRLREPT"]
seeds = st.integers(min_value=0, max_value=2**31)
quietly = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    phases=[Phase.generate],  # a smaller seed is no simpler history: there is nothing to shrink
)


def derive(histories: Histories, *, rules: Criterion = RULES, key: Any = KEY) -> LesionResponse:
    return derive_lesion_response(
        histories.lesions,
        histories.measurements,
        histories.subjects,
        visits=histories.visits,
        key=key,
        criterion=rules,
        options=OPTIONS,
    )


def after_baseline(found: LesionResponse) -> pl.DataFrame:
    return found.timepoints.filter(pl.col("ABLFL").is_null())


def plain_reads(histories: Histories) -> Iterator[tuple[str, Read]]:
    """Each subject of the tables as a Read, timepoints by first scan."""
    lesions = histories.lesions.partition_by("USUBJID", as_dict=True)
    rows = histories.measurements.partition_by("USUBJID", as_dict=True)
    visits = histories.visits.partition_by("USUBJID", as_dict=True)
    for (subject,), known in visits.items():
        mine = rows[(subject,)].to_dicts() if (subject,) in rows else []
        points = []
        for visit in known.to_dicts():
            label = visit["VISIT"] or "BASELINE"
            point = visit | {"rows": [r for r in mine if r["VISIT"] == label]}
            points.append(point | {"ADT": min([visit["ADT"], *(r["ADT"] for r in point["rows"])])})
        points.sort(key=lambda p: (p["VISIT"] is not None, p["ADT"]))
        listed = lesions[(subject,)].to_dicts() if (subject,) in lesions else []
        yield str(subject), Read(listed, points)


@given(seed=seeds)
@settings(quietly, max_examples=40)
def test_every_timepoint_agrees_with_the_plain_reading_of_the_rules(seed: int) -> None:
    histories = random_histories(seed, n=400)
    found = derive(histories)
    table = after_baseline(found).with_columns(pl.col(RESPONSES).cast(pl.String))
    derived = {s: t.to_dicts() for (s,), t in table.partition_by("USUBJID", as_dict=True).items()}
    dates = dict(found.progression.select("USUBJID", "PDDT").rows())
    for subject, read in plain_reads(histories):
        told = read.reported()
        assert dates[subject] == read.progression_day(), subject
        for number, row in enumerate(derived.get(subject, []), start=1):
            overall = read.overall(number)
            assert row["TRGRESP"] == read.target(number), (subject, row["VISIT"])
            assert row["NEWRESP"] == read.new_lesion(number), (subject, row["VISIT"])
            assert row["OVRLRESP"] == overall, (subject, row["VISIT"], row["RULE"])
            assert (row["TRGREPT"], row["OVRLREPT"]) == told[number - 1], (subject, row["VISIT"])


@given(seed=seeds)
@quietly
def test_best_responses_agree_with_the_plain_reading(seed: int) -> None:
    histories = random_histories(seed, n=400)
    found = derive(histories)
    named = compute_best_response(found.assessments, histories.subjects, key=KEY, options=OPTIONS)
    values = {(s, p): v for s, p, v in named.select("USUBJID", "PARAMCD", "AVALC").rows()}
    rows = found.assessments.sort("USUBJID", "ADT")
    for (subject,), read in rows.partition_by("USUBJID", as_dict=True).items():
        first = [(d - histories.subjects["RANDDT"][0]).days for d in read["ADT"]]
        last = [(d - histories.subjects["RANDDT"][0]).days for d in read["ADTLAST"]]
        responses = read["AVALC"].to_list()
        unconfirmed = best(first, responses, confirmed=False)
        assert values[subject, "BOR"] == unconfirmed, (subject, first, responses)
        if first == last:
            confirmed = best(first, responses, confirmed=True)
            assert values[subject, "CBOR"] == confirmed, (subject, first, responses)


@given(seed=seeds)
@quietly
def test_never_complete_response_with_target_disease_left(seed: int) -> None:
    histories = random_histories(seed, n=400)
    table = after_baseline(derive(histories)).filter(
        (pl.col("TRGRESP") == "CR") | (pl.col("OVRLRESP") == "CR")
    )
    rows = histories.measurements.join(histories.lesions, on=["USUBJID", "LNKID"])
    size = pl.col("SIZE").cast(pl.Float64)
    left = (size > 0) | (pl.col("STATE") == "TOO SMALL TO MEASURE")
    rows = rows.filter(pl.col("CLASS") == "TARGET", ~pl.col("NODE"), left)
    assert table.join(rows, on=["USUBJID", "VISIT"], how="semi").is_empty()


@given(seed=seeds)
@quietly
def test_the_nadir_never_rises_and_never_exceeds_the_baseline_sum(seed: int) -> None:
    table = after_baseline(derive(random_histories(seed, n=400)))
    rise = table.with_columns(pl.col("NADIR").diff().over("USUBJID"))
    assert rise.filter(pl.col("NADIR") > 0).is_empty()
    assert table.filter(pl.col("NADIR") > pl.col("BASESUM")).is_empty()


@given(seed=seeds, component=st.booleans())
@quietly
def test_the_progression_date_is_never_after_the_timepoint_that_shows_it(
    seed: int, component: bool
) -> None:
    found = derive(random_histories(seed, n=400), rules=replace(RULES, pd_on_component=component))
    shown = after_baseline(found).filter(pl.col("OVRLRESP") == "PD", ~pl.col("AFTER_PD"))
    both = found.progression.join(shown.group_by("USUBJID").first(), on="USUBJID", how="full")
    assert both.filter(pl.col("PDDT").is_null() != pl.col("ADT").is_null()).is_empty()
    limit = "ADTLAST" if component else "ADT"
    assert both.filter(pl.col("PDDT") > pl.col(limit)).is_empty()


@given(seed=seeds)
@quietly
def test_a_later_assessment_never_changes_an_earlier_response(seed: int) -> None:
    histories = random_histories(seed, n=400)
    full = after_baseline(derive(histories))
    kept = full.filter(pl.int_range(pl.len()).over("USUBJID") < pl.len().over("USUBJID") - 1)
    stays = kept.select("USUBJID", "VISIT")
    visits = histories.visits.join(stays, on=["USUBJID", "VISIT"], how="semi")
    rows = histories.measurements.join(stays, on=["USUBJID", "VISIT"], how="semi")
    baseline = histories.measurements.filter(pl.col("ABLFL") == "Y")
    shorter = replace(
        histories,
        measurements=pl.concat([rows, baseline]),
        visits=pl.concat([visits, histories.visits.filter(pl.col("VISIT").is_null())]),
    )
    columns = ["USUBJID", "VISIT", *RESPONSES]
    assert after_baseline(derive(shorter)).select(columns).equals(kept.select(columns))


@given(seed=seeds, factor=st.sampled_from([2, 3, 7]))
@quietly
def test_scaling_lesions_and_thresholds_leaves_the_responses_alone(seed: int, factor: int) -> None:
    histories = random_histories(seed, n=400)
    larger = pl.col("SIZE").cast(pl.Decimal(12, 4)) * factor
    scaled = replace(histories, measurements=histories.measurements.with_columns(SIZE=larger))
    rules = replace(
        RULES,
        pd_min_increase=RULES.pd_min_increase * factor,
        normal_node_below=RULES.normal_node_below * factor,
        tstm=RULES.tstm * factor,
    )
    columns = ["USUBJID", "VISIT", *RESPONSES]
    assert (
        derive(scaled, rules=rules)
        .timepoints.select(columns)
        .equals(derive(histories).timepoints.select(columns))
    )


@given(seed=seeds)
@quietly
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    histories = random_histories(seed, n=400)
    sorted_rows = histories.measurements.sort("USUBJID", "LNKID", "VISIT", "PART")
    other = replace(histories, measurements=sorted_rows, lesions=histories.lesions.reverse())
    assert derive(other).timepoints.equals(derive(histories).timepoints)


@given(seed=seeds)
@settings(quietly, max_examples=5)
def test_the_replicate_key_equals_a_loop(seed: int) -> None:
    trials = {rep: random_histories(seed + rep, n=60) for rep in (3, 1, 2)}

    def stacked(name: str) -> pl.DataFrame:
        tables = [getattr(t, name).with_columns(REPID=pl.lit(rep)) for rep, t in trials.items()]
        return pl.concat(tables).sample(fraction=1, shuffle=True, seed=seed % 97)

    together = Histories(
        lesions=stacked("lesions"),
        measurements=stacked("measurements"),
        visits=stacked("visits"),
        subjects=pl.concat(
            [t.subjects.with_columns(REPID=pl.lit(rep)) for rep, t in trials.items()]
        ),
    )
    joined = derive(together, key=["REPID", "USUBJID"])
    for rep, trial in trials.items():
        alone = derive(trial)
        part = joined.timepoints.filter(REPID=rep).drop("REPID")
        assert part.equals(alone.timepoints.select(part.columns))
        assert joined.progression.filter(REPID=rep).drop("REPID").equals(alone.progression)


def test_the_histories_reach_every_rule() -> None:
    table = pl.concat([after_baseline(derive(random_histories(s, n=400))) for s in range(10)])
    assert set(table["TRGRULE"].cast(pl.String)) == set(table["TRGRULE"].dtype.categories)
    flags = [c for c in table.columns if table[c].dtype == pl.Boolean]
    unseen = [c for c in flags if not table[c].any()]
    assert unseen == ["NEW_NODE_10_TO_15_MM"], "new lesions carry no size here"
    assert START > 0
