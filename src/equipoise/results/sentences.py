# SPDX-License-Identifier: Apache-2.0
"""The abstract's sentences, composed from results: every number is a {result_id} slot."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from equipoise.protocol.model import Analysis, Endpoint, Protocol
from equipoise.results.groups import TOTAL
from equipoise.results.look_sentences import look_sentences
from equipoise.results.lookup import Lookup, Row, make_lookup
from equipoise.results.methods_text import methods_sentences
from equipoise.results.schema import columns
from equipoise.results.wording import (
    interval,
    joined,
    lower_first,
    p_value,
    percent,
    plural,
    slot,
    upper_first,
)

Sentence = tuple[str, str]


def sentence_table(results: pl.DataFrame, protocol: Protocol) -> pl.DataFrame:
    """The table `sentence`: Methods from the protocol, Findings from the results."""
    found = make_lookup(results)
    sections = [("Methods", item) for item in methods_sentences(protocol)]
    sections += [("Findings", item) for item in _findings(found, protocol)]
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

    `was` is said once: was 8.6 months with A and not reached with B.
    """
    if len(protocol.arms) == 1:
        return parts[0][1]
    labels = {arm.id: arm.label for arm in protocol.arms}
    texts = []
    verb = ""
    for arm, text in parts:
        first, _, rest = text.partition(" ")
        texts.append(f"{rest if first == verb == 'was' else text} with {labels[arm]}")
        verb = first
    return joined(texts)


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
        text += ", " + joined([f"{slot(row)} to {arm.label}" for arm, row in sizes if row])
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
        text = f"{opening} {_absence(median)}."
    yield f"findings.{analysis.id}.follow_up", text


def _median(found: Lookup, protocol: Protocol, analysis: Analysis) -> Iterator[Sentence]:
    parts = []
    for arm in protocol.arms:
        row = found.find(analysis.id, "kaplan-meier", "median", arm=arm.id)
        limits = found.limits(row) if row else None
        if row is None or limits is None:
            continue
        value = f"was {slot(row)} months" if row["state"] == "ok" else _absence(row)
        known = "ok" in (row["state"], limits[0]["state"], limits[1]["state"])
        parts.append((arm.id, f"{value} ({interval(*limits)})" if known else value))
    if parts:
        text = f"Median {lower_first(analysis.label)} {_with_arms(protocol, parts)}."
        yield f"findings.{analysis.id}.median", text


def _absence(row: Row) -> str:
    """Words for a number that is not there; not reached and not estimable are two things."""
    if row["state"] == "NR":
        return "was not reached"
    if row["state"] == "NE":
        return "could not be estimated"
    return "does not apply"


def _comparison(found: Lookup, protocol: Protocol, analysis: Analysis) -> Iterator[Sentence]:
    control = protocol.control
    for arm in protocol.arms:
        ratio = found.find(analysis.id, "cox", "hr", comparator=arm.id)
        limits = found.limits(ratio) if ratio else None
        if control is None or ratio is None or limits is None:
            continue
        opening = f"For {lower_first(analysis.label)}, the hazard ratio of {arm.label} against"
        if ratio["state"] == "ok":
            text = f"was {slot(ratio)} ({interval(*limits)})"
        else:
            text = f"{_absence(ratio)} ({ratio['state_reason']})"
        test = found.find(analysis.id, "logrank", "p", comparator=arm.id)
        if test is not None and test["state"] == "ok":
            name = "stratified log-rank" if analysis.strata else "log-rank"
            text += f"; {name} {p_value(test)}"
        yield f"findings.{analysis.id}.hr.{arm.id}", f"{opening} {control.label} {text}."


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
            rate = f"was {percent(row)} ({interval(*limits)})"
            parts.append((arm.id, rate if row["state"] == "ok" else _absence(row)))
        if parts:
            what = "the proportion still in response" if endpoint.kind == "dor" else ""
            what = what or lower_first(analysis.label)
            text = f"At {month:g} months, {what} {_with_arms(protocol, parts)}."
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
        value = f"was {percent(share)} ({counts}; {interval(*limits)})"
        parts.append((arm.id, value if share["state"] == "ok" else _absence(share)))
    if parts:
        text = f"The {lower_first(analysis.label)} {_with_arms(protocol, parts)}."
        yield f"findings.{analysis.id}.rate", text
    yield from _rate_comparison(found, protocol, analysis)


def _rate_comparison(found: Lookup, protocol: Protocol, analysis: Analysis) -> Iterator[Sentence]:
    """The difference of two rates with its interval and test, where it was planned."""
    for arm in protocol.arms if protocol.control else ():
        difference = found.find(analysis.id, "rate-difference", "rate_diff", comparator=arm.id)
        test = found.find(analysis.id, "association", "p", comparator=arm.id)
        limits = found.limits(difference) if difference else None
        if difference is None or test is None or limits is None or difference["state"] != "ok":
            continue
        kind = "stratified " if analysis.strata else ""
        whom = f" between {arm.label} and {protocol.control.label}" if protocol.control else ""
        text = f"The {kind}difference in {lower_first(analysis.label)}{whom} was "
        text += f"{slot(difference)} percentage points ({interval(*limits)}"
        text += f"; {p_value(test)})." if test["state"] == "ok" else ")."
        yield f"findings.{analysis.id}.difference.{arm.id}", text


def _adverse_events(found: Lookup, protocol: Protocol) -> Iterator[Sentence]:
    severe = protocol.adverse_events.grading == "severity"
    high = "severe" if severe else "grade 3 or more"
    phrases = {
        "any": "treatment-emergent adverse events occurred in",
        high: "severe adverse events occurred in"
        if severe
        else "adverse events of grade 3 or more occurred in",
        "leading to discontinuation": "adverse events led to discontinuation of treatment in",
        "fatal": "fatal adverse events occurred in",
    }
    for kind, phrase in phrases.items():
        parts = []
        for arm in protocol.arms:
            count, share = (
                found.find("AE.OVERVIEW", "count.kinds", stat, arm=arm.id, level=kind)
                for stat in ("n", "pct")
            )
            size = found.find("AE.OVERVIEW", "count.kinds", "N", arm=arm.id)
            if size is None or count is None or share is None:
                continue
            text = f"{slot(count)} of {slot(size)} patients"
            parts.append(
                (arm.id, text + (f" ({percent(share)})" if share["state"] == "ok" else ""))
            )
        if parts:
            name = "grade3" if kind == "grade 3 or more" else kind.split()[-1]
            yield (
                f"findings.AE.{name}",
                f"{upper_first(phrase)} {_with_arms(protocol, parts)}.",
            )
