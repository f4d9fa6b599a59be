# SPDX-License-Identifier: Apache-2.0
"""A patient's course as the page draws it: short records of the rows of its profile."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.report.patient_rows import PROFILE, Patients, Row
from equipoise.report.words import level_words, reason_words, sentence_case, upper_first

# Keys of a record are those that page/profile.js reads; what is missing is left out.
Record = dict[str, Any]


def profile_records(patients: Patients, protocol: Protocol) -> dict[str, Record]:
    """One record per patient, by its place: arm, summary, and lists of what happened by day."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in patients.displays.get(PROFILE, ()):
        found[row["USUBJID"]].append(row)
    arms = {arm.id: arm.label for arm in protocol.arms}
    summaries = _summaries(patients, protocol)
    return {
        str(patients.place[subject]): {
            "arm": arms[rows[0]["arm"]],
            "sum": summaries.get(subject, ""),
            **_lists(rows),
        }
        for subject, rows in found.items()
    }


def _lists(rows: list[Row]) -> Record:
    content: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        name, record = _RECORDS[row["mark"]]
        content[name].append([_small(value) for value in record(row)])
    return dict(content)


def _small(value: Any) -> Any:
    """Numbers to a tenth and without a needless `.0`; null stays."""
    if isinstance(value, float):
        rounded = round(value, 1)
        return int(rounded) if rounded == int(rounded) else rounded
    return value


def _baseline(row: Row) -> list[Any]:
    value = level_words("SEX" if row["label"] == "Sex" else "", row["value_text"] or "")
    unit = f" {row['unit']}" if row["unit"] and value else ""
    return [row["label"], (value or "not recorded") + unit]


def _rule_words(note: str | None) -> str | None:
    """The rule, coded in capitals, as running text before its reason."""
    if note is None:
        return None
    rule = re.match(r"[A-Z][A-Z :/-]*(?=: )", note)
    return sentence_case(rule[0]) + note[rule.end() :] if rule else note


_RECORDS: dict[str, tuple[str, Callable[[Row], list[Any]]]] = {
    "baseline": ("facts", _baseline),
    "milestone": (
        "ends",
        lambda row: [row["day"], row["label"], _reason(row["note"])],
    ),
    "dose": (
        "doses",
        lambda row: [
            sentence_case(row["label"]),
            row["day"],
            row["day_end"],
            row["value"],
            row["unit"],
            row["value_text"],
            row["note"],
        ],
    ),
    "assessment": (
        "reads",
        lambda row: [
            row["evaluator"],
            row["day"],
            sentence_case(row["label"] or "") or None,
            row["value_text"],
            _rule_words(row["note"]),
        ],
    ),
    "lesion": (
        "sizes",
        lambda row: [
            row["evaluator"],
            row["day"],
            row["label"],
            row["value"],
        ],
    ),
    "lesion state": (
        "sizes",
        lambda row: [
            row["evaluator"],
            row["day"],
            row["label"],
            sentence_case(row["value_text"] or ""),
            (row["note"] or "").lower(),
        ],
    ),
    "sum": (
        "sums",
        lambda row: [row["evaluator"], row["day"], row["value"], row["value_text"], row["note"]],
    ),
    "laboratory": (
        "labs",
        lambda row: [
            row["label"],
            row["day"],
            row["value"],
            " ".join(filter(None, (row["value_text"], row["note"]))),
        ],
    ),
    "adverse event": (
        "events",
        lambda row: [
            sentence_case(row["label"] or ""),
            row["day"],
            row["day_end"],
            row["value"] if row["value"] is not None else sentence_case(row["value_text"] or ""),
            row["note"],
        ],
    ),
}


def _reason(note: str | None) -> str | None:
    """A reason as running text."""
    return reason_words(sentence_case(note)) if note else None


def _signed(change: float) -> str:
    return f"{change:+.1f}".replace("-", "\N{MINUS SIGN}")


def _summaries(patients: Patients, protocol: Protocol) -> dict[str, str]:
    """For readers by ear and the bar of the chosen patient: best change, response, treatment."""
    parts: dict[str, list[str]] = defaultdict(list)
    for evaluator in protocol.evaluators[:1]:
        for row in patients.displays.get(f"waterfall.{evaluator.id}", ()):
            if row["mark"] == "change":
                best = f"confirmed {row['value_text']}" if row["value_text"] else "no best response"
                parts[row["USUBJID"]].append(f"best change {_signed(row['value'])}%, {best}")
    for row in patients.displays.get("swimmer", ()):
        if row["mark"] == "treatment":
            months = row["value"] / protocol.days_per_month
            parts[row["USUBJID"]].append(f"{months:.1f} months on treatment")
    return {name: upper_first("; ".join(found)) for name, found in parts.items()}
