# SPDX-License-Identifier: Apache-2.0
"""What the abstract says of a look: events, bound, statistic, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from equipoise.protocol.model import Analysis, Protocol, SurvivalDesign
from equipoise.results.look_comparison import look_name
from equipoise.results.lookup import Lookup, Row
from equipoise.results.wording import interval, lower_first, p_value, percent, slot

LOOKS = "group-sequential"
_FOLLOWS = {
    "EFFICACY": "the bound was crossed and efficacy was shown",
    "ALREADY SHOWN": "efficacy had been shown at an earlier look",
    "FUTILITY": "the statistic lay below the futility bound",
    "CONTINUE": "the bound was not crossed",
    "NOT SHOWN": "the bound was not crossed and efficacy was not shown",
}


def look_sentences(
    found: Lookup, protocol: Protocol, analysis: Analysis
) -> Iterator[tuple[str, str]]:
    """A sentence per look held, in order, and one on the adjusted estimate or what is to come."""
    design = protocol.design
    if not isinstance(design, SurvivalDesign):
        return
    other = next((a.id for a in protocol.arms if a != protocol.control), None)
    for at in range(len(design.looks)):
        name = look_name(at + 1, len(design.looks))

        def find(stat: str, name: str = name) -> Row | None:
            return found.find(analysis.id, LOOKS, stat, comparator=other, level=name)

        text = _held(find("look_events"), find("look_fraction"), find("look_z"), find("decision"))
        if text is None:
            continue
        bound = find("bound_z")
        against = f" against an efficacy bound of {slot(bound)}" if bound else ""
        opening = f"At the {lower_first(name)} analysis of {lower_first(analysis.label)}"
        yield f"findings.{analysis.id}.look.{at + 1}", f"{opening}, {text.replace('|', against)}."
        yield from _after(found, find("hr_adjusted"), find("p_adjusted"), analysis, at)
        yield from _ahead(find, analysis, at)


def _held(events: Row | None, share: Row | None, z: Row | None, decision: Row | None) -> str | None:
    if events is None or share is None or z is None or decision is None:
        return None
    reached = f"after {slot(events)} events ({percent(share)} of those planned for the end)"
    return f"{reached}, Z was {slot(z)}|: {_FOLLOWS[decision['value_text']]}"


def _after(
    found: Lookup, ratio: Row | None, p: Row | None, analysis: Analysis, at: int
) -> Iterator[tuple[str, str]]:
    """The estimate that allows for the looks, where the trial has stopped."""
    limits = found.limits(ratio) if ratio else None
    if ratio is None or p is None or limits is None:
        return
    text = f"Adjusted for the looks, the hazard ratio was {slot(ratio)} ({interval(*limits)})"
    yield f"findings.{analysis.id}.adjusted.{at + 1}", f"{text}; one-sided {p_value(p)}."


def _ahead(
    find: Callable[[str], Row | None], analysis: Analysis, at: int
) -> Iterator[tuple[str, str]]:
    """The chance of success where the trial goes on."""
    trend, predictive, decision = map(find, ("power_trend", "power_predictive", "decision"))
    if trend is None or predictive is None or decision is None or decision["value"] == 1:
        return
    text = f"Conditional power at the trend was {percent(trend)} and predictive power "
    yield f"findings.{analysis.id}.ahead.{at + 1}", f"{text}{percent(predictive)}."
