# SPDX-License-Identifier: Apache-2.0
"""Run the reference tests and write docs/validation.md from what they compared.

Run: python tests/validation.py. The page lists each method, the level of proof, how many values
were compared and the largest difference (relative to the value when it is above 1).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "validation.md"
HEAD = """# What is proved, and how

Made by `python tests/validation.py` from a run of `tests/reference`; do not edit.

Levels: *by hand* (worked on paper), *independent software* (numbers made by software we did not
write: the oracle folder and tests/reference), *published* (printed by SAS or R in CAMIS, compared
to the printed decimals, so the largest difference is up to half a unit of the last place).
Rows "differs on purpose" count values answered differently, by number in `discrepancies.md`.

| method | source | level of proof | values | largest difference |
| --- | --- | --- | ---: | ---: |
"""

ELSEWHERE = Path(__file__).with_name("validation_elsewhere.md")


def collect() -> tuple[dict[tuple[str, str, str], list[float]], int]:
    """Run the tests with the tally switched on; rows by (method, source, level) and exit code."""
    rows: dict[tuple[str, str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "tests/reference", *sys.argv[1:]],
            cwd=REPOSITORY,
            env=os.environ | {"EQUIPOISE_TALLY": folder},
            check=False,
        )
        for path in Path(folder).glob("*.jsonl"):
            for line in path.read_text().splitlines():
                if line.strip():
                    add(rows, *json.loads(line))
    return rows, done.returncode


def add(
    rows: dict[tuple[str, str, str], list[float]],
    method: str,
    source: str,
    level: str,
    count: int,
    largest: float,
) -> None:
    """One line of a tally; sources are shortened to their folder."""
    row = rows.setdefault((method, source.split()[0], level), [0, 0.0])
    row[0], row[1] = row[0] + count, max(row[1], largest)


def main() -> int:
    """Write the page, print the totals, hand on the exit code of the tests."""
    rows, code = collect()
    lines = [
        f"| {method} | {source} | {level} | {int(count)} | {largest:.1e} |"
        for (method, source, level), (count, largest) in sorted(rows.items())
    ]
    same = sum(int(v[0]) for k, v in rows.items() if "purpose" not in k[2])
    other = sum(int(v[0]) for k, v in rows.items() if "purpose" in k[2])
    total = f"\n{same} values agree; {other} differ on purpose.\n"
    rest = "\n" + ELSEWHERE.read_text(encoding="utf-8")
    PAGE.write_text(HEAD + "\n".join(lines) + "\n" + total + rest, encoding="utf-8")
    print(total)
    return code


if __name__ == "__main__":
    sys.exit(main())
