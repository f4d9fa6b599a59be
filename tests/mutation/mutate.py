# SPDX-License-Identifier: Apache-2.0
"""Break the kernels one line at a time and see that the tests notice each break.

Run: python tests/mutation/mutate.py [number of processes [files to break, else all]].
Not collected by pytest. Each mutant is a copy of the source in a temporary folder; the repository
is not touched. Exit code 1 when one survives, or when a text to break is no longer there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = [
    "tests/property/test_sorted_keys.py",
    "tests/property/test_survival_properties.py",
    "tests/property/test_concordance.py",
    "tests/reference/test_survival_ref.py",
    "tests/reference/test_survival_nasty.py",
]
CHOSEN = (
    "property or leukemia or ovarian or heart or veteran or mgus2 or lung"
    " or weights or ties or time0"
)


@dataclass(frozen=True)
class Break:
    """One change of one line: in `file`, `old` becomes `new` (first occurrence)."""

    file: str
    old: str
    new: str
    what: str


BREAKS = [
    Break("sorted_keys", "(rank << shift)", "(rank << (shift + np.uint64(1)))",
          "key shifted twice"),
    Break("sorted_keys", "if plain > 0 else np.uint64(0)", "if plain > 0 else np.uint64(1)",
          "time 0 joined with the smallest time"),
    Break("sorted_keys", "else:\n            part.sort()", "else:\n            pass",
          "rows left unsorted"),
    Break("sorted_keys", "ranks += np.uint64(packed.base)",
          "ranks += np.uint64(packed.base + 1)", "time returned one ulp late"),
    Break("sorted_keys", "cuts.append(cuts[-1] + tally[0].size)", "cuts.append(tally[0].size)",
          "counted segments overlap"),
    Break("radix_sort", "out[j - 1] >> shift > rank:", "out[j - 1] >> shift > rank + shift:",
          "near times left out of order"),
    Break("radix_sort", "if not _mend(here, keys,", "if not _mend(here, here,",
          "sorted rows left in the spare room"),
    Break("radix_sort", "out[i + 1 :] = nearly[i + 1 :]", "pass",
          "rows lost when mending is given up"),
    Break("tallied_keys", "rows[slot] += 1", "rows[slot] = 1 + rows[slot] % 4096",
          "counts wrap"),
    Break("tallied_keys", "rows[slot] > 0 and found[slot] != key",
          "rows[slot] > 0 and (found[slot] ^ key) >> np.uint64(9) != 0", "different keys joined"),
    Break("many_trials", "n0 += count * (1 - arm)", "n0 += count", "both arms counted as control"),
    Break("many_trials", "event = count * np.int64(one", "event = np.int64(one",
          "a counted key taken for one event"),
    Break("survival_kernels", "s *= (n - d) / n", "s *= (n - d) / (n + 1.0)", "wrong risk set"),
    Break("survival_kernels", "v += d / (n * (n - d))", "v += d / (n * n)", "Poisson variance"),
    Break("survival_kernels", "censored += count * np.int64(keys[i] & one)", "censored += count",
          "tied events counted as censored"),
    Break("survival_kernels", "n, c = float(left),", "n, c = float(left - 1),",
          "one subject missing at risk"),
    Break("survival_kernels", "part *= 1.0 - share", "part *= share", "log-rank variance share"),
    Break("survival_kernels", "if d > 1:", "if d > 2:", "no tie factor for two events"),
    Break("survival_kernels", "d1, gone1 = d * in_group", "d1, gone1 = gone * in_group",
          "censored counted as events of the arm"),
    Break("survival_kernels", "left1 -= gone1", "left1 -= d1",
          "censored of the arm stay at risk"),
    Break("survival_kernels", "left[g] -= count", "left[g] -= count + 1",
          "risk table shrinks too fast"),
    Break("survival_kernels", "s *= 1.0 - d / n", "s *= 1.0 - d / (n + d)", "weighted curve"),
    Break("cox_kernels", "f = k / d", "f = (k + 1) / d", "Efron fraction off by one"),
    Break("cox_kernels", "own[i + 1] = whole, part", "own[i + 1] = whole, whole",
          "Efron hazard of the events themselves"),
    Break("cox_kernels", "square[a, b] -= sd * (s1[a] * d1[b] + d1[a] * s1[b])",
          "square[a, b] -= sd * (s1[a] * d1[b])", "half of the cross term"),
    Break("cox_kernels", "entry[by_entry[leave]] >= now", "entry[by_entry[leave]] > now",
          "late entrants at risk at their entry"),
    Break("cox_kernels", "lived -= before[i]", "lived -= 0.5 * before[i]", "late entry hazard"),
    Break("cox_kernels", "hazard += here\n", "hazard += here * 1.0000001\n", "hazard off by 1e-7"),
    Break("cox_kernels", "upper = second - square", "upper = second - 0.999 * square",
          "information off by a thousandth"),
    Break("cox_kernels", "dw += weight[i] if weighted else 1.0", "dw += 1.0", "weights of events"),
    Break("cox_kernels", "for _ in range(1 if efron else d):", "for _ in range(1):",
          "Breslow ties counted once"),
    Break("cox_kernels", "e0[k] += r * e0[k - 1]", "e0[k] += r * e0[k]", "exact ties recursion"),
    Break("cox_kernels", "+ x[a] * x[b] * e0[k - 1]", "+ x[a] * e0[k - 1]",
          "exact ties curvature"),
    Break("cox_residuals", "(1 - f) * h\n", "h\n", "Efron residual of the events"),
    Break("concordance", "lower, k = 0.0, query_rank[q]", "lower, k = 0.0, query_rank[q] + 1",
          "tied risks concordant"),
    Break("concordance", "before[:, [1, 0, 2]]", "before", "later rows' pairs turned around"),
    Break("proportional_hazards", "second += g * g * v", "second += g * v", "moving information"),
    Break("curve_limits", "factor = np.exp(half / -log_s)", "factor = np.exp(half)",
          "log-log scale"),
    Break("quantile", "after = curve < level - TOLERANCE", "after = curve <= level",
          "plateau midpoint"),
]  # fmt: skip


def survives(change: Break, copy: Path) -> str:
    """Empty when a test fails on the broken copy, else what went wrong. The copy is restored."""
    path = copy / "src" / "equipoise" / "statistics" / f"{change.file}.py"
    text = path.read_text(encoding="utf-8")
    if change.old not in text:
        return "the text to break is not there"
    path.write_text(text.replace(change.old, change.new, 1), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS]
    environment = os.environ | {
        "PYTHONPATH": str(copy / "src"),
        "NUMBA_CACHE_DIR": str(copy / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [*command, "-k", CHOSEN],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    path.write_text(text, encoding="utf-8")
    return "" if done.returncode == 1 else f"exit {done.returncode}: {done.stdout[-300:]}"


def run_share(changes: list[Break]) -> list[str]:
    """Try these breaks one after the other in one copy, whose compiled kernels are kept."""
    outcomes = []
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / "src", copy / "src", ignore=ignore)
        for change in changes:
            outcome = survives(change, copy)
            word = "SURVIVED" if outcome else "caught"
            print(f"{word:9} {change.file}: {change.what} {outcome}", flush=True)
            outcomes.append(outcome)
    return outcomes


def main() -> int:
    """Run every break; print one line each; 1 when any survived."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    chosen = [change for change in BREAKS if change.file in (sys.argv[2:] or [change.file])]
    size = -(-len(chosen) // workers)
    shares = [chosen[i : i + size] for i in range(0, len(chosen), size)]
    with ThreadPoolExecutor(workers) as pool:
        outcomes = [outcome for part in pool.map(run_share, shares) for outcome in part]
    caught = sum(not outcome for outcome in outcomes)
    print(f"{caught} of {len(chosen)} breaks caught")
    return 0 if caught == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
