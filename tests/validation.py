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

ELSEWHERE = """
## Beyond the estimators

Row by row, each test discovering what its folder holds:

| what | against | where |
| --- | --- | --- |
| ADSL, ADAE, ADRS, ADTTE from SDTM of a real study, three readers | tables published by pharmaverse, and the same rules computed apart | `tests/reference/test_study_*.py` |
| best response and its variants on invented histories with nasty timing | admiral and admiralonco | `tests/reference/test_response_sequences.py`, `test_recist_response_*.py` |
| responses from lesions, two readers, iRECIST, Choi, the response grid | worked cases with their sources, and a real study's lesions | `tests/reference/test_recist_*.py` |
| analyses of ADaM tables: rates, quartiles, hazard ratios, incidence | R on the same tables | `tests/reference/test_results_*.py` |
| trial designs | rpact, gsDesign, lrstat and others, as printed; some records of `tests/reference/design_*.yaml` were entered from memory and say so | `tests/reference/test_design_*.py` |
| event-time replicates | four million replicates computed apart, and R survival on exported replicates | `tests/reference/test_operating_*.py` |

## What is not proved

- sas7bdat files are read by pyreadstat; nothing here writes one, so no test reads one.
- Profiles `nest` and `spss` rest on documentation recalled, not on runs of those programs; the SPSS median interval is checked for symmetry only.
- Gray's test was brought to agreement with its reference by choosing among tie conventions: a fit, not an independent proof.
- The simulated worlds are assumptions. They are tested for consistency, not for likeness to patients.
- No user site has validated an installation.
"""


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
    PAGE.write_text(HEAD + "\n".join(lines) + "\n" + total + ELSEWHERE, encoding="utf-8")
    print(total)
    return code


if __name__ == "__main__":
    sys.exit(main())
