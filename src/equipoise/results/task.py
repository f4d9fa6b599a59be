# SPDX-License-Identifier: Apache-2.0
"""One method applied to one analysis: a row of the plan, and all that `run` needs to do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.results.schema import Scope

SPECIFIED = "SPECIFIED IN PROTOCOL"
SUPPORT = "SUPPORT"


@dataclass(frozen=True, slots=True)
class Task:
    """One method applied to one analysis: a row of the plan, and all that `run` needs to do it."""

    analysis_id: str
    method_id: str
    label: str
    reason: str
    purpose: str
    protocol_ref: str
    population: str
    dataset: str
    variable: str
    where: str
    args: Mapping[str, Any]
    module: str
    convention: str
    estimand: str | None = None
    paramcd: str | None = None
    evaluator: str | None = None
    ruleset: str | None = None

    def scope(self, run_id: str) -> Scope:
        """What all numbers of the task have in common."""
        return Scope(
            analysis_id=self.analysis_id,
            method_id=self.method_id,
            dataset=self.dataset,
            population=self.population,
            convention=self.convention,
            run_id=run_id,
            paramcd=self.paramcd,
            evaluator=self.evaluator,
            ruleset=self.ruleset,
        )


def primary_population(protocol: Protocol) -> str:
    """The analysis set of the first analysis: baseline and best response are of these patients."""
    return protocol.analyses[0].population
