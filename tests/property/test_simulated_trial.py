# SPDX-License-Identifier: Apache-2.0
"""What holds for every simulated trial, whatever the seed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from equipoise.protocol.model import Protocol
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_trial

PROTOCOLS = Path(__file__).parents[2] / "protocols"
SEQUENCES = {name: f"{name}SEQ" for name in ("DS", "EX", "CM", "AE", "RS", "TU", "TR")}
DATED = {name: f"{name}STDTC" for name in ("DS", "EX", "CM", "AE")}
DATED |= {name: f"{name}DTC" for name in ("RS", "TU", "TR")}


@pytest.fixture(scope="module", params=["altn-iii-04", "alter-s006"])
def protocol(request: pytest.FixtureRequest) -> Protocol:
    file = PROTOCOLS / f"{request.param}.yaml"
    return read_protocol(file.read_text(), file=file.name)[0]


@pytest.fixture(scope="module")
def trials(protocol: Protocol) -> dict[str, pl.DataFrame]:
    return simulate_trial(protocol, seed=20260, replicates=20)


def dated(trials: dict[str, pl.DataFrame], domain: str) -> pl.DataFrame:
    """A domain with DM's dates beside it."""
    dates = trials["DM"].select("REPID", "USUBJID", "RFICDTC", "RFPENDTC", "RFXSTDTC", "DTHDTC")
    return trials[domain].join(dates, on=["REPID", "USUBJID"], how="left", maintain_order="left")


def test_the_same_seed_gives_the_same_bytes(protocol: Protocol) -> None:
    once, again = (simulate_trial(protocol, seed=3) for _ in range(2))
    for name, table in once.items():
        assert table.equals(again[name], null_equal=True), name
    other = simulate_trial(protocol, seed=4)
    assert not once["RS"].equals(other["RS"])


def test_a_replicate_is_the_same_alone_and_in_a_batch(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    alone = simulate_trial(protocol, seed=20260)
    for name, table in alone.items():
        assert table.equals(trials[name].filter(pl.col("REPID") == 1).drop("REPID")), name


def test_all_that_is_simulated_says_so(trials: dict[str, pl.DataFrame]) -> None:
    for name, table in trials.items():
        assert table["STUDYID"].str.ends_with("-SIMULATED").all(), name
        assert table["USUBJID"].str.contains("-SIM-").all(), name


def test_sequence_numbers_count_within_the_subject_in_order(
    trials: dict[str, pl.DataFrame],
) -> None:
    for name, column in SEQUENCES.items():
        table = trials[name]
        count = pl.int_range(1, pl.len() + 1).over("REPID", "USUBJID")
        assert table.select((pl.col(column) == count).all()).item(), name
        assert table.equals(table.sort("REPID", "USUBJID", column)), name


@pytest.mark.parametrize(
    ("domain", "column"), [*DATED.items(), ("EX", "EXENDTC"), ("AE", "AEENDTC")]
)
def test_nothing_is_recorded_after_the_end_of_observation(
    trials: dict[str, pl.DataFrame], domain: str, column: str
) -> None:
    table = dated(trials, domain)
    assert table.filter(pl.col(column) > pl.col("RFPENDTC")).is_empty()
    assert table.filter(pl.col(column) < pl.col("RFICDTC")).is_empty()
    assert table[column].drop_nulls().str.contains(r"^\d{4}-\d\d-\d\d$").all()


def test_observation_ends_with_death_or_at_the_latest_at_the_cutoff(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    assert protocol.simulation is not None
    dm = trials["DM"]
    assert dm.filter(pl.col("RFPENDTC") > protocol.simulation.cutoff).is_empty()
    assert dm.filter(pl.col("DTHDTC") != pl.col("RFPENDTC")).is_empty()
    assert (dm["DTHFL"].is_not_null() == dm["DTHDTC"].is_not_null()).all()
