# SPDX-License-Identifier: Apache-2.0
"""A contradiction found in a protocol, and what checks share to word one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from equipoise.protocol.model import Protocol

Path = tuple[str | int, ...]
Finding = tuple[Path, str, str]
"""Where in the protocol, what is wrong, how to mend it."""

DM_VARIABLES = frozenset(
    [
        "STUDYID",
        "USUBJID",
        "SUBJID",
        "SITEID",
        "RFSTDTC",
        "RFENDTC",
        "RFXSTDTC",
        "RFXENDTC",
        "RFICDTC",
        "RFPENDTC",
        "DTHDTC",
        "DTHFL",
        "BRTHDTC",
        "AGE",
        "AGEU",
        "SEX",
        "RACE",
        "ETHNIC",
        "ARMCD",
        "ARM",
        "ACTARMCD",
        "ACTARM",
        "COUNTRY",
    ]
)
ADSL_VARIABLES = DM_VARIABLES | frozenset(
    ["TRT01P", "TRT01A", "RANDDT", "TRTSDT", "TRTEDT", "EOSDT", "EOSSTT", "DTHDT", "LSTALVDT"]
)


def unknown(path: Path, what: str, name: str, known: Iterable[str]) -> Finding:
    """The finding that a name is not among those declared, with the closest as the mend."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    mend = f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(names) or 'none'}"
    return path, f"{what} `{name}` is not declared", mend


def variables_of(protocol: Protocol) -> set[str]:
    """Every subject-level variable the protocol speaks of as existing."""
    named = {factor.variable for factor in protocol.baseline}
    named |= {grouping.variable for grouping in protocol.groupings}
    if protocol.simulation:
        named |= set(protocol.simulation.continuous) | set(protocol.simulation.categorical)
    return named | ADSL_VARIABLES
