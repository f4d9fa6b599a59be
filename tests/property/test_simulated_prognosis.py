# SPDX-License-Identifier: Apache-2.0
"""Characteristics that go together, and what they do to the disease, follow the declared laws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtri
from scipy.stats import kstest, norm, spearmanr

import equipoise
from equipoise.errors import ProtocolError
from equipoise.protocol.model import Burden, Correlation, Effect, EntryRate, Protocol
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_trial
from equipoise.simulation.baseline_lesions import bring_lesions
from equipoise.simulation.enrolment import simulate_covariates
from equipoise.simulation.joint import correlate, follow
from equipoise.simulation.streams import Streams, draw_uniforms
from equipoise.simulation.trial import simulate_patients

FILE = Path(__file__).parents[2] / "protocols" / "altn-iii-04.yaml"
MANY = tuple(range(1, 61))


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(FILE.read_text(), file=FILE.name)[0]


def altered(protocol: Protocol, **fields: Any) -> Protocol:
    assert protocol.simulation is not None
    return protocol.model_copy(update={"simulation": protocol.simulation.model_copy(update=fields)})


def patients(protocol: Protocol, **fields: Any) -> pl.DataFrame:
    return simulate_patients(altered(protocol, **fields), seed=3, replicates=MANY)["patients"]


def log_hazard_ratio(time: pl.Series, one: pl.Series) -> tuple[float, float]:
    """Of exponential times: the ratio of mean times, with its standard error."""
    means = [time.filter(one).mean(), time.filter(~one).mean()]
    counts = [one.sum(), (~one).sum()]
    return np.log(means[1] / means[0]), np.sqrt(1 / counts[0] + 1 / counts[1])


def test_correlated_draws_stay_uniform_and_have_the_correlation() -> None:
    independent = draw_uniforms(Streams(1, (1,), 40_000), "x", width=3)
    drawn = dict(zip("ABC", independent.T, strict=True))
    pair = Correlation(between=("A", "B"), normal_scores=-0.6)
    joined = correlate(drawn, [pair])
    for name in "ABC":
        assert kstest(joined[name], "uniform").pvalue > 1e-4
    found = np.corrcoef(ndtri(np.stack([joined[name] for name in "ABC"])))
    assert found[0, 1] == pytest.approx(-0.6, abs=4 * 0.64 / 200)
    assert abs(found[0, 2]) < 4 / 200
    np.testing.assert_array_equal(joined["C"], drawn["C"])


def test_correlated_characteristics_keep_their_margins(protocol: Protocol) -> None:
    pair = Correlation(between=("AGE", "ECOG"), normal_scores=0.7)
    world = altered(protocol, correlations=(pair,)).simulation
    assert world is not None
    table = simulate_covariates(world, Streams(2, (1,), 30_000))
    share = (table["ECOG"] == "1").mean()
    assert share == pytest.approx(0.55, abs=4 * 0.5 / np.sqrt(30_000))
    ages = [table.filter(pl.col("ECOG") == level)["AGE"].mean() for level in "01"]
    assert ages[1] - ages[0] > 10
    plain = simulate_covariates(altered(protocol).simulation, Streams(2, (1,), 30_000))
    assert plain["SEX"].equals(table["SEX"])


def test_a_level_multiplies_the_hazards_by_its_ratio(protocol: Protocol) -> None:
    table = patients(
        protocol, effects=(Effect(variable="ECOG", level="1", progression=2.0, death=1.0),)
    ).filter(arm="ANL")
    found, se = log_hazard_ratio(table["latent_progression"], table["ECOG"] == "1")
    assert found == pytest.approx(np.log(2), abs=4 * se)


def test_a_number_multiplies_the_hazards_for_each_step(protocol: Protocol) -> None:
    effect = Effect(variable="AGE", per=10, from_value=52, progression=1.5)
    table = patients(protocol, effects=(effect,)).filter(arm="ANL")
    rate = np.log(2) / (8.4 * protocol.days_per_month)
    age = (table["AGE"].to_numpy() - 52) / 10
    scaled = table["latent_progression"].to_numpy() * rate * 1.5**age
    assert kstest(scaled, "expon").pvalue > 1e-4


def test_the_size_of_the_disease_multiplies_the_hazards_for_each_doubling(
    protocol: Protocol,
) -> None:
    table = patients(protocol, burden=Burden(from_mm=60, progression=1.4))
    mine = (table["arm"] == "ANL").to_numpy()
    burden = bring_lesions(Streams(3, MANY, len(table) // len(MANY))).tenths[mine] / 10
    rate = np.log(2) / (8.4 * protocol.days_per_month)
    time = table["latent_progression"].to_numpy()[mine]
    assert kstest(time * rate * 1.4 ** np.log2(burden / 60), "expon").pvalue > 1e-4


def test_dropout_follows_progression_and_keeps_its_law(protocol: Protocol) -> None:
    table = patients(protocol, dropout_progression_correlation=0.5).filter(arm="ANL")
    rate = -np.log1p(-0.10) / 365.25
    assert kstest(table["latent_dropout"].to_numpy() * rate, "expon").pvalue > 1e-4
    rank = spearmanr(table["latent_dropout"], table["latent_progression"]).statistic
    assert rank == pytest.approx(6 / np.pi * np.arcsin(0.25), abs=4 / np.sqrt(len(table)))
    leader = np.array([0.2, 0.9])
    np.testing.assert_array_equal(follow(leader, leader[::-1], 0.0), leader[::-1])
    expected = norm.cdf(0.6 * norm.ppf(0.2) + 0.8 * norm.ppf(0.7))
    assert follow(np.array([0.2]), np.array([0.7]), 0.6)[0] == pytest.approx(expected)


def test_entries_spread_as_the_rates_say(protocol: Protocol) -> None:
    assert protocol.simulation is not None
    rates = (EntryRate(until_month=6, per_month=5), EntryRate(per_month=20))
    enrolment = protocol.simulation.enrolment.model_copy(update={"rates": rates})
    table = patients(protocol, enrolment=enrolment)
    day = (table["entry"] - pl.Series([enrolment.first]).str.to_date()[0]).dt.total_days()
    months = (day.max() + 1) / protocol.days_per_month
    early = (day < 6 * protocol.days_per_month).mean()
    expected = 30 / (30 + 20 * (months - 6))
    assert early == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(len(table)))


def test_what_is_not_stated_changes_nothing(protocol: Protocol) -> None:
    plain = simulate_trial(protocol, seed=4)
    neutral = altered(
        protocol,
        effects=(Effect(variable="ECOG", level="1"),),
        burden=Burden(from_mm=60),
        correlations=(Correlation(between=("AGE", "ECOG"), normal_scores=0.0),),
    )
    for name, table in simulate_trial(neutral, seed=4).items():
        assert table.equals(plain[name]), name


def checked(text: str, folder: Path) -> None:
    file = folder / FILE.name
    file.write_text(text)
    equipoise.check(file)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ("effects: [{variable: EGOC, level: '1'}]", "characteristic `EGOC` is not declared"),
        ("effects: [{variable: ECOG, level: '7'}]", "level `7` is not declared"),
        ("effects: [{variable: ECOG}]", "either `level` or `per`"),
        ("effects: [{variable: SEX, per: 1}]", "`SEX` is not a number"),
        (
            "correlations: [{between: [AGE, SEX], normal_scores: 0.9}, "
            "{between: [AGE, ECOG], normal_scores: 0.9}, "
            "{between: [SEX, ECOG], normal_scores: -0.9}]",
            "not positive definite",
        ),
        ("correlations: [{between: [AGE, AGE], normal_scores: 0.9}]", "or one with itself"),
        ("correlations: [{between: [AGE, SIZE], normal_scores: 0.9}]", "characteristic `SIZE`"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    stated: str, message: str, tmp_path: Path
) -> None:
    text = FILE.read_text().replace("  missed_scan:", f"  {stated}\n  missed_scan:", 1)
    with pytest.raises(ProtocolError, match=message) as caught:
        checked(text, tmp_path)
    assert "altn-iii-04.yaml:" in str(caught.value)


def test_rates_out_of_order_are_refused(tmp_path: Path) -> None:
    text = FILE.read_text().replace(
        "sites: 20}", "sites: 20, rates: [{until_month: 6, per_month: 0}]}", 1
    )
    with pytest.raises(ProtocolError) as caught:
        checked(text, tmp_path)
    assert "the last has none" in str(caught.value)
    assert "nobody enters" in str(caught.value)
