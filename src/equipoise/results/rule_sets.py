# SPDX-License-Identifier: Apache-2.0
"""The censoring rule set that an endpoint names: bundled, or the protocol's own."""

from __future__ import annotations

from equipoise.protocol.model import Protocol, RuleSet
from equipoise.results.schema import contract


def rule_set(name: str, protocol: Protocol) -> RuleSet:
    """The rule set of that name; the protocol's own goes first."""
    own = protocol.censoring.get(name)
    return own or RuleSet(**contract("censoring")["rule_sets"][name])
