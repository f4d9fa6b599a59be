# SPDX-License-Identifier: Apache-2.0
"""Put each deliberate fault of recist_faults.yaml into a copy of the package and run the tests.

Run: python tests/mutation/recist.py [NUMBER ...]   exit status 1 if a fault is not caught
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FAULTS = Path(__file__).with_name("recist_faults.yaml")
QUICK_FIRST = ["tests/rules", "tests/reference", "tests/property"]
CAUGHT = 1  # pytest's exit status for failed tests; any other is no catch


def mutate(fault: dict[str, Any], folder: Path) -> Path:
    """A copy of the source with one fault; returns the folder to import from."""
    source = folder / "src"
    shutil.copytree(REPOSITORY / "src", source, symlinks=True)
    path = source / "equipoise" / "recist" / fault["file"]
    text = path.read_text(encoding="utf-8")
    if fault["was"] not in text:
        raise SystemExit(f"{fault['file']} no longer holds: {fault['was']}")
    path.write_text(text.replace(fault["was"], fault["now"], 1), encoding="utf-8")
    return source


def tests_for() -> list[str]:
    found = [sorted(REPOSITORY.glob(f"{folder}/test_recist*.py")) for folder in QUICK_FIRST]
    return [str(path) for paths in found for path in paths]


def run(fault: dict[str, Any]) -> tuple[bool, str]:
    """Whether the tests fail with the fault, and the first that does."""
    with tempfile.TemporaryDirectory() as folder:
        source = mutate(fault, Path(folder))
        environment = {**os.environ, "PYTHONPATH": str(source), "POLARS_MAX_THREADS": "1"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *tests_for()],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    where = failed[0].split(" - ")[0].removeprefix("FAILED ") if failed else done.stdout[-300:]
    return done.returncode == CAUGHT and bool(failed), where


def _told(
    faults: list[dict[str, Any]], number: int, caught: bool, where: str
) -> tuple[int, bool, str]:
    verdict = "caught by" if caught else "NOT CAUGHT"
    print(f"{number:3} {faults[number - 1]['fault']}: {verdict} {where}", flush=True)
    return number, caught, where


def main(arguments: list[str]) -> int:
    """One line per fault; how many were caught."""
    faults = yaml.safe_load(FAULTS.read_text(encoding="utf-8"))
    chosen = [int(a) for a in arguments] or range(1, len(faults) + 1)
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = pool.map(lambda n: (n, *run(faults[n - 1])), chosen)
        results = [_told(faults, *result) for result in running]
    missed = [number for number, caught, _ in results if not caught]
    print(f"{len(results) - len(missed)} of {len(results)} faults caught; missed: {missed}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
