# SPDX-License-Identifier: Apache-2.0
"""Results of the real study against numbers made by R: response, survival, adverse events."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import polars as pl
import pytest
from tests.analysed import published_adam, study_protocol
from tests.oracles import oracle_file
from tests.results_rows import missing, one, same, selected
from tests.study import adam, expected, protocol

from equipoise.results.run import analyse

pytestmark = pytest.mark.oracle
ARMS = {
    "Placebo": "Pbo",
    "Xanomeline Low Dose": "Xan_Lo",
    "Xanomeline High Dose": "Xan_Hi",
}
METHODS = {"BOR": "clopper-pearson", "CBOR": "clopper-pearson.confirmed"}
# Rows of the expected incidence and the kind of the overview that they are.
KINDS = {
    "ANY": "any",
    "RELATED (POSSIBLE/PROBABLE/RELATED)": "related",
    "SERIOUS": "serious",
    "SEVERE": "severe",
}


def expected_analyses() -> dict[str, Any]:
    text = oracle_file("sdtm_adam/expected_big/analysis.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["results"]
    return found


def landmarks() -> list[float]:
    """Every time in days at which some expected curve is read."""
    curves = (item["PFS"]["km"]["conf"]["log-log"] for item in expected_analyses().values())
    return sorted({float(row["time"]) for curve in curves for row in curve["at_times"]})


@cache
def results(source: str) -> pl.DataFrame:
    """Results by basis of the published ADaM, or of what we derive from SDTM."""
    tables = adam() if source == "derived" else published_adam(source, ruleset="TEMPLATE")
    return analyse(tables, study_protocol(landmarks()), run_id="test")["results"]


def cases() -> list[tuple[str, str, dict[str, Any]]]:
    found = []
    for key, item in expected_analyses().items():
        basis, reader = key.split("_")
        found.append((basis, reader, item))
        if basis == "published":
            found.append(("derived", reader, item))
    return found


def test_response_rates_and_their_exact_intervals() -> None:
    compared = 0
    for source, reader, item in cases():
        table = results(source)
        for parameter, method in METHODS.items():
            for label, want in item[f"orr_{parameter}"].items():
                keys = {"analysis_id": f"ORR.{reader}", "method_id": method, "arm": ARMS[label]}
                same(one(table, stat="N", **keys), want["n"])
                same(one(table, stat="n", **keys), want["responders"])
                share = one(table, stat="pct", **keys)
                same(share, 100 * want["rate"])
                for stat, name in (("lcl", "cp_lower"), ("ucl", "cp_upper")):
                    same(one(table, stat=stat, ci_of=share["result_id"], **keys), 100 * want[name])
                compared += 1
    assert compared


def test_quartiles_of_time_and_their_limits() -> None:
    for source, reader, item in cases():
        quantiles = item["PFS"]["km"]["conf"]["log-log"]["quantiles"]
        for row, stratum in enumerate(quantiles["strata"]):
            keys = {
                "analysis_id": f"PFS.{reader}",
                "method_id": "kaplan-meier",
                "arm": ARMS[stratum.removeprefix("arm=")],
            }
            for column, stat in enumerate(("q25", "median", "q75")):
                estimate = one(results(source), stat=stat, **keys)
                same(estimate, quantiles["estimate"][row][column])
                for end, name in (("lcl", "lower"), ("ucl", "upper")):
                    limit = one(results(source), stat=end, ci_of=estimate["result_id"], **keys)
                    same(limit, quantiles[name][row][column])


def test_rates_at_landmarks() -> None:
    for source, reader, item in cases():
        for want in item["PFS"]["km"]["conf"]["log-log"]["at_times"]:
            keys = {
                "analysis_id": f"PFS.{reader}",
                "method_id": "kaplan-meier",
                "arm": ARMS[want["stratum"].removeprefix("arm=")],
                "time": float(want["time"]),
            }
            rate = one(results(source), stat="rate", **keys)
            if rate["state"] == "NE":  # after the last, censored observation, where R carries on
                assert want["n_risk"] == 0
                continue
            same(rate, 100 * want["surv"])
            for stat, name in (("lcl", "lower"), ("ucl", "upper")):
                limit = one(results(source), stat=stat, ci_of=rate["result_id"], **keys)
                same(limit, want[name] if missing(want[name]) else 100 * want[name])


def test_logrank_of_all_arms() -> None:
    for source, reader, item in cases():
        want = item["PFS"]["logrank"]
        keys = {"analysis_id": f"PFS.{reader}", "method_id": "logrank.overall"}
        same(one(results(source), stat="chi2", **keys), want["chisq"])
        same(one(results(source), stat="df", **keys), want["df"])
        same(one(results(source), stat="p", **keys), want["p"])


def test_events_and_patients_of_each_arm() -> None:
    for source, reader, item in cases():
        curves = item["PFS"]["km"]
        for stratum, n, events in zip(curves["strata"], curves["n"], curves["events"], strict=True):
            keys = {
                "analysis_id": f"PFS.{reader}",
                "method_id": "kaplan-meier",
                "arm": ARMS[stratum.removeprefix("arm=")],
            }
            same(one(results(source), stat="N", **keys), n)
            same(one(results(source), stat="n_event", **keys), events)


@pytest.mark.parametrize("source", ["published", "derived"])
def test_incidence_of_adverse_events_row_by_row(source: str) -> None:
    table = results(source).filter(pl.col("analysis_id").str.starts_with("AE."))
    wanted = expected("expected_big/teae_incidence")
    assert wanted.height
    seen: dict[str, int] = {}
    for want in wanted.iter_rows(named=True):
        keys: dict[str, Any] = {"arm": ARMS[want["TRT01A"]]}
        if want["level"] in KINDS:
            keys |= {"analysis_id": "AE.OVERVIEW", "g1_level": KINDS[want["level"]]}
        elif want["level"] == "SOC":
            keys |= {"analysis_id": "AE.SOC", "g1_level": want["AEBODSYS"]}
        else:
            keys |= {
                "analysis_id": "AE.TERM",
                "g1_level": want["AEBODSYS"],
                "g2_level": want["AEDECOD"],
            }
        same(one(table, stat="n", **keys), want["n_subj"])
        same(one(table, stat="pct", **keys), want["pct"])
        same(one(table, stat="n_events", **keys), want["n_events"])
        seen[keys["analysis_id"]] = seen.get(keys["analysis_id"], 0) + 1
    for analysis in ("AE.SOC", "AE.TERM"):
        ours = table.filter(
            (pl.col("analysis_id") == analysis)
            & (pl.col("stat") == "n")
            & (pl.col("arm") != "ALL")
            & (pl.col("value") > 0)
        )
        assert ours.height == seen[analysis], "rows of ours that nobody expects"


def test_every_condition_selects_exactly_its_keys() -> None:
    tables = analyse(adam(), protocol(), run_id="test")
    for row in tables["rowset"].iter_rows(named=True):
        found = selected(adam(), row["dataset"], row["predicate"], row["key"])
        assert found == row["keys"], row["predicate"]
