# SPDX-License-Identifier: Apache-2.0
"""What the terminal says of a twin: every published figure beside the computed one."""

from __future__ import annotations

from equipoise.pipeline import Twinned
from equipoise.protocol.recompute import recompute_published
from equipoise.results.published import AGREES, DIFFERS
from equipoise.trial import TWIN_NOTE


def twin_lines(made: Twinned) -> tuple[list[str], bool]:
    """Lines for people, and whether every figure that is computed prints as published."""
    protocol = made.trial.protocol
    lines = [f"{protocol.identity.id}: {TWIN_NOTE}"]
    for row in made.published.iter_rows(named=True):
        name = f"{row['figure']} [{row['arm']}] {row['part']}"
        lines.append(
            f"{row['verdict']:<13} {name:<48} {row['published']:>14} {row['computed'] or '':>14}"
        )
    for item in recompute_published(protocol):
        if item.verdict == "contradicts":
            lines.append(f"print contradicts itself: {item}")
    verdicts = made.published["verdict"].to_list()
    computed = [verdict for verdict in verdicts if verdict in (AGREES, DIFFERS)]
    agree = computed.count(AGREES)
    lines.append(
        f"{agree} of {len(computed)} figures print as published; "
        f"{len(verdicts) - len(computed)} cannot be computed"
    )
    return lines, agree == len(computed)
