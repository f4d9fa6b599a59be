# SPDX-License-Identifier: Apache-2.0
"""Each patient of laboratory.yaml has the grades that ADLB gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from tests import study
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.tables import check_tables

PATIENTS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "laboratory.yaml").read_text(encoding="utf-8")
)
SIDES = {"low": ("ATOXGRLN", "WORSTLFL", "BTOXGRL"), "high": ("ATOXGRHN", "WORSTHFL", "BTOXGRH")}


def tables_of(patients: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    tables = small_tables([{"id": p["id"]} for p in patients])
    rows = [
        {"STUDYID": "SMALL", "USUBJID": p["id"], "LBSEQ": number, "LBTESTCD": p["test"]}
        | {"LBDTC": on_day(day), "LBSTRESN": value, "LBSTRESU": p["unit"]}
        | {"LBSTNRLO": p["normal"][0], "LBSTNRHI": p["normal"][1]}
        for p in patients
        for number, (day, value) in enumerate(p["results"], start=1)
    ]
    numbers = dict.fromkeys(["LBSTRESN", "LBSTNRLO", "LBSTNRHI"], pl.Float64)
    schema = {"LBSEQ": pl.Int64, **numbers}
    tables["LB"] = pl.DataFrame(
        rows, schema_overrides=schema, infer_schema_length=None, strict=False
    )
    return tables


def adlb_of(patients: list[dict[str, Any]]) -> pl.DataFrame:
    return derive_adam(tables_of(patients), small_protocol())["ADLB"]


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda p: str(p["id"]))
def test_the_results_have_the_grades(patient):
    rows = adlb_of([patient]).sort("ASEQ")
    for side in {"low", "high"} & set(patient):
        wanted = patient[side]
        grade, worst, baseline = SIDES[side]
        assert rows[grade].to_list() == wanted["grades"]
        flagged = rows[worst].is_not_null().arg_true().to_list()
        assert flagged == ([] if wanted["worst"] is None else [wanted["worst"]])
        assert rows[baseline].unique().to_list() == [wanted["baseline"]]
    if "basis" in patient.get("high", {}):
        assert set(rows.filter(POSTFL="Y")["ATOXBAS"]) == {patient["high"]["basis"]}


def test_patients_together_are_as_alone_and_keep_the_contract():
    together = adlb_of(PATIENTS)
    alone = pl.concat([adlb_of([p]) for p in PATIENTS]).sort("USUBJID", "PARAMCD", "ADT", "ASEQ")
    assert together.equals(alone)
    assert [str(f) for f in check_tables({"ADLB": together}, files={})] == []
    shuffled = tables_of(PATIENTS)
    shuffled["LB"] = shuffled["LB"].sample(fraction=1, shuffle=True, seed=3)
    assert derive_adam(shuffled, small_protocol())["ADLB"].equals(together)


@pytest.mark.oracle
def test_what_holds_of_the_results_of_a_real_study():
    adlb = study.adam()["ADLB"]
    assert adlb.height == study.sdtm()["LB"]["LBSTRESN"].is_not_null().sum()
    assert [str(f) for f in check_tables({"ADLB": adlb}, files={})] == []
    subject = ["USUBJID", "PARAMCD"]
    for flag in ("ABLFL", "WORSTLFL", "WORSTHFL"):
        assert adlb.filter(pl.col(flag) == "Y").group_by(subject).len()["len"].max() == 1
    for side, (grade, worst, _) in SIDES.items():
        known = adlb.filter(pl.col(grade).is_not_null(), pl.col("POSTFL") == "Y")
        highest = known.group_by(subject).agg(highest=pl.col(grade).max())
        flagged = adlb.filter(pl.col(worst) == "Y").join(highest, on=subject)
        assert flagged.height == highest.height
        assert (flagged[grade] == flagged["highest"]).all()
        limit = (
            pl.col("AVAL") < pl.col("ANRLO") if side == "low" else pl.col("AVAL") > pl.col("ANRHI")
        )
        # Within the limits the only grades are those of a baseline, or of a cut inside the limits.
        inside = known.filter(~limit, pl.col(grade) > 0, pl.col("ANRLO").is_not_null())
        assert set(inside["PARAMCD"]) <= {"CREAT", "LYM"}
    assert adlb.filter(PARAMCD="ALB")["ATOXGRLN"].null_count() == 0
