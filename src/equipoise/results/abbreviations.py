# SPDX-License-Identifier: Apache-2.0
"""The abbreviations that the sentences of the abstract use, each with its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.wording import lower_first

STATES = {"NR": "not reached", "NE": "not estimable", "NA": "not applicable"}


def abbreviations(
    results: pl.DataFrame, protocol: Protocol, texts: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """One sentence, `CI, confidence interval; NR, not reached.`; none where nothing is short.

    Parameters    texts : the sentences; NR and NE stand in them as slots of results
    """
    said = " ".join(texts)
    readers = {item.id: lower_first(item.label) for item in protocol.evaluators}
    known = {name: words for name, words in readers.items() if re.search(rf"\b{name}\b", said)}
    if re.search(r"\bCI\b", said):
        known["CI"] = "confidence interval"
    slots = re.findall(r"\{([0-9a-f]{12})\}", said)
    states = set(results.filter(pl.col("result_id").is_in(slots))["state"])
    known |= {state: words for state, words in STATES.items() if state in states}
    if known:
        yield "abbreviations", "; ".join(f"{k}, {known[k]}" for k in sorted(known)) + "."
