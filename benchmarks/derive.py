# SPDX-License-Identifier: Apache-2.0
"""Subjects per second from TU and TR to ADTTE by the ADaM derivation, and peak memory, by size.

Run: python benchmarks/derive.py [SUBJECTS ...]   (default 300 30000 1000000)
Each size runs in a process of its own, so that the peak is its own. Eight visits, four lesions,
one reader; ALTN-III-04 with responses from lesions, its censoring rules and both its times.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np
import polars as pl

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.trial import load_trial

SIZES = (300, 30_000, 1_000_000)
VISITS, LESIONS, SEED = 8, ("T01", "T02", "T03", "NT01"), 2024
START = 19_723  # 2024-01-01
STUDY, READER = "BENCHMARK", "INVESTIGATOR"


def protocol() -> Protocol:
    """ALTN-III-04, read from lesions by the investigator alone; no groupings: nobody asks."""
    known = load_trial("altn-iii-04").protocol
    response = known.response.model_copy(update={"source": "lesions"})
    changes = {
        "response": response,
        "evaluators": tuple(e for e in known.evaluators if e.id == "INV"),
        "endpoints": tuple(
            e.model_copy(update={"sensitivity": ()})
            for e in known.endpoints
            if e.id in ("PFS.INV", "OS")
        ),
        "groupings": (),
        "data": known.data.model_copy(update={"cutoff": None}),
        "simulation": None,
    }
    return known.model_copy(update=changes)


def simulate(n: int) -> dict[str, pl.DataFrame]:
    """SDTM tables of n invented subjects: sizes drift, some rows are missing, some die.

    Texts are held as categories, which the derivation turns back into text batch by batch.
    """
    rng = np.random.default_rng(SEED)
    names = pl.Series("USUBJID", np.arange(n)).cast(pl.String).str.pad_start(8, "0")
    subject = names.cast(pl.Categorical)
    tables = {"TU": _lesions(subject, n), "TR": _results(rng, subject, n)}
    return tables | _others(rng, subject)


def _categories(name: str, values: list[str | None]) -> pl.Series:
    return pl.Series(name, values, dtype=pl.String).cast(pl.Categorical)


def _lesions(subject: pl.Series, n: int) -> pl.DataFrame:
    number = np.tile(np.arange(len(LESIONS)), n)
    columns = {
        "TULNKID": [*LESIONS],
        "TUSTRESC": ["TARGET", "TARGET", "TARGET", "NON-TARGET"],
        "TULOC": ["LIVER", "LUNG", "LYMPH NODE", "LIVER"],
    }
    return pl.DataFrame(
        [
            subject.gather(np.repeat(np.arange(n), len(LESIONS))),
            pl.Series("TUSEQ", number + 1),
            *(_categories(name, values).gather(number) for name, values in columns.items()),
        ]
    ).with_columns(
        STUDYID=pl.lit(STUDY),
        TUTESTCD=pl.lit("TUMIDENT"),
        TUMETHOD=pl.lit("CT SCAN"),
        TUEVAL=pl.lit(READER),
        VISIT=pl.lit("BASELINE"),
        TUDTC=pl.lit("2023-12-25"),
    )


def _results(rng: np.random.Generator, subject: pl.Series, n: int) -> pl.DataFrame:
    per_lesion, points = len(LESIONS), VISITS + 1
    drift = rng.normal(-0.05, 0.25, size=(n, points, 3)).astype(np.float32)
    drift[:, 0, :] = np.log(rng.uniform(15, 60, size=(n, 3)))
    size = np.exp(np.cumsum(drift, axis=1, out=drift), out=drift)
    tenths = np.round(10 * np.minimum(size, 400.0) * (size > 4)).astype(np.int16)
    texts = [f"{value / 10:g}" for value in range(4001)]
    number = np.concatenate([tenths, _nontarget(rng, n, points)[:, :, None]], axis=2).ravel()
    missing = rng.random(len(number), dtype=np.float32) < 0.01
    row = np.arange(len(number), dtype=np.uint32)
    point, lesion = (row // per_lesion) % points, row % per_lesion
    missing &= point > 0
    number[missing] = len(texts) + 3
    visits = ["BASELINE", *(f"WEEK {6 * (i + 1)}" for i in range(VISITS))]
    days = pl.Series(START - 7 + 42 * np.arange(points) + 7 * (np.arange(points) > 0))
    dates = days.cast(pl.Int32).cast(pl.Date).cast(pl.String).to_list()
    states = ["PRESENT", "ABSENT", "UNEQUIVOCAL PROGRESSION", None]
    tests = ["LDIAM", "LDIAM", "LPERP", "TUMSTATE"]
    reader = _categories("TREVAL", [READER])
    sizes = np.where(number < len(texts), number.astype(np.float32) / 10, np.float32("nan"))
    return pl.DataFrame(
        [
            subject.gather(row // (points * per_lesion)),
            pl.Series("TRSEQ", row % (points * per_lesion) + 1),
            _categories("TRLNKID", [*LESIONS]).gather(lesion),
            _categories("TRTESTCD", tests).gather(lesion),
            _categories("TRORRES", [*texts, *states]).gather(number.astype(np.uint32)),
            pl.Series("TRSTRESN", sizes),
            _categories("TRSTAT", [None, "NOT DONE"]).gather(missing.astype(np.uint32)),
            _categories("VISIT", visits).gather(point),
            _categories("TRDTC", dates).gather(point),
            reader.new_from_index(0, len(row)),
        ]
    )


def _nontarget(rng: np.random.Generator, n: int, points: int) -> np.ndarray:
    state = 4001 + rng.choice(3, size=(n, points), p=[0.8, 0.17, 0.03]).astype(np.int16)
    state[:, 0] = 4001
    return state


def _others(rng: np.random.Generator, subject: pl.Series) -> dict[str, pl.DataFrame]:
    """All are randomised and treated on one day; two in five die, one in five is treated anew."""
    n = len(subject)
    death = pl.Series(START + rng.exponential(500, n).astype(np.int32)).cast(pl.Int32)
    dead = pl.Series(rng.random(n) < 0.4)
    begun, same = pl.lit("2024-01-01"), {"STUDYID": pl.lit(STUDY)}
    base = pl.DataFrame([subject])
    dated = base.with_columns(day=death.cast(pl.Date).cast(pl.String), dead=dead)
    arms = _categories("ARMCD", ["ANL", "PBO"]).gather(np.arange(n) % 2)
    return {
        "DM": dated.select(
            "USUBJID",
            **same,
            SEX=pl.lit("F"),
            AGE=pl.lit(50),
            ARMCD=arms,
            ARM=arms,
            DTHDTC=pl.when("dead").then("day"),
            DTHFL=pl.when("dead").then(pl.lit("Y")),
        ),
        "DS": base.with_columns(
            **same, DSSEQ=1, DSDECOD=pl.lit("RANDOMIZED"), DSCAT=pl.lit("PROTOCOL MILESTONE")
        ).with_columns(DSSTDTC=begun),
        "EX": base.with_columns(
            **same, EXSEQ=1, EXTRT=pl.lit("EPIRUBICIN"), EXDOSE=90.0, EXSTDTC=begun, EXENDTC=begun
        ),
        "CM": dated.filter(pl.int_range(pl.len()) % 5 == 0).select(
            "USUBJID",
            **same,
            CMSEQ=pl.lit(1),
            CMTRT=pl.lit("OTHER"),
            CMCAT=pl.lit("ANTI-CANCER"),
            CMSTDTC="day",
        ),
        "AE": base.clear().with_columns(
            pl.lit(None, dtype=pl.String).alias(c)
            for c in ("STUDYID", "AETERM", "AEDECOD", "AESTDTC", "AEENDTC")
        ),
    }


def derive(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """From SDTM to the times to event."""
    return derive_adam(tables, protocol(), only=["ADTTE"])


def measure(n: int) -> dict[str, float]:
    """One size in this process."""
    if n > 1:
        derive(simulate(50))  # first use loads the rule files
    tables = simulate(n)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    start, used = time.perf_counter(), time.process_time()
    found = derive(tables)
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
