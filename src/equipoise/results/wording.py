# SPDX-License-Identifier: Apache-2.0
"""Words around result slots: lists, intervals, number agreement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def slot(row: Row) -> str:
    """The place where the number will stand."""
    return "{" + str(row["result_id"]) + "}"


def percent(row: Row) -> str:
    """A percentage with its sign."""
    return f"{slot(row)}%"


def interval(lower: Row, upper: Row) -> str:
    """A confidence interval with its level: `95% CI 2.3 to 4.3`, `95% CI not estimable`."""
    level = f"{100 * lower['ci_level']:g}% CI"
    states = {lower["state"], upper["state"]}
    if "ok" in states:
        return f"{level} {slot(lower)} to {slot(upper)}"
    return f"{level} {'not reached' if states == {'NR'} else 'not estimable'}"


def p_value(row: Row) -> str:
    """`p = 0.0312`, or `p <0.0001` where the display already holds the sign."""
    signed = row["display"].startswith(("<", ">"))
    return f"p {slot(row)}" if signed else f"p = {slot(row)}"


def plural(row: Row, one: str, many: str) -> str:
    """The form that agrees with the number."""
    return one if row["value"] == 1 else many


def joined(parts: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; with another word before the last where one is given."""
    return f" {last} ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def lower_first(text: str) -> str:
    """The text within a sentence: its capital goes, unless it opens an abbreviation or a name."""
    return text[0].lower() + text[1:] if text[1:2].islower() else text


def arm_in_text(label: str) -> str:
    """The name of an arm within a sentence: `Drug + Placebo` is `drug plus placebo`.

    Drugs are common nouns; what is not a capital before a small letter was written so: `R-CHOP`.
    """
    words = re.sub(r"\b[A-Z](?=[a-z])", lambda found: found[0].lower(), label)
    return words.replace(" + ", " plus ")


def closed(label: str) -> str:
    """A label before a verb: one that holds a comma gets another at its end."""
    return f"{label}," if ", " in label else label


def upper_first(text: str) -> str:
    """The text at the start of a sentence."""
    return text[0].upper() + text[1:]
