# SPDX-License-Identifier: Apache-2.0
"""The plan of concordance: two evaluators beside each other, as the protocol declares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Concordance, Protocol
from equipoise.results.groups import both, quoted
from equipoise.results.plan_efficacy import BEST_RESPONSES
from equipoise.results.task import SPECIFIED, Task

RATES = ("discrepancy.early", "discrepancy.late")


def concordance_id(item: Concordance) -> str:
    """CONCORDANCE.INV.BIRC: the first is held against the second."""
    return f"CONCORDANCE.{item.evaluator}.{item.reference}"


def plan_concordance(protocol: Protocol) -> Iterator[Task]:
    """Agreement on best response, progression and its end; early and late discrepancies."""
    labels = {item.id: item.label for item in protocol.evaluators}
    for at, item in enumerate(protocol.concordance):
        where = both(f"EVAL1 = {quoted(item.evaluator)}", f"EVAL2 = {quoted(item.reference)}")
        for method_id, variable, what, args in _methods(protocol, item):
            yield Task(
                concordance_id(item),
                method_id,
                label=f"{labels[item.evaluator]} and {labels[item.reference]}: {what}",
                reason=SPECIFIED,
                purpose="DESCRIPTIVE",
                protocol_ref=f"concordance.{at}",
                population=item.population,
                dataset="ADCONC",
                variable=variable,
                where=where,
                args=args,
                module="discrepancy" if method_id.startswith("discrepancy") else "agreement",
                convention=protocol.convention,
                evaluator=item.evaluator,
            )


def _methods(
    protocol: Protocol, item: Concordance
) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    kappa = {
        "kappa": "Cohen's, unweighted",
        "limits": "normal approximation, not beyond 1",
        "conf_level": item.conf_level,
    }
    levels = {"levels": list(BEST_RESPONSES)}
    compared = {"denominator": "patients whose reads are both accepted"}
    yield "agreement.response", "BOR", "best response", {**kappa, **levels, **compared}
    confirmed = {**kappa, **levels, **compared}
    yield "agreement.response.confirmed", "CBOR", "confirmed best response", confirmed
    yield "agreement.progression", "PDCAT", "date of progression", compared
    timed = {"denominator": "patients with a time by both"}
    yield "agreement.endpoint", "CNSR", "end of progression-free survival", {**kappa, **timed}
    for name, of in zip(
        RATES, ("progressions by the first", "discrepancies of progression"), strict=True
    ):
        what = f"{name.partition('.')[2]} discrepancy of progression"
        rate = {"interval": "Clopper-Pearson", "conf_level": item.conf_level, "denominator": of}
        yield name, "PDCAT", what, rate
        if protocol.control is not None:
            args = {"strata": [], "interval": "Miettinen-Nurminen", "conf_level": item.conf_level}
            yield f"{name}.difference", "PDCAT", f"{what}, difference", args
