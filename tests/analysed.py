# SPDX-License-Identifier: Apache-2.0
"""Trials ready to analyse: the oracle folder's ADaM tables as input, and one of seven patients."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from tests.small_trial import small_protocol
from tests.study import expected, protocol

from equipoise.protocol.model import Protocol

RELATED = ["POSSIBLE", "PROBABLE", "RELATED"]
BLIND = ("PFS", "RSD")


def flag(condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.lit("Y")).otherwise(pl.lit("N"))


def dated(frame: pl.DataFrame) -> pl.DataFrame:
    """Dates of a published file as dates, whatever type the file gave them."""
    text = [
        name for name in frame.columns if name.endswith("DT") and frame[name].dtype == pl.String
    ]
    return frame.with_columns(pl.col(text).str.slice(0, 10).str.to_date(strict=False))


def published_adam(basis: str, *, ruleset: str) -> dict[str, pl.DataFrame]:
    """ADSL and ADAE that pharmaverse published, ADRS and ADTTE of the large set, on one basis."""
    adsl = dated(expected("expected_adam/adsl")).with_columns(
        ITTFL=flag(pl.col("RANDDT").is_not_null()), SAFFL=flag(pl.col("TRTSDT").is_not_null())
    )
    adae = expected("expected_adam/adae").with_columns(
        ARELFL=flag(pl.col("AREL").is_in(RELATED)),
        ADISCFL=flag(pl.col("AEACN") == "DRUG WITHDRAWN"),
        AFATALFL=flag(pl.col("AESDTH") == "Y"),
    )
    adrs = expected("expected_big/adrs").filter(BASIS=basis)
    adtte = expected("expected_big/adtte").filter(BASIS=basis)
    return {"ADSL": adsl, "ADAE": adae, "ADRS": adrs, "ADTTE": by_rule(adtte, ruleset)}


def by_rule(adtte: pl.DataFrame, ruleset: str) -> pl.DataFrame:
    """Rows of overall survival once and without a reader; the others under one rule set."""
    reader = next(iter(adtte["EVALUATOR"].unique().sort()))
    blind = pl.col("PARAMCD").is_in(BLIND)
    return adtte.filter(blind | (pl.col("EVALUATOR") == reader)).with_columns(
        EVALUATOR=pl.when(blind).then("EVALUATOR"), RULESET=pl.when(blind).then(pl.lit(ruleset))
    )


def study_protocol(landmarks_days: list[float]) -> Protocol:
    """The study's protocol with every reader analysed, and time in days so that landmarks are."""
    base = protocol()
    readers = [item.id for item in base.evaluators]
    shared = {"population": "ITT", "purpose": "exploratory", "label": "Analysis"}
    timed = ["kaplan-meier", "logrank", "cox", "follow-up"]
    endpoints, analyses = [], []
    for reader in readers:
        for kind, censoring in (("pfs", "TEMPLATE"), ("orr", None)):
            name = f"{kind.upper()}.{reader}"
            endpoints.append(
                {
                    "id": name,
                    "paramcd": kind.upper(),
                    "label": name,
                    "kind": kind,
                    "role": "secondary",
                    "evaluator": reader,
                    "start": "randomisation",
                    "censoring": censoring,
                    "confirmed": False if kind == "orr" else None,
                }
            )
            methods = timed if kind == "pfs" else ["proportion"]
            analyses.append(shared | {"id": name, "endpoint": name, "methods": methods})
            if kind == "pfs":
                analyses[-1]["landmarks_months"] = landmarks_days
    changed = base.model_dump() | {"endpoints": endpoints, "analyses": analyses}
    return Protocol.model_validate(changed | {"days_per_month": 1.0})


def small_adam() -> dict[str, pl.DataFrame]:
    """Seven patients in two arms, one not randomised; times, responses and events by hand."""
    start = date(2024, 1, 1)
    rows = [
        # subject, arm, age, sex, days of PFS, censored, best response
        ("S1", "EXP", 50.0, "F", 120, 0, "PR"),
        ("S2", "EXP", 60.0, "M", 200, 1, "CR"),
        ("S3", "EXP", 70.0, "F", 90, 0, "SD"),
        ("S4", "CTRL", 55.0, "M", 40, 0, "PD"),
        ("S5", "CTRL", None, "M", 80, 0, "SD"),
        ("S6", "CTRL", 65.0, None, 160, 1, "MISSING"),
    ]
    names = ["USUBJID", "ARMCD", "AGE", "SEX", "AVAL", "CNSR", "AVALC"]
    wide = pl.DataFrame(rows, schema=names, orient="row")
    adtte = wide.select(
        "USUBJID",
        "AVAL",
        "CNSR",
        PARAMCD=pl.lit("PFS"),
        EVALUATOR=pl.lit("INV"),
        RULESET=pl.lit("R0"),
        EVNTDESC=pl.when(pl.col("CNSR") == 0).then(pl.lit("Progression")),
        CNSDTDSC=pl.when(pl.col("CNSR") > 0).then(pl.lit("Last assessment")),
        ADT=pl.col("AVAL").map_elements(lambda d: start + timedelta(d - 1), pl.Date),
    )
    adrs = pl.concat(
        wide.select("USUBJID", "AVALC", PARAMCD=pl.lit(code), EVALUATOR=pl.lit("INV"))
        for code in ("BOR", "CBOR")
    )
    return {
        "ADSL": _small_subjects(wide, start),
        "ADTTE": adtte,
        "ADRS": adrs,
        "ADAE": _small_events(),
    }


def _small_subjects(wide: pl.DataFrame, start: date) -> pl.DataFrame:
    adsl = wide.select(
        "USUBJID",
        "ARMCD",
        pl.col("ARMCD").alias("ACTARMCD"),
        "AGE",
        "SEX",
        RANDDT=pl.lit(start),
        TRTSDT=pl.lit(start),
        EOSSTT=pl.when(pl.col("CNSR") == 0).then(pl.lit("DISCONTINUED")),
        DCSREAS=pl.when(pl.col("CNSR") == 0).then(pl.lit("PROGRESSIVE DISEASE")),
        DTHDT=pl.lit(None, pl.Date),
        ITTFL=pl.lit("Y"),
    )
    screened = {name: [None] for name in adsl.columns} | {"USUBJID": ["S7"], "ITTFL": ["N"]}
    return pl.concat([adsl, pl.DataFrame(screened, schema=adsl.schema)])


def _small_events() -> pl.DataFrame:
    rows = [
        ("S1", 1, "EYE DISORDERS", "DRY EYE", 1, "Y"),
        ("S1", 2, "EYE DISORDERS", "DRY EYE", 3, "Y"),
        ("S2", 1, "INVESTIGATIONS", "WEIGHT DECREASED", 2, "Y"),
        ("S4", 1, "EYE DISORDERS", "CATARACT", 4, "Y"),
        ("S5", 1, "EYE DISORDERS", "CATARACT", 4, None),
    ]
    names = ["USUBJID", "AESEQ", "AEBODSYS", "AEDECOD", "ATOXGRN", "TRTEMFL"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        ARELFL=pl.lit("Y"),
        AESER=pl.lit("N"),
        ADISCFL=pl.lit("N"),
        AFATALFL=pl.lit("N"),
    )


def small_analysis_protocol(**changes: Any) -> Protocol:
    """Two arms; PFS by Kaplan-Meier, log-rank and Cox, and an objective response rate."""
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
    endpoints = [*small_protocol().model_dump()["endpoints"], response]
    shared = {"population": "ITT", "purpose": "secondary"}
    fields: dict[str, Any] = {
        "baseline": [
            {"variable": "AGE", "label": "Age", "unit": "years"},
            {"variable": "SEX", "label": "Sex", "levels": ["F", "M"]},
        ],
        "endpoints": endpoints,
        "analyses": [
            shared
            | {
                "id": "PFS",
                "label": "Progression-free survival",
                "endpoint": "PFS",
                "methods": ["kaplan-meier", "logrank", "cox", "follow-up"],
                "landmarks_months": [3],
            },
            shared
            | {
                "id": "ORR",
                "label": "Objective response rate",
                "endpoint": "ORR",
                "methods": ["proportion"],
            },
        ],
    }
    return small_protocol(**(fields | changes))
