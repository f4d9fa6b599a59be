# SPDX-License-Identifier: Apache-2.0
"""What must hold across fields before a protocol is accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from equipoise.errors import Fault
from equipoise.protocol.check_analysis import (
    check_analyses,
    check_concordance,
    check_endpoints,
    check_evaluators,
    check_published,
)
from equipoise.protocol.check_assumption import (
    check_assumptions,
    check_dates,
    check_joint_laws,
    check_simulation,
)
from equipoise.protocol.check_design import check_design
from equipoise.protocol.check_eligibility import check_eligibility
from equipoise.protocol.check_treatment import (
    check_arms,
    check_groupings,
    check_randomisation,
    check_schedule,
)
from equipoise.protocol.finding import Finding
from equipoise.protocol.model import Protocol
from equipoise.protocol.read import Positions


def check_protocol(
    protocol: Protocol, positions: Positions, *, rule_sets: Iterable[str]
) -> list[Fault]:
    """Every contradiction between fields of the protocol, with its place in the file.

    Parameters    rule_sets : names of the bundled censoring rule sets
    Returns       faults in the order of the file; empty when the protocol is sound
    """
    known_rules = [*rule_sets, *protocol.censoring]
    checks: Sequence[Callable[[], Iterator[Finding]]] = (
        lambda: _unique_ids(protocol),
        lambda: check_eligibility(protocol),
        lambda: check_arms(protocol),
        lambda: check_randomisation(protocol),
        lambda: check_schedule(protocol),
        lambda: check_groupings(protocol),
        lambda: check_evaluators(protocol),
        lambda: check_endpoints(protocol, known_rules),
        lambda: check_analyses(protocol),
        lambda: check_concordance(protocol),
        lambda: check_design(protocol),
        lambda: check_dates(protocol),
        lambda: check_simulation(protocol),
        lambda: check_joint_laws(protocol),
        lambda: check_published(protocol),
        lambda: check_assumptions(protocol),
    )
    findings = [finding for check in checks for finding in check()]
    return [
        Fault(what=what, where=positions.where(path), mend=mend) for path, what, mend in findings
    ]


def _unique_ids(protocol: Protocol) -> Iterator[Finding]:
    lists: dict[str, Sequence[Any]] = {
        "arms": protocol.arms,
        "analysis_sets": protocol.analysis_sets,
        "evaluators": protocol.evaluators,
        "endpoints": protocol.endpoints,
        "analyses": protocol.analyses,
    }
    lists["adverse_events.special_interest"] = protocol.adverse_events.special_interest
    if protocol.published:
        lists["published.figures"] = protocol.published.figures
    for name, items in lists.items():
        seen: set[str] = set()
        for i, item in enumerate(items):
            if item.id in seen:
                yield (
                    (*name.split("."), i, "id"),
                    f"the id `{item.id}` stands twice in `{name}`",
                    "give each its own id",
                )
            seen.add(item.id)
