# SPDX-License-Identifier: Apache-2.0
"""Flags of adverse events: related, fatal, of special interest, and the worst of each subject."""

from __future__ import annotations

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.tables import load_contract, subject_key

_WITHIN: dict[str, tuple[str, ...]] = {"": (), "S": ("AEBODSYS",), "P": ("AEBODSYS", "AEDECOD")}
"""Within what an event is the first or the worst: the subject, the class, the term."""
_GRADE = {"CTCAE": "ATOXGRN", "severity": "ASEVN"}


def occurrence_flags(events: pl.DataFrame, protocol: Protocol) -> dict[str, pl.Expr]:
    """First and worst treatment-emergent event of each subject, body system and term, by name.

    Parameters    events : ADAE with ASTDT, TRTEMFL and its grades
    Returns       AOCCFL, AOCCSFL, AOCCPFL: Y on the first; AOCCIFL, AOCCSIFL, AOCCPIFL: Y on the
                  first of the worst grade, where the study graded. An event without a grade is
                  never the worst.
    Source: CDISC ADaM OCCDS 1.1, occurrence flags; grades as `adverse_events.grading` says.
    """
    key = subject_key(events)
    grade = _GRADE[protocol.adverse_events.grading]
    emergent = (pl.col("TRTEMFL") == "Y").fill_null(value=False)
    dated = emergent & pl.col("ASTDT").is_not_null()
    flags = {}
    for letter, within in _WITHIN.items():
        by = [*key, *within]
        flags[f"AOCC{letter}FL"] = _leads(dated, by, ["ASTDT", "AESEQ"])
        if grade in events.columns:
            graded = emergent & pl.col(grade).is_not_null()
            order = [-pl.col(grade), pl.col("ASTDT"), pl.col("AESEQ")]
            flags[f"AOCC{letter}IFL"] = _leads(graded, by, order)
    return flags


def _leads(among: pl.Expr, by: list[str], order: list[str] | list[pl.Expr]) -> pl.Expr:
    """Y on the event that comes first in `order` among those that count."""
    sorting = [~among, *(pl.col(o) if isinstance(o, str) else o for o in order)]
    place = pl.struct(sorting).rank("ordinal").over(by)
    return pl.when(among & (place == 1)).then(pl.lit("Y"))


def special_interest(events: pl.DataFrame, protocol: Protocol) -> dict[str, pl.Expr]:
    """AESIFL, and CQ01NAM, CQ02NAM ... with the label of each group of terms an event is in.

    An event that is not coded is in a group nobody knows: its AESIFL is missing, and not N.
    Source: CDISC ADaM OCCDS 1.1, CQzzNAM (customised query).
    """
    groups = protocol.adverse_events.special_interest
    if not groups or "AEDECOD" not in events.columns:
        return {}
    term = pl.col("AEDECOD").str.strip_chars().str.to_uppercase()
    found = [term.is_in([t.strip().upper() for t in group.terms]) for group in groups]
    named = {
        f"CQ{number:02d}NAM": pl.when(inside).then(pl.lit(group.label))
        for number, (inside, group) in enumerate(zip(found, groups, strict=True), start=1)
    }
    return {"AESIFL": _yes_no(pl.any_horizontal(found)), **named}


def event_flags(ae: pl.DataFrame) -> dict[str, pl.Expr]:
    """Severity, grade, relation, action taken and outcome of each event, by column name.

    What the study did not record, in any replicate, has no column: nobody knows, which is not N.
    """
    levels = {name: i for i, name in enumerate(load_contract("ADAE").rules["severity"], start=1)}
    rules = load_contract("AE").rules
    severity, grade = pl.col("AESEV"), pl.col("AETOXGR")
    fatal = {
        "AESDTH": pl.col("AESDTH") == "Y",
        "AEOUT": pl.col("AEOUT") == rules["fatal"],
        "AETOXGR": grade == "5",
    }
    told = [found.fill_null(value=False) for name, found in fatal.items() if _recorded(ae, name)]
    flags = {
        "ASEV": ("AESEV", severity),
        "ASEVN": (
            "AESEV",
            severity.replace_strict(levels, default=None, return_dtype=pl.Int64),
        ),
        "ATOXGRN": ("AETOXGR", grade.cast(pl.Int64, strict=False)),
        "ARELFL": ("AEREL", _yes_no(pl.col("AEREL").is_in(rules["related"]))),
        "ADISCFL": ("AEACN", _yes_no(pl.col("AEACN") == rules["withdrawn"])),
        "AMODFL": ("AEACN", _yes_no(pl.col("AEACN").is_in(rules["modified"]))),
    }
    known = {name: value for name, (source, value) in flags.items() if _recorded(ae, source)}
    return known | ({"AFATALFL": _yes_no(pl.any_horizontal(told))} if told else {})


def _recorded(ae: pl.DataFrame, name: str) -> bool:
    """Whether the study recorded the variable, for any event."""
    return name in ae.columns and (not ae.height or ae[name].null_count() < ae.height)


def _yes_no(holds: pl.Expr) -> pl.Expr:
    """Y or N; missing where the event's own record is missing."""
    answer = pl.when(holds).then(pl.lit("Y")).otherwise(pl.lit("N"))
    return pl.when(holds.is_not_null()).then(answer)
