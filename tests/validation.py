# SPDX-License-Identifier: Apache-2.0
"""Run the reference tests and write docs/validation.md from what they compared.

Run: python tests/validation.py. The page lists each method, the level of proof, how many values
were compared and the largest difference (relative to the value when it is above 1).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.statistics_functions import methods

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

FOLDERS = ("survival_ref/nasty", "survival_ref", "binomial_ref", "kmdata", "camis")
FOLDER_HEAD = """
Every value of these folders was compared, or stated as a difference; a value that no test compares
fails its test (`tests/watched.py`, and the checks of columns and entries beside each test).

| folder | agree | differ on purpose |
| --- | ---: | ---: |
"""
METHODS_HEAD = """
## Where each method is compared

Found by name in `tests/reference`; a test holds that no method is missing.

| method | compared in |
| --- | --- |
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


def by_folder(rows: dict[tuple[str, str, str], list[float]]) -> str:
    """Totals of each oracle folder."""
    totals = {folder: [0, 0] for folder in FOLDERS}
    for (_, source, level), (count, _) in rows.items():
        folder = next((name for name in FOLDERS if source.startswith(name)), None)
        if folder:
            totals[folder]["purpose" in level] += int(count)
    return (
        FOLDER_HEAD
        + "\n".join(
            f"| {name} | {same} | {other} |" for name, (same, other) in sorted(totals.items())
        )
        + "\n"
    )


@cache
def where_compared() -> dict[str, list[str]]:
    """Which files of tests/reference call each method, found by name."""
    files = sorted((REPOSITORY / "tests" / "reference").glob("*.py"))
    texts = {path.name: path.read_text(encoding="utf-8") for path in files}
    return {
        method: [
            name for name, text in texts.items() if re.search(rf"\b{method.split('.')[1]}\b", text)
        ]
        for method in sorted(methods())
    }


def methods_table() -> str:
    """The methods, and the reference tests that call each."""
    rows = [
        f"| `{method}` | {', '.join(f'`{name}`' for name in files)} |"
        for method, files in where_compared().items()
        if files
    ]
    return METHODS_HEAD + "\n".join(rows) + "\n"


def main() -> int:
    """Write the page, print the totals, hand on the exit code of the tests."""
    rows, code = collect()
    lines = [
        f"| {method} | {source} | {level} | {int(count)} | {largest:.1e} |"
        for (method, source, level), (count, largest) in sorted(rows.items())
    ]
    same = sum(int(v[0]) for k, v in rows.items() if "purpose" not in k[2])
    other = sum(int(v[0]) for k, v in rows.items() if "purpose" in k[2])
    total = f"\n{same} values agree; {other} differ on purpose.\n" + by_folder(rows)
    rest = "\n" + ELSEWHERE.read_text(encoding="utf-8")
    table = "\n".join(lines) + "\n" + total + methods_table()
    PAGE.write_text(HEAD + table + rest, encoding="utf-8")
    print(total)
    return code


if __name__ == "__main__":
    sys.exit(main())
