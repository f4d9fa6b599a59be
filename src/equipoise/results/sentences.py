# SPDX-License-Identifier: Apache-2.0
"""The abstract's sentences, composed from results: every number is a {result_id} slot."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from equipoise.protocol.model import Analysis, Endpoint, Protocol
from equipoise.results.abbreviations import abbreviations
from equipoise.results.groups import TOTAL
from equipoise.results.look_sentences import look_sentences
from equipoise.results.lookup import Lookup, Row, make_lookup
from equipoise.results.methods_text import methods_sentences
from equipoise.results.schema import columns
from equipoise.results.wording import (
    arm_in_text,
    closed,
    interval,
    joined,
    lower_first,
    p_value,
    percent,
    plural,
    slot,
)

Sentence = tuple[str, str]
STILL = {
    "dor": "the proportion still in response",
    "dodc": "the proportion with disease still controlled",
    "ttr": "the proportion yet without a response",
    "ttd": "the proportion still on treatment",
    "ttf": "the proportion without treatment failure",
}
"""What a rate of a time to event is a rate of, where the time's own name does not say it."""
# A kind of adverse event: end of the sentence's id, its opening, and the opening where nobody
# recorded the kind.
KINDS = {
    "any": (
        "any",
        "Treatment-emergent adverse events occurred in",
        "When adverse events began was",
    ),
    "grade 3 or more": (
        "grade3",
        "Adverse events of grade 3 or more occurred in",
        "The grades of adverse events were",
    ),
    "severe": (
        "severe",
        "Severe adverse events occurred in",
        "The severity of adverse events was",
    ),
    "leading to discontinuation": (
        "discontinuation",
        "Adverse events led to discontinuation of treatment in",
        "Whether adverse events led to discontinuation of treatment was",
    ),
    "fatal": (
        "fatal",
        "Fatal adverse events occurred in",
        "Whether adverse events were fatal was",
    ),
}


def sentence_table(results: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """The table `sentence`: Methods from the protocol, Findings from the results."""
    found = make_lookup(results)
    sections = [("Methods", item) for item in methods_sentences(protocol)]
    sections += [("Findings", item) for item in _findings(found, protocol)]
    texts = [text for _, (_, text) in sections]
    sections += [("Abbreviations", item) for item in abbreviations(results, protocol, texts)]
    rows = [
        {"sentence_id": name, "section": section, "order": order, "text": text}
        for order, (section, (name, text)) in enumerate(sections, start=1)
    ]
    return pl.DataFrame(rows, schema=columns("sentence"))


def fill(text: str, displays: dict[str, str]) -> str:
    """The sentence as read: each {result_id} replaced by its display."""
    return re.sub(r"\{([0-9a-f]{12})\}", lambda found: displays[found[1]], text)


def _findings(found: Lookup, protocol: Protocol) -> Iterator[Sentence]:
    yield from _enrolment(found, protocol)
    endpoints = {item.id: item for item in protocol.endpoints}
    for analysis in protocol.analyses:
        endpoint = endpoints[analysis.endpoint]
        if endpoint.kind in ("orr", "dcr"):
            yield from _response(found, protocol, analysis)
        else:
            yield from _follow_up(found, analysis)
            yield from _median(found, protocol, analysis)
            yield from _comparison(found, protocol, analysis)
            yield from look_sentences(found, protocol, analysis)
            yield from _landmarks(found, protocol, analysis, endpoint)
    yield from _adverse_events(found, protocol)


def _with_arms(protocol: Protocol, parts: list[tuple[str, str]]) -> str:
    """Parts joined, each followed by its arm; a trial of one arm does not name it.

    What is the same words for several arms is said once: not reached with A or B.
    """
    if len(protocol.arms) == 1:
        return parts[0][1]
    labels = {arm.id: arm_in_text(arm.label) for arm in protocol.arms}
    alike: dict[str, list[str]] = {}
    for arm, text in parts:
        alike.setdefault(text, []).append(labels[arm])
    if len(alike) == 1 and len(parts) == len(labels):
        return f"{parts[0][1]} in {'either' if len(parts) == 2 else 'any'} arm"
    return joined([f"{text} with {joined(arms, 'or')}" for text, arms in alike.items()])


def _enrolment(found: Lookup, protocol: Protocol) -> Iterator[Sentence]:
    total = found.find("DISPOSITION", "disposition", "N", arm=TOTAL)
    if total is None:
        return
    verb = "randomised" if protocol.randomisation else "treated"
    text = f"{slot(total)} {plural(total, 'patient was', 'patients were')} {verb}"
    sizes = [
        (arm, found.find("DISPOSITION", "disposition", "N", arm=arm.id)) for arm in protocol.arms
    ]
    if len(protocol.arms) > 1:
        text += ", " + joined(
            [f"{slot(row)} to {arm_in_text(arm.label)}" for arm, row in sizes if row]
        )
    yield "findings.enrolment", text + "."


def _follow_up(found: Lookup, analysis: Analysis) -> Iterator[Sentence]:
    median, first, third = (
        found.find(analysis.id, "follow-up", f"followup_{stat}", arm=TOTAL)
        for stat in ("median", "q1", "q3")
    )
    if median is None or first is None or third is None:
        return
    opening = f"Median follow-up for {lower_first(analysis.label)}"
    if median["state"] == "ok":
        text = f"{opening} was {slot(median)} months (quartiles {slot(first)} and {slot(third)})."
    else:
        text = f"{opening} was {_absence(median)}."
    yield f"findings.{analysis.id}.follow_up", text


def _median(found: Lookup, protocol: Protocol, analysis: Analysis) -> Iterator[Sentence]:
    parts = []
    for arm in protocol.arms:
        row = found.find(analysis.id, "kaplan-meier", "median", arm=arm.id)
        limits = found.limits(row) if row else None
        if row is None or limits is None:
            continue
        value = f"{slot(row)} months" if row["state"] == "ok" else _absence(row)
        known = "ok" in (row["state"], limits[0]["state"], limits[1]["state"])
        parts.append((arm.id, f"{value} ({interval(*limits)})" if known else value))
    if parts:
        what = closed(lower_first(analysis.label))
        text = f"Median {what} was {_with_arms(protocol, parts)}."
        yield f"findings.{analysis.id}.median", text


def _absence(row: Row) -> str:
    """Words for a number that is not there; not reached and not estimable are two things."""
    if row["state"] == "NR":
        return "not reached"
    return "not estimable" if row["state"] == "NE" else "not applicable"


def _comparison(found: Lookup, protocol: Protocol, analysis: Analysis) -> Iterator[Sentence]:
    control = protocol.control
    for arm in protocol.arms:
        ratio = found.find(analysis.id, "cox", "hr", comparator=arm.id)
        limits = found.limits(ratio) if ratio else None
        if control is None or ratio is None or limits is None:
            continue
        arms = f"{arm_in_text(arm.label)} versus {arm_in_text(control.label)}"
        opening = f"For {lower_first(analysis.label)}, the hazard ratio for {arms} was"
        if ratio["state"] == "ok":
            text = f"{slot(ratio)} ({interval(*limits)})"
        else:
            text = f"{_absence(ratio)} ({ratio['state_reason']})"
        test = found.find(analysis.id, "logrank", "p", comparator=arm.id)
        if test is not None and test["state"] == "ok":
            name = "stratified log-rank" if analysis.strata else "log-rank"
            text += f"; {name} {p_value(test)}"
        yield f"findings.{analysis.id}.hr.{arm.id}", f"{opening} {text}."


def _landmarks(
    found: Lookup, protocol: Protocol, analysis: Analysis, endpoint: Endpoint
) -> Iterator[Sentence]:
    for month in analysis.landmarks_months:
        parts = []
        for arm in protocol.arms:
            row = found.find(analysis.id, "kaplan-meier", "rate", arm=arm.id, time=float(month))
            limits = found.limits(row) if row else None
            if row is None or limits is None:
                continue
            rate = f"{percent(row)} ({interval(*limits)})"
            parts.append((arm.id, rate if row["state"] == "ok" else _absence(row)))
        if parts:
            what = STILL.get(endpoint.kind) or closed(lower_first(analysis.label))
            text = f"At {month:g} months, {what} was {_with_arms(protocol, parts)}."
            yield f"findings.{analysis.id}.rate.{month:g}", text


def _response(found: Lookup, protocol: Protocol, analysis: Analysis) -> Iterator[Sentence]:
    parts = []
    for arm in protocol.arms:
        size, count, share = (
            found.find(analysis.id, "clopper-pearson", stat, arm=arm.id)
            for stat in ("N", "n", "pct")
        )
        limits = found.limits(share) if share else None
        if size is None or count is None or share is None or limits is None:
            continue
        counts = f"{slot(count)} of {slot(size)} patients"
        value = f"{percent(share)} ({counts}; {interval(*limits)})"
        parts.append((arm.id, value if share["state"] == "ok" else _absence(share)))
    if parts:
        what = closed(lower_first(analysis.label))
        text = f"The {what} was {_with_arms(protocol, parts)}."
        yield f"findings.{analysis.id}.rate", text
    yield from _rate_comparison(found, protocol, analysis)


def _rate_comparison(found: Lookup, protocol: Protocol, analysis: Analysis) -> Iterator[Sentence]:
    """The difference of two rates with its interval and test, where it was planned."""
    control = protocol.control
    for arm in protocol.arms if control else ():
        difference = found.find(analysis.id, "rate-difference", "rate_diff", comparator=arm.id)
        test = found.find(analysis.id, "association", "p", comparator=arm.id)
        limits = found.limits(difference) if difference else None
        if control is None or difference is None or test is None or limits is None:
            continue
        if difference["state"] != "ok":
            continue
        kind = "stratified " if analysis.strata else ""
        whom = f"between {arm_in_text(arm.label)} and {arm_in_text(control.label)}"
        text = f"The {kind}difference in the {lower_first(analysis.label)} {whom} was "
        text += f"{slot(difference)} percentage points ({interval(*limits)}"
        text += f"; {p_value(test)})." if test["state"] == "ok" else ")."
        yield f"findings.{analysis.id}.difference.{arm.id}", text


def _adverse_events(found: Lookup, protocol: Protocol) -> Iterator[Sentence]:
    severe = protocol.adverse_events.grading == "severity"
    for kind, (name, phrase, unknown) in KINDS.items():
        if kind == ("grade 3 or more" if severe else "severe"):
            continue
        parts, counts = [], []
        for arm in protocol.arms:
            count, share, size = (
                found.find("AE.OVERVIEW", "count.kinds", stat, arm=arm.id, level=level)
                for stat, level in (("n", kind), ("pct", kind), ("N", None))
            )
            if size is None or count is None or share is None:
                continue
            counts.append(count)
            if count["state"] != "ok":
                continue
            counted = share["state"] == "ok" and count["value"]
            text = f"{slot(count)} of {slot(size)} patients"
            parts.append((arm.id, f"{text} ({percent(share)})" if counted else text))
        if counts:
            text = (
                f"{phrase} {_with_arms(protocol, parts)}." if parts else f"{unknown} not recorded."
            )
            yield f"findings.AE.{name}", text
