# SPDX-License-Identifier: Apache-2.0
"""Results of five hundred invented histories against numbers made by R."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import polars as pl
import pytest
from tests.analysed import by_rule, flag
from tests.oracles import oracle_file
from tests.results_rows import one, same
from tests.small_trial import small_protocol

from equipoise.protocol.model import Protocol
from equipoise.results.run import analyse

pytestmark = pytest.mark.oracle
FOLDER = "response_sequences"
ENDPOINTS = {"OS": "OS", "PFS": "PFS", "RSD": "DOR"}
METHODS = {"BOR": "clopper-pearson", "CBOR": "clopper-pearson.confirmed"}
BEST = {"BOR": "bor", "CBOR": "bor.confirmed"}


def table(name: str) -> pl.DataFrame:
    path = oracle_file(f"{FOLDER}/{name}.csv")
    return pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)


@cache
def wanted() -> dict[str, Any]:
    text = oracle_file(f"{FOLDER}/expected_analysis.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["results"]
    return found


def sequence_protocol() -> Protocol:
    """Two arms; time in days, so that landmarks are days."""
    days = {float(r["time"]) for r in wanted()["PFS"]["km"]["conf"]["log-log"]["at_times"]}
    shared = {"population": "ITT", "purpose": "secondary", "label": "Analysis"}
    timed = shared | {
        "methods": ["kaplan-meier", "logrank", "cox"],
        "landmarks_months": sorted(days),
    }
    response = {
        "id": "ORR",
        "paramcd": "ORR",
        "label": "Response",
        "kind": "orr",
        "role": "secondary",
        "evaluator": "INV",
        "start": "randomisation",
        "confirmed": False,
    }
    return small_protocol(
        endpoints=[*small_protocol().model_dump()["endpoints"], response],
        analyses=[
            *(timed | {"id": name, "endpoint": name} for name in ENDPOINTS.values()),
            shared | {"id": "ORR", "endpoint": "ORR", "methods": ["proportion"]},
        ],
        days_per_month=1.0,
    )


@cache
def results() -> pl.DataFrame:
    adsl = table("adsl").with_columns(
        pl.col("ARM").alias("ARMCD"),
        pl.col("ARM").alias("ACTARMCD"),
        EOSSTT=pl.lit(None, pl.String),
        ITTFL=flag(pl.col("RANDDT").is_not_null()),
    )
    reader = pl.lit("INV").alias("EVALUATOR")
    adae = pl.DataFrame(
        schema=dict.fromkeys(
            ["USUBJID", "AEBODSYS", "AEDECOD", "TRTEMFL", "ARELFL", "AESER", "ADISCFL", "AFATALFL"],
            pl.String,
        )
        | {"AESEQ": pl.Int64, "ATOXGRN": pl.Int64}
    )
    tables = {
        "ADSL": adsl,
        "ADRS": table("expected_adrs").with_columns(reader),
        "ADTTE": by_rule(table("expected_adtte").with_columns(reader), "R0"),
        "ADAE": adae,
    }
    return analyse(tables, sequence_protocol(), run_id="test")["results"]


def timed_keys(parameter: str, stratum: str) -> dict[str, str]:
    arm = stratum.removeprefix("arm=")
    return {"analysis_id": ENDPOINTS[parameter], "method_id": "kaplan-meier", "arm": arm}


@pytest.mark.parametrize("parameter", ENDPOINTS)
def test_hazard_ratio_and_its_limits(parameter: str) -> None:
    want = wanted()[parameter]["cox"]
    keys = {"analysis_id": ENDPOINTS[parameter], "method_id": "cox"}
    ratio = one(results(), stat="hr", **keys)
    same(ratio, want["hr"][0])
    assert (ratio["comparator"], ratio["reference"]) == ("EXP", "CTRL")
    for stat, name in (("lcl", "lower"), ("ucl", "upper")):
        same(one(results(), stat=stat, ci_of=ratio["result_id"], **keys), want[name][0])
    same(one(results(), stat="z", **keys), want["coef"][0] / want["se"][0])


@pytest.mark.parametrize("parameter", ENDPOINTS)
def test_logrank_and_the_side_it_favours(parameter: str) -> None:
    want = wanted()[parameter]["logrank"]
    keys = {"analysis_id": ENDPOINTS[parameter], "method_id": "logrank"}
    for stat, name in (("chi2", "chisq"), ("df", "df"), ("p", "p"), ("z", "z_second_group")):
        same(one(results(), stat=stat, **keys), want[name])


@pytest.mark.parametrize("parameter", ENDPOINTS)
def test_curves_quartiles_and_landmarks(parameter: str) -> None:
    curves = wanted()[parameter]["km"]
    for stratum, n, events in zip(curves["strata"], curves["n"], curves["events"], strict=True):
        same(one(results(), stat="N", **timed_keys(parameter, stratum)), n)
        same(one(results(), stat="n_event", **timed_keys(parameter, stratum)), events)
    read = curves["conf"]["log-log"]
    for row, stratum in enumerate(read["quantiles"]["strata"]):
        keys = timed_keys(parameter, stratum)
        for column, stat in enumerate(("q25", "median", "q75")):
            estimate = one(results(), stat=stat, **keys)
            same(estimate, read["quantiles"]["estimate"][row][column])
            for end, name in (("lcl", "lower"), ("ucl", "upper")):
                limit = one(results(), stat=end, ci_of=estimate["result_id"], **keys)
                same(limit, read["quantiles"][name][row][column])
    for want in read["at_times"]:
        keys = timed_keys(parameter, want["stratum"])
        same(one(results(), stat="rate", time=float(want["time"]), **keys), 100 * want["surv"])


@pytest.mark.parametrize("parameter", METHODS)
def test_response_rates_and_best_responses(parameter: str) -> None:
    for arm, want in wanted()[f"orr_{parameter}"].items():
        keys = {"analysis_id": "ORR", "method_id": METHODS[parameter], "arm": arm}
        same(one(results(), stat="N", **keys), want["n"])
        same(one(results(), stat="n", **keys), want["responders"])
        same(one(results(), stat="lcl", **keys), 100 * want["cp_lower"])
        same(one(results(), stat="ucl", **keys), 100 * want["cp_upper"])
    for want in wanted()[f"bor_counts_{parameter}"]:
        keys = {
            "analysis_id": "BOR.INV",
            "method_id": BEST[parameter],
            "arm": want["arm"],
            "g1_level": want["response"],
        }
        same(one(results(), stat="n", **keys), want["Freq"])
