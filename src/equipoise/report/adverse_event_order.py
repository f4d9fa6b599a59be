# SPDX-License-Identifier: Apache-2.0
"""In which order the rows of adverse event tables stand: by difference of the arms, or frequency.

Source: FDA Standard Safety Tables and Figures Integrated Guide, section 1.3: by decreasing risk
difference and not by alphabet.
"""

from __future__ import annotations

from collections.abc import Callable

from equipoise.protocol.model import Arm, Protocol
from equipoise.report.numbers import Numbers

METHOD = "count.terms"
DIFFERENCE = "rate-difference.terms"
CLASSES = "AE.SOC"
Levels = tuple[str, ...]


def compared_arms(protocol: Protocol) -> list[Arm]:
    """The arms that are compared with the control."""
    control = protocol.control
    return [arm for arm in protocol.arms if control and arm.id != control.id]


def ordered_terms(numbers: Numbers, protocol: Protocol, analysis: str) -> list[Levels]:
    """All terms of an analysis, (class, term), in the order of the rows."""
    found = numbers.levels(analysis, METHOD, "AEDECOD")
    return sorted(found, key=_rank(numbers, protocol, analysis, found))


def ordered_classes(
    numbers: Numbers, protocol: Protocol, analysis: str
) -> list[tuple[str, list[Levels]]]:
    """Terms under their class; a class stands where its own difference puts it, or its first term.

    Only the table of all events has counts of classes.
    """
    grouped: dict[str, list[Levels]] = {}
    for levels in ordered_terms(numbers, protocol, analysis):
        grouped.setdefault(levels[0], []).append(levels)
    if analysis == "AE.TERM":
        classes = numbers.levels(CLASSES, METHOD, "AEBODSYS")
        rank = _rank(numbers, protocol, CLASSES, classes)
        names = [name for (name,) in sorted(classes, key=rank)]
    else:
        names = list(grouped)
    return [(name, grouped[name]) for name in names if name in grouped]


def order_note(protocol: Protocol) -> tuple[str, ...]:
    """What the reader is told of the order."""
    if not _by_difference(protocol):
        return ("Rows by decreasing number of patients.",)
    several = len(compared_arms(protocol)) > 1
    return (f"Rows by decreasing difference{', the largest of the arms' if several else ''}.",)


def _by_difference(protocol: Protocol) -> bool:
    return protocol.adverse_events.order == "difference" and bool(compared_arms(protocol))


def _rank(
    numbers: Numbers, protocol: Protocol, analysis: str, levels: tuple[Levels, ...]
) -> Callable[[Levels], tuple[float, float, int]]:
    """Sorting key: the largest difference first; ties, and all without one, by patients."""
    place = {name: at for at, name in enumerate(levels)}
    compared = compared_arms(protocol) if _by_difference(protocol) else []

    def key(name: Levels) -> tuple[float, float, int]:
        apart = [
            numbers.find(analysis, DIFFERENCE, "rate_diff", arm.id, levels=name) for arm in compared
        ]
        counts = [numbers.find(analysis, METHOD, "n", arm.id, levels=name) for arm in protocol.arms]
        values = [n.value for n in apart if n and n.value is not None]
        patients = sum(n.value for n in counts if n and n.value is not None)
        return -max(values, default=0.0), -patients, place[name]

    return key
