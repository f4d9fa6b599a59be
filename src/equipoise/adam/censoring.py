# SPDX-License-Identifier: Apache-2.0
"""Censoring rule sets by name, and the words and codes for each way a time can end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Protocol, RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What ADTTE carries for one way a time ends: CNSR, its words, its source and its rule."""

    cnsr: int
    event: str
    censored: str | None
    source: str
    rule: str


@cache
def _bundled() -> dict[str, Any]:
    text = files("equipoise").joinpath("contracts", "censoring.yaml").read_text("utf-8")
    raw: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return raw


def bundled_rule_sets() -> tuple[str, ...]:
    """Names of the rule sets that every protocol may use."""
    return tuple(_bundled()["rule_sets"])


def load_rule_sets(protocol: Protocol) -> dict[str, RuleSet]:
    """The bundled rule sets and the protocol's own, by name; the protocol's go first."""
    bundled = {name: RuleSet(**fields) for name, fields in _bundled()["rule_sets"].items()}
    return bundled | protocol.censoring


def find_rule_set(name: str | None, protocol: Protocol) -> RuleSet:
    """The rule set that an endpoint names.

    Raises        ProtocolError - when it names none, or one that nobody has defined
    """
    known = load_rule_sets(protocol)
    if name is None or name not in known:
        raise ProtocolError(
            Fault(
                what=f"the censoring rule set {name!r} is not defined"
                if name
                else "a time to progression or death needs a censoring rule set",
                where="protocol: endpoints, censoring",
                mend=f"name one of {', '.join(known)}, or define it under censoring",
            )
        )
    return known[name]


def load_endings(start: str) -> dict[str, Ending]:
    """The ways a time can end, by name, in the words for its start."""
    named: dict[str, str] = _bundled()["starts"][start]

    def worded(value: Any) -> Any:
        return value.format(**named) if isinstance(value, str) else value

    return {
        name: Ending(**{field: worded(value) for field, value in fields.items()})
        for name, fields in _bundled()["endings"].items()
    }
