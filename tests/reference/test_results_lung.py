# SPDX-License-Identifier: Apache-2.0
"""Women against men in the lung data, plain and stratified, as survival::coxph and survdiff print.

Source of the numbers: the fixtures of the results specification, R survival 3.5.3, as rounded.
"""

from __future__ import annotations

from functools import cache

import polars as pl
import pytest
from tests.analysed import flag, small_adam
from tests.oracles import oracle_file
from tests.results_rows import one
from tests.small_trial import small_protocol

from equipoise.results.run import analyse

pytestmark = pytest.mark.oracle


def adam(wide: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The patients' ADSL and ADTTE; responses and events are the small trial's."""
    small = small_adam()
    adsl = wide.select(
        "USUBJID",
        "ARMCD",
        "ACTARMCD",
        "ITTFL",
        pl.col("ph.ecog").alias("ECOG"),
        *(pl.lit(None, small["ADSL"].schema[c]).alias(c) for c in ("TRTSDT", "DTHDT", "EOSSTT")),
        RANDDT=pl.lit(small["ADSL"]["RANDDT"][0]),
    )
    adtte = wide.select(
        "USUBJID",
        PARAMCD=pl.lit("OS"),
        AVAL="time",
        CNSR=pl.when(pl.col("status") == 2).then(0).otherwise(1),
        EVNTDESC=pl.lit("Death"),
        CNSDTDSC=pl.lit("Alive"),
    )
    return small | {"ADSL": adsl, "ADTTE": adtte}


@cache
def results(strata: tuple[str, ...], convention: str = "equipoise") -> pl.DataFrame:
    """Patients of unknown performance status are left out, through the analysis set."""
    lung = pl.read_csv(oracle_file("survival_ref/data/lung.csv"), null_values=["NA", ""])
    subject = pl.format("L{}", pl.int_range(pl.len())).alias("USUBJID")
    known = pl.col("ph.ecog").is_not_null() if strata else pl.lit(value=True)
    arm = pl.when(pl.col("sex") == 2).then(pl.lit("EXP")).otherwise(pl.lit("CTRL"))
    wide = lung.with_columns(subject, ARMCD=arm, ACTARMCD=arm, ITTFL=flag(known))
    analysis = {
        "id": "OS",
        "label": "Overall survival",
        "endpoint": "OS",
        "population": "ITT",
        "methods": ["kaplan-meier", "logrank", "cox"],
        "purpose": "primary",
        "strata": strata,
        "landmarks_months": [365],
    }
    return analyse(
        adam(wide),
        small_protocol(analyses=[analysis], convention=convention, days_per_month=1.0),
        run_id="test",
    )["results"]


def limits(table: pl.DataFrame, method: str) -> list[float]:
    ratio = one(table, stat="hr", method_id=method)
    keys = {"method_id": method, "ci_of": ratio["result_id"]}
    return [ratio["value"], *(one(table, stat=s, **keys)["value"] for s in ("lcl", "ucl"))]


def test_plain() -> None:
    table = results(())
    assert one(table, stat="chi2", method_id="logrank")["value"] == pytest.approx(10.3267420)
    assert limits(table, "cox")[0] == pytest.approx(0.58800, abs=5e-6)


def test_stratified_and_beside_it_unstratified() -> None:
    table = results(("ECOG",))
    assert one(table, stat="chi2", method_id="logrank")["value"] == pytest.approx(10.7950596)
    assert limits(table, "cox") == pytest.approx([0.574437, 0.411188, 0.802500], abs=5e-7)
    for method in ("logrank", "cox"):
        plain, stratified = (
            one(table, stat="p", method_id=name)["value"]
            for name in (f"{method}.unstratified", method)
        )
        assert plain != stratified


# men, N = 138: median and survival at 365 days with their limits, and women's hazard ratio
@pytest.mark.parametrize(
    ("convention", "median", "rate", "ratio"),
    [
        ("equipoise", (210, 306), (25.3, 42.1), 0.58800),
        ("sas94", (210, 306), (25.3, 42.1), 0.58837),
        ("r-survival", (212, 310), (26.1, 43.3), 0.58800),
        ("nest", (212, 306), (25.1, 42.1), 0.58800),
    ],
)
def test_conventions(
    convention: str, median: tuple[int, int], rate: tuple[float, float], ratio: float
) -> None:
    table = results((), convention)
    for stat, wanted, slack in (("median", median, 1e-9), ("rate", rate, 0.05)):
        keys = {"method_id": "kaplan-meier", "arm": "CTRL"}
        estimate = one(table, stat=stat, **keys)
        found = [one(table, stat=s, ci_of=estimate["result_id"], **keys) for s in ("lcl", "ucl")]
        assert [row["value"] for row in found] == pytest.approx(wanted, abs=slack)
        assert estimate["convention"] == convention
    assert limits(table, "cox")[0] == pytest.approx(ratio, abs=5e-6)


def test_the_normal_approximation_of_the_median_is_symmetric() -> None:
    table = results((), "spss")
    keys = {"method_id": "kaplan-meier", "arm": "CTRL"}
    estimate = one(table, stat="median", **keys)
    low, high = (
        one(table, stat=s, ci_of=estimate["result_id"], **keys)["value"] for s in ("lcl", "ucl")
    )
    assert estimate["value"] - low == pytest.approx(high - estimate["value"])
