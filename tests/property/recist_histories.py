# SPDX-License-Identifier: Apache-2.0
"""Random lesion histories as tables: sizes near the limits, gaps, new lesions, split timepoints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

START = 19_723  # 2024-01-01
SIZES = np.array(
    [0, 0, 0, 3, 4, 5, 5, 7, 9, 9.8, 9.9, 10, 10.5, 12, 14, 15, 15.4, 18, 20, 20.4, 24]
)
BASELINE = np.array([10, 10, 12, 14, 15, 15.4, 16, 18, 20, 24.5, 27, 30, 38.3, 50, 100])
TARGET_STATES = ["TOO SMALL TO MEASURE", "NOT DONE", "NOT EVALUABLE", "MERGED"]
NONTARGET_STATES = ["PRESENT", "ABSENT", "UNEQUIVOCAL PROGRESSION", "NOT DONE", "NOT EVALUABLE"]
NEW_STATES = ["UNEQUIVOCAL", "EQUIVOCAL", "NOT TUMOUR", "ABSENT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """The tables `derive_lesion_response` takes, for reads S0000, S0001, ..."""

    lesions: pl.DataFrame
    measurements: pl.DataFrame
    visits: pl.DataFrame
    subjects: pl.DataFrame


def random_histories(seed: int, *, n: int) -> Histories:
    """`n` histories; the tables' rows in random order."""
    rng = np.random.default_rng(seed)
    lesions: list[tuple[object, ...]] = []
    rows: list[tuple[object, ...]] = []
    visits: list[tuple[object, ...]] = []
    for number in range(n):
        _history(rng, f"S{number:04}", lesions, rows, visits)
    text = pl.String
    measurements = pl.DataFrame(
        rows,
        schema={"USUBJID": text, "LNKID": text, "VISIT": text, "ADT": pl.Int32, "SIZE": text}
        | {"STATE": text, "PART": pl.Int64, "ABLFL": text},
        orient="row",
    )
    listed = pl.DataFrame(
        lesions,
        schema={"USUBJID": text, "LNKID": text, "CLASS": text, "NODE": pl.Boolean},
        orient="row",
    )
    known = pl.DataFrame(
        visits,
        schema={"USUBJID": text, "VISIT": text, "ADT": pl.Int32, "SEARCHED": pl.Boolean}
        | {"MARKERS": pl.Boolean},
        orient="row",
    )
    subjects = pl.DataFrame({"USUBJID": [f"S{i:04}" for i in range(n)]})
    day = pl.col("ADT").cast(pl.Date)
    return Histories(
        lesions=listed.sample(fraction=1, shuffle=True, seed=seed),
        measurements=measurements.with_columns(day).sample(fraction=1, shuffle=True, seed=seed),
        visits=known.with_columns(day),
        subjects=subjects.with_columns(RANDDT=pl.lit(START).cast(pl.Int32).cast(pl.Date)),
    )


def _history(rng: np.random.Generator, subject: str, lesions, rows, visits) -> None:
    targets = [(f"T{i}", bool(rng.random() < 0.4)) for i in range(int(rng.integers(0, 4)))]
    others = [(f"N{i}", bool(rng.random() < 0.4)) for i in range(int(rng.integers(0, 3)))]
    new = [(f"X{i}", bool(rng.random() < 0.3)) for i in range(int(rng.integers(0, 2)))]
    for group, name in ((targets, "TARGET"), (others, "NON-TARGET"), (new, "NEW")):
        lesions += [(subject, lesion, name, node) for lesion, node in group]
    visits.append((subject, None, START - 7, True, True))
    for lesion, _ in targets:
        size = None if rng.random() < 0.03 else f"{rng.choice(BASELINE)}"
        state = None if size else "NOT DONE"
        rows.append((subject, lesion, "BASELINE", START - 7, size, state, 0, "Y"))
    for lesion, _ in others:
        rows.append((subject, lesion, "BASELINE", START - 7, None, "PRESENT", 0, "Y"))
    calm = rng.random() < 0.5  # half of the reads hardly progress, so that long histories arise
    day = START
    for number in range(int(rng.integers(0, 8))):
        day += int(rng.choice([14, 27, 28, 29, 41, 42, 43, 56]))
        _visit(rng, subject, f"V{number}", day, (targets, others, new), calm, rows)
        visits.append((subject, f"V{number}", day, rng.random() > 0.04, rng.random() > 0.04))


def _visit(rng, subject, visit, day, groups, calm, rows) -> None:
    targets, others, new = groups
    ceiling = 10 if calm else len(SIZES)
    gone = rng.random() < (0.3 if calm else 0.1)
    for lesion, _ in targets:
        if rng.random() < 0.03:
            continue
        scan = day + int(rng.integers(0, 4))
        chance = rng.random()
        if gone:
            rows.append((subject, lesion, visit, scan, "0", None, 0, None))
        elif chance < 0.12:
            state = rng.choice(TARGET_STATES)
            rows.append((subject, lesion, visit, scan, None, state, 0, None))
        else:
            parts = 2 if chance > 0.95 else 1
            for part in range(parts):
                size = f"{rng.choice(SIZES[:ceiling])}"
                lost = part == 1 and rng.random() < 0.3
                value = (None, "NOT DONE") if lost else (size, None)
                rows.append((subject, lesion, visit, scan, *value, part, None))
    for lesion, node in others:
        if rng.random() < 0.03:
            continue
        if node and rng.random() < 0.5:
            rows.append(
                (subject, lesion, visit, day, f"{rng.choice([8, 9.9, 10, 11])}", None, 0, None)
            )
        else:
            weights = [0.45, 0.4, 0.05, 0.05, 0.05] if not gone else [0.05, 0.9, 0.02, 0.02, 0.01]
            state = rng.choice(NONTARGET_STATES, p=weights)
            rows.append((subject, lesion, visit, day, None, state, 0, None))
    for lesion, _ in new:
        if rng.random() < 0.2:
            state = rng.choice(NEW_STATES, p=[0.2, 0.5, 0.15, 0.15])
            rows.append(
                (subject, lesion, visit, day + int(rng.integers(0, 3)), None, state, 0, None)
            )
