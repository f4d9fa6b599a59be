# SPDX-License-Identifier: Apache-2.0
"""Deaths follow the sum of diameters as it shrinks and grows, where the protocol says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import kstest

from equipoise.protocol.model import Burden, Piece, Protocol
from equipoise.protocol.read import read_protocol
from equipoise.simulation.hazard import piecewise_exponential, stepwise_exponential
from equipoise.simulation.trial import simulate_patients

FILE = Path(__file__).parents[2] / "protocols" / "altn-iii-04.yaml"
MONTH = 30.4375
EVERY = 42


def world(burden: Burden | None) -> Protocol:
    protocol = read_protocol(FILE.read_text(), file=FILE.name)[0]
    assert protocol.simulation is not None
    changed = protocol.simulation.model_copy(update={"burden": burden, "adverse_events": ()})
    return protocol.model_copy(update={"simulation": changed})


def patients(burden: Burden | None, replicates: int = 25) -> pl.DataFrame:
    wanted = range(1, replicates + 1)
    return simulate_patients(world(burden), seed=9, replicates=wanted)["patients"]


def test_steps_of_one_change_nothing() -> None:
    pieces = [Piece(median_months=3), Piece(from_month=4, median_months=12)]
    uniform = np.linspace(0.001, 0.999, 200)
    plain = piecewise_exponential(uniform, pieces, days_per_month=MONTH, factor=1.3)
    stepped = stepwise_exponential(
        uniform,
        pieces,
        days_per_month=MONTH,
        factor=np.full(200, 1.3),
        steps=np.ones((200, 20)),
        step_days=EVERY,
    )
    np.testing.assert_allclose(stepped, plain, rtol=1e-12)


def test_a_doubled_step_is_lived_through_twice_as_fast() -> None:
    # By hand: hazard log 2 / 100 a day; doubled from day 50 on. S(50) = 2^-0.5, so the median is
    # 25 days later, and a quarter is left after 50 more.
    days = stepwise_exponential(
        np.array([2**-0.5, 0.5, 0.25, 2**-3.0]),
        [Piece(median_months=100 / MONTH)],
        days_per_month=MONTH,
        factor=np.ones(4),
        steps=np.array([[1.0, 2.0, 2.0]] * 3 + [[1.0, 2.0, 4.0]]),
        step_days=50,
    )
    # The last one: 0.5 + 1 of the 3 halvings by day 100, the other 1.5 at four times the hazard.
    np.testing.assert_allclose(days, [50, 75, 125, 100 + 150 / 4])


def test_hazards_follow_the_curve_in_truth() -> None:
    """The hazard of death after progression, added up along each patient's curve, is unit law."""
    table = patients(Burden(from_mm=60, death=1.8, growing=True))
    late = table.filter(pl.col("latent_death") > pl.col("latent_progression"))
    world_arms = world(None).simulation.arms  # type: ignore[union-attr]
    added = [
        _added_hazard(row, world_arms[row["arm"]].death_after_progression[0].median_months)
        for row in late.iter_rows(named=True)
    ]
    assert len(added) > 4000
    assert kstest(added, "expon").pvalue > 0.001
    flat = [
        (row["latent_death"] - row["latent_progression"])
        * np.log(2)
        / (world_arms[row["arm"]].death_after_progression[0].median_months * MONTH)
        * (row["latent_burden_mm"] / 60) ** np.log2(1.8)
        for row in late.iter_rows(named=True)
    ]
    assert kstest(flat, "expon").pvalue < 1e-6


def _added_hazard(row: dict[str, float], median: float) -> float:
    """From the truth alone: the sum at the start of each interval, and the days spent in it."""
    start, end = row["latent_progression"], row["latent_death"]
    begins = np.arange(start, min(end, start + 3652.5), EVERY)
    days = np.diff(np.append(begins, end))
    phi, d, g = (
        row[f"latent_{name}"] for name in ("sensitive", "shrinkage_per_day", "growth_per_day")
    )
    with np.errstate(over="ignore"):
        curve = phi * np.exp(-d * begins) + (1 - phi) * np.exp(g * begins)
    sums = row["latent_burden_mm"] * np.minimum(curve, 3 * row["latent_nadir"])
    return float(np.log(2) / (median * MONTH) * ((sums / 60) ** np.log2(1.8) * days).sum())


def test_off_by_default_and_without_effect_nothing_changes() -> None:
    fixed = patients(Burden(from_mm=60, death=1.8), replicates=3)
    assert not Burden(from_mm=60).growing
    growing = patients(Burden(from_mm=60, death=1.8, growing=True), replicates=3)
    same = [name for name in fixed.columns if name.startswith("latent_") and "death" not in name]
    assert fixed.select(same).equals(growing.select(same))
    assert not fixed["latent_death"].equals(growing["latent_death"])
    idle = patients(Burden(from_mm=60, growing=True), replicates=3)
    np.testing.assert_allclose(idle["latent_death"], patients(None, 3)["latent_death"], rtol=1e-9)


@pytest.mark.parametrize("growing", [False, True])
def test_who_can_respond_does_not_depend_on_it(growing: bool) -> None:
    table = patients(Burden(from_mm=60, death=3.0, growing=growing), replicates=3)
    early = table.filter(pl.min_horizontal("latent_death", "latent_progression") <= EVERY)
    assert early["latent_response"].is_null().all()
