# SPDX-License-Identifier: Apache-2.0
"""Where the independent data are, and a record of every value compared with them."""

from __future__ import annotations

import atexit
import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.watched import leaves, tick

REPOSITORY = Path(__file__).resolve().parents[1]
MISSING = {None, "NA", "NaN", "nan", ""}


def oracle_folder() -> Path:
    """The oracle folder: EQUIPOISE_ORACLES, else ../shared/oracles beside the repository."""
    return Path(os.environ.get("EQUIPOISE_ORACLES") or REPOSITORY.parent / "shared" / "oracles")


def oracle_file(relative: str) -> Path:
    """A file of the oracle folder. Where it is missing the test skips, but fails under CI."""
    path = oracle_folder() / relative
    if not path.exists():
        reason = f"no {relative} in the oracle folder {oracle_folder()} (EQUIPOISE_ORACLES)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def oracle_exists(relative: str) -> bool:
    """Whether the file is there, for collecting parametrised tests."""
    return (oracle_folder() / relative).exists()


@dataclass
class Tally:
    """Values compared so far: (method, level) -> [count, largest scaled difference]."""

    rows: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)

    def add(self, method: str, source: str, level: str, difference: float) -> None:
        row = self.rows.setdefault((method, source, level), [0, 0.0])
        row[0] += 1
        row[1] = max(row[1], difference)

    def write(self, folder: str) -> None:
        lines = [json.dumps([*key, *row]) for key, row in self.rows.items()]
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{os.getpid()}.jsonl").write_text("\n".join(lines) + "\n")


TALLY = Tally()
if os.environ.get("EQUIPOISE_TALLY"):
    atexit.register(lambda: TALLY.write(os.environ["EQUIPOISE_TALLY"]))


@dataclass
class Comparison:
    """Compares values of one method with one source and counts them; differences are collected."""

    method: str
    source: str
    level: str = "independent software"
    faults: list[str] = field(default_factory=list)
    count: int = 0
    departed: int = 0

    def depart(self, name: str, number: str, holds: bool, want: object = None) -> None:
        """A value we answer differently on purpose: `number` is its entry in discrepancies.md."""
        self.departed += 1
        tick(want)
        if not holds:
            self.faults.append(f"{name}: not the difference {number} describes")
        TALLY.add(self.method, self.source, f"differs on purpose ({number})", 0.0)

    def depart_all(self, name: str, number: str, holds: bool, tree: object) -> None:
        """Every value below `tree`, each counted, is answered differently on purpose."""
        for value in leaves(tree):
            self.depart(f"{name} {value.place}", number, holds, value)

    def missed(self, open_places: set[str]) -> None:
        """Values of a watched reference that nobody compared are faults."""
        self.faults += [f"{place}: nobody compares it" for place in sorted(open_places)]

    def check(self, name: str, got: float, want: object, *, rel: float = 1e-8) -> None:
        """`got` must equal `want` within rel * max(1, |want|); missing equals missing only."""
        tick(want)
        self.count += 1
        if want in MISSING:
            self._expect(name, got is None or math.isnan(float(got)), got, want, 0.0)
            return
        target = float(want)  # "Inf" reads as a float
        value = float("nan") if got is None else float(got)
        if math.isinf(target) or math.isinf(value):
            self._expect(name, value == target, got, want, 0.0)
            return
        scaled = abs(value - target) / max(1.0, abs(target))
        self._expect(name, scaled <= rel, got, want, scaled)

    def check_p(self, name: str, got: float, want: object, *, rel: float = 1e-6) -> None:
        """A p-value, relative to itself."""
        tick(want)
        if want in MISSING or float(want) == 0.0:
            self.check(name, got, want)
            return
        self.count += 1
        scaled = abs(got - float(want)) / float(want)
        self._expect(name, scaled <= rel, got, want, scaled)

    def check_printed(
        self, name: str, got: float, want: object, decimals: int, slack: float = 0.0
    ) -> None:
        """`got` must round to what was printed: within half a unit of the last place."""
        tick(want)
        if want in MISSING:
            self.check(name, got, want)
            return
        self.count += 1
        if isinstance(want, str) and want.startswith("<"):
            self._expect(name, got < float(want[1:]), got, want, 0.0)
            return
        difference = abs(float(got) - float(want))
        limit = 0.5 * 10.0**-decimals * (1 + 1e-9) + slack
        self._expect(name, difference <= limit + 1e-12 * abs(float(want)), got, want, difference)

    def _expect(self, name: str, good: bool, got: object, want: object, scaled: float) -> None:
        if good:
            TALLY.add(self.method, self.source, self.level, scaled)
        else:
            self.faults.append(f"{name}: got {got}, want {want}")

    def close(self) -> None:
        """Fail with every difference at once; an empty comparison fails too."""
        print(f"{self.source}: {self.count} values compared, {self.departed} differ on purpose")
        assert self.count + self.departed > 0, f"{self.source}: nothing was compared"
        assert not self.faults, f"{self.source}: {len(self.faults)} of {self.count}\n" + "\n".join(
            self.faults[:40]
        )
