# SPDX-License-Identifier: Apache-2.0
"""Subjects per second from TU and TR to progression-free survival, and peak memory, by size.

Run: python benchmarks/derive.py [SUBJECTS ...]   (default 300 30000 1000000)
Each size runs in a process of its own, so that the peak is its own. Eight visits, four lesions.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np
import polars as pl

from equipoise.recist.batches import derive_in_batches
from equipoise.recist.best_response import compute_best_response
from equipoise.recist.criterion import read_criterion
from equipoise.recist.endpoint import PfsOptions, compute_pfs
from equipoise.recist.lesion_response import derive_lesion_response
from equipoise.recist.response_options import RECIST_1_1
from equipoise.recist.sdtm_lesions import lesions_from_sdtm, measurements_from_sdtm

SIZES = (300, 30_000, 1_000_000)
VISITS, LESIONS, SEED = 8, ("T01", "T02", "T03", "NT01"), 2024
START = 19_723  # 2024-01-01
KEY = ["USUBJID"]
PFS = PfsOptions(censor_at_new_therapy=True, missed_gap_days=98, month_days=30.4375)


def simulate(n: int) -> dict[str, pl.DataFrame]:
    """TU, TR and dates of n invented subjects: sizes drift, some rows are missing, some die."""
    rng = np.random.default_rng(SEED)
    subject = pl.Series("USUBJID", np.arange(n)).cast(pl.String).str.pad_start(8, "0")
    per_lesion = len(LESIONS)
    lesion = pl.Series("LNKID", LESIONS)
    tu = pl.DataFrame(
        {
            "USUBJID": subject.gather(np.repeat(np.arange(n), per_lesion)),
            "TULNKID": lesion.gather(np.tile(np.arange(per_lesion), n)),
        }
    ).with_columns(
        TUSTRESC=pl.when(pl.col("TULNKID") == "NT01")
        .then(pl.lit("NON-TARGET"))
        .otherwise(pl.lit("TARGET")),
        TULOC=pl.when(pl.col("TULNKID") == "T03")
        .then(pl.lit("LYMPH NODE"))
        .otherwise(pl.lit("LIVER")),
        TUMETHOD=pl.lit("CT SCAN"),
        VISIT=pl.lit("BASELINE"),
    )
    return {"TU": tu, "TR": _results(rng, subject, n), "DATES": _dates(rng, subject)}


def _results(rng: np.random.Generator, subject: pl.Series, n: int) -> pl.DataFrame:
    per_lesion, points = len(LESIONS), VISITS + 1
    drift = rng.normal(-0.05, 0.25, size=(n, points, 3)).astype(np.float32)
    drift[:, 0, :] = np.log(rng.uniform(15, 60, size=(n, 3)))
    size = np.exp(np.cumsum(drift, axis=1, out=drift))
    size = np.round(np.minimum(size, 400.0) * (size > 4), 1)
    texts = pl.Series("TRORRES", np.arange(0, 4001) / 10).cast(pl.String)
    states = pl.Series("TRORRES", ["PRESENT", "ABSENT", "UNEQUIVOCAL"])
    number = np.concatenate(
        [np.round(size * 10).astype(np.int32), _nontarget(rng, n, points)[:, :, None]], axis=2
    ).ravel()
    row = np.arange(n * points * per_lesion)
    visit = pl.Series("VISIT", ["BASELINE", *(f"WEEK {6 * (i + 1)}" for i in range(VISITS))])
    point = (row // per_lesion) % points
    test = pl.Series("TRTESTCD", ["LDIAM", "LDIAM", "LPERP", "TUMSTATE"])
    missing = (rng.random(len(row)) < 0.01) & (point > 0)
    return (
        pl.DataFrame(
            {
                "USUBJID": subject.gather(row // (points * per_lesion)),
                "TRLNKID": pl.Series(LESIONS).gather(row % per_lesion),
                "TRTESTCD": test.gather(row % per_lesion),
                "TRORRES": pl.concat([texts, states]).gather(number),
                "VISIT": visit.gather(point),
                "ADT": pl.Series(START - 7 + (point > 0) * 7 + point * 42)
                .cast(pl.Int32)
                .cast(pl.Date),
                "_missing": missing,
            }
        )
        .with_columns(
            TRSTAT=pl.when("_missing").then(pl.lit("NOT DONE")),
            TRORRES=pl.when(~pl.col("_missing")).then("TRORRES"),
        )
        .drop("_missing")
    )


def _nontarget(rng: np.random.Generator, n: int, points: int) -> np.ndarray:
    state = 4001 + rng.choice(3, size=(n, points), p=[0.8, 0.17, 0.03]).astype(np.int32)
    state[:, 0] = 4001
    return state


def _dates(rng: np.random.Generator, subject: pl.Series) -> pl.DataFrame:
    n = len(subject)
    death = START + rng.exponential(500, n).astype(np.int32)
    dead = rng.random(n) < 0.4
    return pl.DataFrame({"USUBJID": subject}).with_columns(
        RANDDT=pl.lit(START).cast(pl.Int32).cast(pl.Date),
        DTHDT=pl.when(pl.Series(dead)).then(pl.Series(death).cast(pl.Int32).cast(pl.Date)),
    )


def derive(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """From SDTM to best response and progression-free survival."""
    lesions = lesions_from_sdtm(tables["TU"], key=KEY)
    measurements = measurements_from_sdtm(tables["TR"], lesions, key=KEY)
    subjects = tables["DATES"]
    found = derive_lesion_response(
        lesions,
        measurements,
        subjects,
        key=KEY,
        criterion=read_criterion("recist_1_1.yaml"),
        options=RECIST_1_1,
    )
    dated = subjects.join(found.progression.select(*KEY, "PDDT"), on=KEY, maintain_order="left")
    best = compute_best_response(found.assessments, dated, key=KEY, options=RECIST_1_1)
    return {
        "ADRS": best.filter(pl.col("PARAMCD") != "OVR"),
        "ADTTE": compute_pfs(found.assessments, dated, key=KEY, options=PFS),
    }


def measure(n: int) -> dict[str, float]:
    """One size in this process."""
    if n > 1:
        derive(simulate(50))  # first use loads the rule files
    tables = simulate(n)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    start, used = time.perf_counter(), time.process_time()
    found = derive_in_batches(derive, tables, subjects="DATES", key=KEY)
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    events = int((found["ADTTE"]["CNSR"] == 0).sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "subjects": n,
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu, 3),
        "per_second": round(n / seconds),
        "input_gib": round(held, 2),
        "peak_gib": round(peak, 2),
        "events": events,
    }


def main(arguments: list[str]) -> None:
    """Print one line per size."""
    if arguments[:1] == ["--one"]:
        sys.stdout.write(json.dumps(measure(int(arguments[1]))) + "\n")
        return
    for n in [int(a) for a in arguments] or SIZES:
        run = [sys.executable, __file__, "--one", str(n)]
        sys.stdout.write(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
