# SPDX-License-Identifier: Apache-2.0
"""Write docs/reference/twins.md: every published figure of the bundled twins beside its twin's."""

from __future__ import annotations

import sys
from pathlib import Path

import equipoise

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "twins.md"
TRIALS = [
    *(ROOT / "protocols" / f"{name}.yaml" for name in ("alter-s006", "altn-iii-04")),
    *sorted((ROOT / "protocols" / "published").glob("*.yaml")),
]
HEAD = """# Twins, figure by figure

Made by `tools/twin_table.py SEED...`: each published figure, and what the readout of a
[synthetic twin](../how-to/make-a-twin.md) (constructed from published figures, not patient data)
prints. Where they differ, the search came no nearer.
"""


def table(path: Path, seeds: list[int]) -> str:
    """The figures of one trial, a column per seed."""
    made = {seed: equipoise.twin(path, seed=seed) for seed in seeds}
    first = made[seeds[0]]
    agree = {s: (m.published["verdict"] == "agrees").sum() for s, m in made.items()}
    computed = first.published.filter(first.published["verdict"] != "not computed").height
    lines = [
        f"## {first.trial.protocol.identity.id}",
        f"Source: {first.trial.protocol.published.source}. "
        + "; ".join(f"seed {s}: {n} of {computed} agree" for s, n in agree.items())
        + ".",
        "| figure | arm | part | published | " + " | ".join(f"seed {s}" for s in seeds) + " |",
        "| --- | --- | --- | --- | " + " | ".join("---" for _ in seeds) + " |",
    ]
    for row in first.published.rows(named=True):
        cells = [_found(made[s].published, row) for s in seeds]
        lines.append(
            f"| {row['figure']} | {row['arm']} | {row['part']} | {row['published']} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join([*lines[:1], "", lines[1], "", *lines[2:]])


def _found(published, row) -> str:
    same = published.filter(figure=row["figure"], arm=row["arm"], part=row["part"]).row(
        0, named=True
    )
    text = same["computed"] or "not computed"
    return f"**{text}** (differs)" if same["verdict"] == "differs" else text


if __name__ == "__main__":
    seeds = [int(word) for word in sys.argv[1:]] or [1]
    PAGE.write_text("\n\n".join([HEAD.strip(), *(table(p, seeds) for p in TRIALS)]) + "\n")
