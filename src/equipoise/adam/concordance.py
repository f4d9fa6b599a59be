# SPDX-License-Identifier: Apache-2.0
"""Two evaluators side by side: best response, progression and the endpoint of each subject."""

from __future__ import annotations

from itertools import combinations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key


def derive_concordance(
    adrs: pl.DataFrame, adtte: pl.DataFrame, adsl: pl.DataFrame, protocol: Protocol
) -> pl.DataFrame | None:
    """ADCONC: every pair of evaluators that the protocol reports; None without pairs.

    The first of a pair is the evaluator that `concordance` holds against the other, where it names
    the two; else the one that the protocol lists first.

    Notes         Readers whose reads are only accepted or not by an adjudicator are compared in
                  ADADJ, not here, unless an endpoint is read by them.
                  A pending read is compared with nothing.
    Source: categories of progression agreement as in the audit of central review (Amit et al., Eur
     J Cancer 2011;47:1772-1778; the paper was not at hand, its definitions are those that analysis
     plans restate): early = first evaluator earlier or alone, late = later or missing.
    """
    names = _reported(protocol)
    if len(names) < 2:
        return None
    subject = subject_key(adsl)
    sides = {name: _side(name, adrs, adtte, protocol) for name in names}
    pairs = [
        sides[one]
        .join(sides[two], on=subject, how="inner", suffix="_2")
        .with_columns(EVAL1=pl.lit(one), EVAL2=pl.lit(two), place=pl.lit(number))
        for number, (one, two) in enumerate(_pairs(names, protocol))
    ]
    columns = [c.name for c in load_contract("ADCONC").columns]
    both = ("BOR", "CBOR", "PDDT", "CNSR", "ADT")
    return (
        pl.concat(pairs)
        .rename({n: f"{n}1" for n in both} | {f"{n}_2": f"{n}2" for n in both})
        .with_columns(_progression())
        .with_columns(**_agreement())
        .join(adsl.select(*subject, "STUDYID"), on=subject, how="left")
        .sort("place", *subject)
        .select(*(c for c in subject if c == "REPID"), *columns)
    )


def _reported(protocol: Protocol) -> list[str]:
    """Evaluators of endpoints and of concordance, and those who stand for themselves, in order."""
    accepted = {
        reader
        for e in protocol.evaluators
        if e.adjudication is not None
        for reader in e.adjudication.readers
    }
    used = {endpoint.evaluator for endpoint in protocol.endpoints}
    used |= {name for item in protocol.concordance for name in (item.evaluator, item.reference)}
    return [e.id for e in protocol.evaluators if e.id in used or e.id not in accepted]


def _pairs(names: list[str], protocol: Protocol) -> list[tuple[str, str]]:
    declared = {(item.evaluator, item.reference) for item in protocol.concordance}
    return [
        (two, one) if (two, one) in declared else (one, two) for one, two in combinations(names, 2)
    ]


def _side(name: str, adrs: pl.DataFrame, adtte: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """BOR, CBOR, PDDT and the end of progression-free survival by one evaluator."""
    subject = subject_key(adrs)
    mine = adrs.filter(pl.col("EVALUATOR") == name)
    side = mine.select(subject).unique()
    for parameter, column, called in (
        ("BOR", "AVALC", "BOR"),
        ("CBOR", "AVALC", "CBOR"),
        ("PD", "ADT", "PDDT"),
    ):
        value = mine.filter(PARAMCD=parameter).select(*subject, pl.col(column).alias(called))
        side = side.join(value, on=subject, how="left")
    endpoint = next(
        (e for e in protocol.endpoints if e.kind == "pfs" and e.evaluator == name), None
    )
    rows = adtte.filter(
        (pl.col("ENDPOINT") == (endpoint.id if endpoint else ""))
        & pl.col("RULESET").eq_missing(pl.lit(endpoint.censoring if endpoint else None))
    )
    return side.join(rows.select(*subject, "CNSR", "ADT"), on=subject, how="left")


def _progression() -> pl.Expr:
    one, two = pl.col("PDDT1"), pl.col("PDDT2")
    return (
        pl.when(one.is_null() & two.is_null())
        .then(pl.lit("NEITHER"))
        .when(two.is_null())
        .then(pl.lit("FIRST ONLY"))
        .when(one.is_null())
        .then(pl.lit("SECOND ONLY"))
        .when(one < two)
        .then(pl.lit("FIRST EARLIER"))
        .when(one > two)
        .then(pl.lit("FIRST LATER"))
        .otherwise(pl.lit("SAME DATE"))
        .alias("PDCAT")
    )


def _agreement() -> dict[str, pl.Expr]:
    pending = pl.any_horizontal(pl.col("BOR1", "BOR2") == load_contract("ADADJ").rules["pending"])
    timed = pl.col("CNSR1").is_not_null() & pl.col("CNSR2").is_not_null()
    ends = ((pl.col("CNSR1") == 0) == (pl.col("CNSR2") == 0)) & (pl.col("ADT1") == pl.col("ADT2"))

    def flag(holds: pl.Expr) -> pl.Expr:
        return pl.when(~pending).then(pl.when(holds).then(pl.lit("Y")).otherwise(pl.lit("N")))

    category = pl.col("PDCAT")
    return {
        "BORAGR": flag(pl.col("BOR1") == pl.col("BOR2")),
        "CBORAGR": flag(pl.col("CBOR1") == pl.col("CBOR2")),
        "PDDIFF": (pl.col("PDDT1") - pl.col("PDDT2")).dt.total_days(),
        "PDCAT": pl.when(~pending).then(category),
        "EARLYFL": flag(category.is_in(["FIRST EARLIER", "FIRST ONLY"])),
        "LATEFL": flag(category.is_in(["FIRST LATER", "SECOND ONLY"])),
        "ENDAGR": pl.when(timed).then(flag(ends)),
        "STATUS": pl.when(pending).then(pl.lit("PENDING")).otherwise(pl.lit("COMPARED")),
    }
