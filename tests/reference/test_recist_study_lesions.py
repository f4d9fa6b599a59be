# SPDX-License-Identifier: Apache-2.0
"""Responses derived from TU and TR agree with the study's strict and published responses."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from tests.oracles import oracle_file

from equipoise.recist.best_response import compute_best_response
from equipoise.recist.criterion import Criterion, read_criterion
from equipoise.recist.lesion_response import derive_lesion_response
from equipoise.recist.response_options import ADMIRALONCO, RECIST_1_1
from equipoise.recist.sdtm_lesions import (
    lesions_from_sdtm,
    measurements_from_sdtm,
    separate_dates,
    without_copies,
)

pytestmark = pytest.mark.oracle
KEY = ["USUBJID", "EVALUATOR"]
RULES = read_criterion("recist_1_1.yaml")
EVALUATORS = {"RADIOLOGIST 1": "IND1", "RADIOLOGIST 2": "IND2"}


def read_table(name: str) -> pl.DataFrame:
    return pl.read_parquet(oracle_file(f"sdtm_adam/{name}.parquet"))


def with_evaluator(table: pl.DataFrame, prefix: str) -> pl.DataFrame:
    reader = pl.col(f"{prefix}EVALID").replace_strict(EVALUATORS, default="INV")
    return table.with_columns(EVALUATOR=reader)


def tumour_results(name: str) -> pl.DataFrame:
    """TR with its reader and a date; a month is its first day."""
    text = pl.col("TRDTC")
    day = pl.when(text.str.len_chars() == 7).then(text + "-01").otherwise(text.str.slice(0, 10))
    tr = with_evaluator(read_table(f"sdtm/{name}"), "TR").with_columns(ADT=day.str.to_date())
    return tr if "TRSTAT" in tr.columns else tr.with_columns(TRSTAT=pl.lit(None, dtype=pl.String))


def nodes_by_result() -> pl.DataFrame:
    """Which lesions are nodes by SUPPTR TRLOC, as the README of the oracles says."""
    supplement = read_table("sdtm/supptr_onco").filter(QNAM="TRLOC")
    located = supplement.select(
        "USUBJID", "QVAL", TRSEQ=pl.col("IDVARVAL").str.strip_chars().cast(pl.Float64)
    )
    return (
        tumour_results("tr_onco")
        .join(located, on=["USUBJID", "TRSEQ"], how="left")
        .group_by(*KEY, TULNKID="TRLNKID")
        .agg(NODE=(pl.col("QVAL") == "LYMPH NODE").any().fill_null(value=False))
    )


def derive(
    tu: pl.DataFrame, tr: pl.DataFrame, *, longest: str, short: str, criterion: Criterion = RULES
) -> pl.DataFrame:
    lesions = lesions_from_sdtm(tu, key=KEY)
    measurements = measurements_from_sdtm(tr, lesions, key=KEY, longest=longest, short=short)
    measurements = separate_dates(without_copies(measurements), key=KEY)
    found = derive_lesion_response(
        lesions,
        measurements,
        lesions.select(KEY).unique().sort(KEY),
        key=KEY,
        criterion=criterion,
        options=RECIST_1_1,
    )
    return found.timepoints.filter(pl.col("ABLFL").is_null())


def test_strict_responses_of_every_subject_reader_and_assessment_agree() -> None:
    tu = with_evaluator(read_table("sdtm/tu_onco"), "TU")
    tu = tu.join(nodes_by_result(), on=[*KEY, "TULNKID"], how="left")
    tu = tu.with_columns(pl.col("NODE").fill_null(value=False))
    got = derive(tu, tumour_results("tr_onco"), longest="DIAMETER", short="DIAMETER")
    expected = read_table("expected_big/recist_timepoints")
    expected = expected.with_columns(ADT=pl.col("DATE").str.to_date()).drop("VISIT")
    both = expected.join(got, on=[*KEY, "ADT"], how="full", coalesce=True)
    names = {
        "STRICT_TRGRESP": "TRGRESP",
        "STRICT_NTRGRESP": "NTRGRESP",
        "STRICT_OVRLRESP": "OVRLRESP",
    }
    same = [pl.col(a).eq_missing(pl.col(b).cast(pl.String)) for a, b in names.items()]
    wrong = both.filter(~pl.all_horizontal(same)).select(*KEY, "VISIT", *names, *names.values())
    assert wrong.is_empty(), f"{wrong.height} of {expected.height} differ:\n{wrong.head(12)}"
    sums = both.filter(pl.col("N_LESIONS_MISSING") == 0)
    assert sums.filter(pl.col("SUM").ne_missing(pl.col("SUM_right"))).is_empty()
    for theirs, ours in (("BASE_SUM", "BASESUM"), ("NADIR_SUM", "NADIR")):
        differ = both.filter(pl.col(theirs).ne_missing(pl.col(ours)))
        assert differ.is_empty(), differ.select(*KEY, "ADT", theirs, ours)


def test_recorded_responses_of_the_second_set_follow_from_its_lesions() -> None:
    tu = with_evaluator(read_table("sdtm/tu_onco_recist"), "TU")
    tr = tumour_results("tr_onco_recist")
    each_alone = replace(RULES, disease_after_cr_is_pd=False)
    got = derive(tu, tr, longest="LDIAM", short="LPERP", criterion=each_alone)
    recorded = with_evaluator(read_table("sdtm/rs_onco_recist"), "RS").filter(RSTESTCD="OVRLRESP")
    both = recorded.join(got, on=[*KEY, "VISIT"], how="left")
    wrong = both.filter(pl.col("RSSTRESC").ne_missing(pl.col("OVRLRESP").cast(pl.String)))
    shown = wrong.select(*KEY, "VISIT", "RSSTRESC", "OVRLRESP", "RULE")
    assert wrong.is_empty(), f"{wrong.height} of {recorded.height} differ:\n{shown.head(12)}"


def test_the_rule_for_disease_after_cr_changes_only_what_it_names() -> None:
    """The second set's readers judged each timepoint alone; the default does not."""
    tu = with_evaluator(read_table("sdtm/tu_onco_recist"), "TU")
    tr = tumour_results("tr_onco_recist")
    alone = derive(
        tu,
        tr,
        longest="LDIAM",
        short="LPERP",
        criterion=replace(RULES, disease_after_cr_is_pd=False),
    )
    default = derive(tu, tr, longest="LDIAM", short="LPERP")
    changed = default.filter(default["OVRLRESP"] != alone["OVRLRESP"])
    assert changed["REAPPEARANCE_AFTER_CR"].all()
    assert (changed["OVRLRESP"] == "PD").all()


def test_best_responses_from_the_lesions_agree_with_the_strict_expected_table() -> None:
    """From TU and TR to ADRS in one go, without the recorded responses."""
    tu = with_evaluator(read_table("sdtm/tu_onco"), "TU")
    tu = tu.join(nodes_by_result(), on=[*KEY, "TULNKID"], how="left")
    tu = tu.with_columns(pl.col("NODE").fill_null(value=False))
    lesions = lesions_from_sdtm(tu, key=KEY)
    measurements = measurements_from_sdtm(
        tumour_results("tr_onco"), lesions, key=KEY, longest="DIAMETER", short="DIAMETER"
    )
    expected = read_table("expected_big/adrs").filter(
        pl.col("BASIS") == "strict", ~pl.col("PARAMCD").is_in(["DEATH", "MDIS", "OVR"])
    )
    dates = read_table("expected_adam/adsl").select("USUBJID", pl.col("RANDDT").cast(pl.Date))
    subjects = dates.join(expected.select("EVALUATOR").unique(), how="cross")
    found = derive_lesion_response(
        lesions,
        separate_dates(without_copies(measurements), key=KEY),
        subjects,
        key=KEY,
        criterion=RULES,
        options=ADMIRALONCO,
    )
    got = compute_best_response(found.assessments, subjects, key=KEY, options=ADMIRALONCO)
    columns = [*KEY, "PARAMCD", "ADT", "AVALC", "AVAL"]
    expected = expected.with_columns(
        pl.col("ADT").cast(pl.String).str.to_date(), pl.col("AVAL").cast(pl.Int64)
    ).select(columns)
    got = got.filter(pl.col("PARAMCD") != "OVR").select(columns)
    assert expected.height == got.height
    missing = expected.join(got, on=columns, how="anti", nulls_equal=True)
    assert missing.is_empty(), f"{missing.height} of {expected.height} differ:\n{missing.head(9)}"
