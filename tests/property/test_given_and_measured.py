# SPDX-License-Identifier: Apache-2.0
"""What holds of ADEX, ADLB and ADSUBTX for any patients: row order, and replicates as if alone."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules import test_exposure as exposure
from tests.rules import test_laboratory as laboratory
from tests.small_trial import small_protocol

from equipoise.adam import derive_adex, derive_adlb, derive_adsl
from equipoise.tables import conform

ALIKE = [p for p in exposure.PATIENTS if not {"formula", "cutoff", "subject"} & set(p)]
RECORD = st.tuples(st.integers(0, 60), st.integers(0, 45), st.sampled_from([0, 8, 10, 12]))
GIVEN = st.lists(RECORD, min_size=1, max_size=5).map(
    lambda rows: [[start, start + days, dose] for start, days, dose in rows]
)


def adex(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    seen = conform(tables)
    return derive_adex(seen, derive_adsl(seen, exposure.trial()), exposure.trial())


def adlb(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    seen = conform(tables)
    return derive_adlb(seen["LB"], derive_adsl(seen, small_protocol()))


def together(alone: dict[int, dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    names = set.intersection(*(set(tables) for tables in alone.values()))
    return {
        name: pl.concat(
            t[name].select(pl.lit(number).alias("REPID"), pl.all()) for number, t in alone.items()
        )
        for name in names
    }


@pytest.mark.parametrize(
    ("derive", "tables_of", "patients"),
    [(adex, exposure.tables_of, ALIKE), (adlb, laboratory.tables_of, laboratory.PATIENTS)],
)
def test_a_replicate_derives_as_if_alone_and_in_any_order(derive, tables_of, patients):
    alone = {1: tables_of(patients), 2: tables_of(patients[::2])}
    both = together(alone)
    shuffled = {n: t.sample(fraction=1, shuffle=True, seed=7) for n, t in both.items()}
    found = derive(shuffled)
    for number, tables in alone.items():
        assert found.filter(REPID=number).drop("REPID").equals(derive(tables))


@settings(max_examples=25, deadline=None)
@given(st.lists(GIVEN, min_size=1, max_size=3), st.integers(0, 9))
def test_whatever_was_given_the_cycles_add_up(courses, seed):
    patients = [
        {"id": f"P{n}", "drug": "ORAL", "given": rows, "visits": False}
        for n, rows in enumerate(courses)
    ]
    tables = exposure.tables_of(patients)
    found = adex(tables)
    shuffled = {n: t.sample(fraction=1, shuffle=True, seed=seed) for n, t in tables.items()}
    assert adex(shuffled).equals(found)
    assert not found.select("USUBJID", "EXTRT", "PARAMCD", "ACYCLE").is_duplicated().any()
    cycles = found.filter(PARCAT1="CYCLE").group_by("USUBJID", "PARAMCD").agg(pl.col("AVAL").sum())
    whole = found.filter(PARCAT1="OVERALL")
    for part, of in (("ADOSE", "TDOSE"), ("PDOSE", "PTDOSE"), ("NADMIN", "NADMIN")):
        sums = cycles.filter(PARAMCD=part).join(whole.filter(PARAMCD=of), on="USUBJID")
        assert (sums["AVAL"] - sums["AVAL_right"]).abs().sum() < 1e-9
    delays = whole.filter(pl.col("PARAMCD").is_in(["DELAYT", "NDELAY", "NRED", "NINTERR"]))
    assert (delays["AVAL"] >= 0).all()
