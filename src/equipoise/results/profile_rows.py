# SPDX-License-Identifier: Apache-2.0
"""A patient's course as rows: who it is, doses, assessments, lesions, adverse events, endings."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from equipoise.protocol.model import Protocol

Tables = Mapping[str, pl.DataFrame]
MILESTONES = (
    ("RANDDT", "Randomised"),
    ("TRTSDT", "First dose"),
    ("TRTEDT", "Last dose"),
    ("EOTDT", "End of treatment"),
    ("DTHDT", "Death"),
    ("EOSDT", "End of study"),
    ("LSTALVDT", "Last known alive"),
)
GRAVE = 3  # the laboratory grade from which a result is listed
NOTES = (("AESER", "serious"), ("ARELFL", "related"), ("ADISCFL", "treatment stopped"))


def profile_rows(adam: Tables, protocol: Protocol) -> pl.DataFrame:
    """One row per fact; the tables that are there give it. `_from` and `_to` are dates."""
    made = [
        _baseline(adam["ADSL"], protocol),
        _milestones(adam["ADSL"]),
        _doses(adam.get("ADEX")),
        _therapies(adam.get("ADSUBTX")),
        _assessments(adam),
        _lesions(adam.get("ADTR")),
        _states(adam.get("ADLES")),
        _events(adam["ADAE"]),
        _laboratory(adam.get("ADLB")),
    ]
    return pl.concat([rows for rows in made if rows is not None], how="diagonal_relaxed")


def _baseline(adsl: pl.DataFrame, protocol: Protocol) -> pl.DataFrame | None:
    known = [factor for factor in protocol.baseline if factor.variable in adsl.columns]
    rows = [
        adsl.select(
            "USUBJID",
            mark=pl.lit("baseline"),
            label=pl.lit(factor.label),
            value_text=_whole(factor.variable, adsl),
            unit=pl.lit(factor.unit, dtype=pl.String),
            dataset=pl.lit("ADSL"),
            _order=pl.lit(index),
        )
        for index, factor in enumerate(known)
    ]
    return pl.concat(rows) if rows else None


def _whole(variable: str, adsl: pl.DataFrame) -> pl.Expr:
    """The value as text; a number without a trailing `.0`."""
    column = pl.col(variable)
    if adsl.schema[variable].is_float():
        return column.cast(pl.String).str.strip_suffix(".0")
    return column.cast(pl.String)


def _milestones(adsl: pl.DataFrame) -> pl.DataFrame:
    known = [(name, label) for name, label in MILESTONES if name in adsl.columns]
    rows = [
        adsl.filter(pl.col(name).is_not_null()).select(
            "USUBJID",
            mark=pl.lit("milestone"),
            label=pl.lit(label),
            note=_why(adsl, name),
            dataset=pl.lit("ADSL"),
            _from=name,
            _order=pl.lit(100),
        )
        for name, label in known
    ]
    return pl.concat(rows, how="diagonal_relaxed")


def _why(adsl: pl.DataFrame, milestone: str) -> pl.Expr | None:
    """Why study or treatment ended; of a treatment without a reason whether it was completed."""
    reasons = {"EOSDT": ("DCSREAS",), "EOTDT": ("DCTREAS", "EOTSTT")}.get(milestone, ())
    known = [name for name in reasons if name in adsl.columns]
    return pl.coalesce(known) if known else None


def _laboratory(adlb: pl.DataFrame | None) -> pl.DataFrame | None:
    """Results after the first dose that are of grade 3 or more, high or low."""
    if adlb is None:
        return None
    made = []
    for grade, term in (("ATOXGRLN", "ATOXDSCL"), ("ATOXGRHN", "ATOXDSCH")):
        rows = adlb.filter(pl.col(grade) >= GRAVE, pl.col("POSTFL") == "Y")
        made.append(
            rows.select(
                "USUBJID",
                "ASEQ",
                mark=pl.lit("laboratory"),
                label=term,
                value=pl.col(grade).cast(pl.Float64),
                unit=pl.lit("grade"),
                value_text=pl.format("{} {}", "PARAMCD", pl.col("AVAL").round(4).cast(pl.String)),
                note="AVALU",
                dataset=pl.lit("ADLB"),
                _from="ADT",
                _order=pl.lit(600),
            )
        )
    return pl.concat(made)


def _doses(adex: pl.DataFrame | None) -> pl.DataFrame | None:
    """One row per drug and cycle with the dose given; a note where it was less than planned."""
    if adex is None:
        return None
    by = ["USUBJID", "EXTRT", "ACYCLE"]
    cycles = adex.filter(PARCAT1="CYCLE")
    wide = cycles.filter(PARAMCD="NADMIN").select(*by, "ASTDT", "AENDT", "SRCSEQ")
    given = cycles.filter(PARAMCD="ADOSE").select(*by, ADOSE="AVAL", UNIT="AVALU")
    planned = cycles.filter(PARAMCD="PDOSE").select(*by, PDOSE="AVAL")
    for own in (given, planned):
        wide = wide.join(own, on=by, how="left", maintain_order="left")
    share = (100 * pl.col("ADOSE") / pl.col("PDOSE")).round(0).cast(pl.Int64, strict=False)
    return wide.select(
        "USUBJID",
        mark=pl.lit("dose"),
        label="EXTRT",
        value="ADOSE",
        unit="UNIT",
        value_text=pl.format("cycle {}", "ACYCLE"),
        note=pl.when(share < 100).then(pl.format("{}% of the planned dose", share)),
        dataset=pl.lit("ADEX"),
        ASEQ="SRCSEQ",
        _from="ASTDT",
        _to="AENDT",
        _order=pl.lit(200),
    )


def _therapies(adsubtx: pl.DataFrame | None) -> pl.DataFrame | None:
    if adsubtx is None:
        return None
    return adsubtx.select(
        "USUBJID",
        mark=pl.lit("milestone"),
        label=pl.lit("New anticancer therapy"),
        note="ADECOD",
        dataset=pl.lit("ADSUBTX"),
        ASEQ="ASEQ",
        _from="ASTDT",
        _order=pl.lit(100),
    )


def _assessments(adam: Tables) -> pl.DataFrame | None:
    """Each overall response by each evaluator; with the lesions read, the rule and its reason."""
    compared = adam.get("ADRSCMP")
    fixed = {"mark": pl.lit("assessment"), "_order": pl.lit(300)}
    if compared is not None:
        derived, used = pl.col("DERIVED"), pl.col("USED") == "DERIVED"
        differs = pl.col("VERDICT") == "DIFFERS"
        said = pl.format("{}: {}", "RULE", "REASON")
        other = pl.format("; recorded {}, derived {}", "RECORDED", "DERIVED")
        return compared.select(
            "USUBJID",
            value_text=pl.when(used).then(derived).otherwise(pl.coalesce("RECORDED", "DERIVED")),
            label="VISIT",
            evaluator="EVALUATOR",
            note=pl.when(differs).then(said + other).otherwise(said),
            dataset=pl.lit("ADRSCMP"),
            ASEQ="RSSEQ",
            _from="ADT",
            **fixed,
        )
    adrs = adam["ADRS"]
    if not {"ADT", "ASEQ"} <= set(adrs.columns):
        return None
    said = pl.format("{}: {}", "RULE", "REASON") if "RULE" in adrs.columns else pl.lit(None)
    return adrs.filter(pl.col("ADT").is_not_null(), PARAMCD="OVR").select(
        "USUBJID",
        "ASEQ",
        value_text="AVALC",
        label="VISIT" if "VISIT" in adrs.columns else pl.lit(None, dtype=pl.String),
        evaluator="EVALUATOR",
        note=said,
        dataset=pl.lit("ADRS"),
        _from="ADT",
        **fixed,
    )


def _lesions(adtr: pl.DataFrame | None) -> pl.DataFrame | None:
    """Sizes of the targets and their sum with its change; the sum says what changed since nadir."""
    if adtr is None:
        return None
    is_sum = pl.col("PARAMCD") == "SDIAM"
    return adtr.select(
        "USUBJID",
        "ASEQ",
        mark=pl.when(is_sum).then(pl.lit("sum")).otherwise(pl.lit("lesion")),
        label=pl.when(is_sum).then(pl.lit("Sum")).otherwise("TRLNKID"),
        evaluator="EVALUATOR",
        value="AVAL",
        unit=pl.lit("mm"),
        value_text=pl.when(is_sum & pl.col("ABLFL").is_null() & pl.col("PCHG").is_not_null()).then(
            pl.format("{}%", pl.col("PCHG").round(1))
        ),
        note=pl.when(is_sum & pl.col("ANL01FL").is_null()).then(pl.lit("not every lesion")),
        dataset=pl.lit("ADTR"),
        _from="ADT",
        _order=pl.lit(400),
    )


def _states(adles: pl.DataFrame | None) -> pl.DataFrame | None:
    """States of the other lesions; the note says of which class and where the lesion is."""
    if adles is None:
        return None
    where = pl.concat_str("LESCLASS", "LOC", separator=", ", ignore_nulls=True)
    return adles.select(
        "USUBJID",
        "ASEQ",
        mark=pl.lit("lesion state"),
        label="TRLNKID",
        evaluator="EVALUATOR",
        value_text=pl.col("AVALC").fill_null("NOT STATED"),
        note=where,
        dataset=pl.lit("ADLES"),
        _from="ADT",
        _order=pl.lit(450),
    )


def _events(adae: pl.DataFrame) -> pl.DataFrame | None:
    """Treatment-emergent adverse events with grade or severity and what marks them."""
    if "ASTDT" not in adae.columns:
        return None
    rows = adae.filter(TRTEMFL="Y")
    known = [(name, word) for name, word in NOTES if name in rows.columns]
    words = [pl.when(pl.col(name) == "Y").then(pl.lit(word)) for name, word in known]
    grade = pl.col("ATOXGRN") if "ATOXGRN" in rows.columns else pl.lit(None, dtype=pl.Int64)
    severity = pl.col("ASEV") if "ASEV" in rows.columns else pl.lit(None, dtype=pl.String)
    end = pl.col("AENDT") if "AENDT" in rows.columns else pl.lit(None, dtype=pl.Date)
    noted = pl.concat_str(words, separator=", ", ignore_nulls=True) if words else pl.lit("")
    return rows.select(
        "USUBJID",
        mark=pl.lit("adverse event"),
        label="AEDECOD",
        value=grade.cast(pl.Float64),
        unit=pl.when(grade.is_not_null()).then(pl.lit("grade")),
        value_text=severity,
        note=noted,
        dataset=pl.lit("ADAE"),
        ASEQ="AESEQ",
        _from="ASTDT",
        _to=end,
        _order=pl.lit(500),
    )
