# SPDX-License-Identifier: Apache-2.0
"""Checks of eligibility criteria, and of clauses that only they may have."""

from __future__ import annotations

from collections.abc import Iterator

from equipoise.protocol.finding import Finding
from equipoise.protocol.model import Protocol

_CRITERIA_ONLY = ("unit", "within_days_of")


def check_eligibility(protocol: Protocol) -> Iterator[Finding]:
    """Ids of criteria are unique over both lists; analysis sets have no clause they cannot read."""
    seen: set[str] = set()
    for name in ("include", "exclude"):
        for i, criterion in enumerate(getattr(protocol.eligibility, name)):
            path = ("eligibility", name, i)
            if criterion.id in seen:
                yield (
                    (*path, "id"),
                    f"the id `{criterion.id}` stands twice among the criteria",
                    "give each its own id",
                )
            seen.add(criterion.id)
            if any(not group for group in criterion.any_of):
                yield (*path, "any_of"), "a list of clauses is empty", "give it a clause"
    for i, chosen in enumerate(protocol.analysis_sets):
        for j, clause in enumerate(chosen.where):
            for field in _CRITERIA_ONLY:
                if getattr(clause, field) is not None:
                    yield (
                        ("analysis_sets", i, "where", j, field),
                        f"`{field}` is for eligibility criteria alone",
                        "make a variable of it in the data",
                    )
