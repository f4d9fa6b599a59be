# SPDX-License-Identifier: Apache-2.0
"""Simulated tumours follow the two-phase curve, and what was drawn for a patient holds on it."""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize_scalar
from tests.property.test_simulated_tumours import test_lesions_give_the_recorded_responses as check

from equipoise.protocol.model import Protocol, Tumour
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_trial
from equipoise.simulation.streams import Streams
from equipoise.simulation.tumour_course import (
    COMPLETE,
    NO_RESPONSE,
    PARTIAL,
    Depth,
    read_depth,
    smallest_sums,
)
from equipoise.simulation.tumour_curve import TumourCurves, relative_sums, solve_tumour_curves

FILE = Path(__file__).parents[2] / "protocols" / "altn-iii-04.yaml"
KEY = ["REPID", "USUBJID"]
EXACT = {"measurement_error": 0.0, "readers_agree": 1.0, "same_target": 1.0}
PERFECT = {"missed_scan": 0.0, "unreadable_scan": 0.0, "reads_differ": {}, "adverse_events": ()}


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(FILE.read_text(), file=FILE.name)[0]


def altered(protocol: Protocol, tumour: dict[str, Any], **fields: Any) -> Protocol:
    world = protocol.simulation
    assert world is not None
    law = world.tumour.model_copy(update=tumour)
    return protocol.model_copy(
        update={"simulation": world.model_copy(update={**fields, "tumour": law})}
    )


def two_phase(curves: TumourCurves, i: int, day: float) -> float:
    """The published equation, from the rates alone."""
    phi, d, g = curves.sensitive[i], curves.shrinkage[i], curves.growth[i]
    return float(phi * np.exp(-d * day) + (1 - phi) * np.exp(g * day))


def test_a_curve_meets_its_nadir_and_its_progression_in_the_published_equation() -> None:
    rng = np.random.default_rng(1)
    n = 300
    nadir, ratio = rng.uniform(0.01, 1, n), np.exp(rng.uniform(np.log(0.002), 0, n))
    nadir[:5] = 1.0
    rise, day = 1 + rng.uniform(0.2, 3, n), 10 ** rng.uniform(1.3, 3.5, n)
    curves = solve_tumour_curves(nadir, ratio, rise=rise, day=day)
    for i in range(n):
        assert two_phase(curves, i, 0.0) == pytest.approx(1.0, abs=1e-9)
        assert two_phase(curves, i, day[i]) == pytest.approx(nadir[i] * rise[i], rel=1e-9)
        lowest = minimize_scalar(
            lambda t, i=i: two_phase(curves, i, t), bounds=(0, day[i]), method="bounded"
        )
        assert lowest.fun == pytest.approx(nadir[i], abs=1e-6)
    np.testing.assert_allclose(curves.growth / curves.shrinkage, ratio)


def test_growth_ends_at_its_ceiling() -> None:
    one = np.ones(1)
    curves = solve_tumour_curves(0.5 * one, 0.1 * one, rise=1.2 * one, day=100 * one)
    late = relative_sums(curves, np.array([1e5]), most_rise=3.0)
    np.testing.assert_allclose(late, 1.5)


def test_smallest_sums_are_log_normal_inside_what_the_response_allows() -> None:
    law = Tumour()
    place = np.linspace(0.0005, 0.9995, 1000)
    for response, low, high in (
        (NO_RESPONSE, 0.7, 1.0),
        (PARTIAL, 0.1, 0.7),
        (COMPLETE, 0.0, 0.1),
    ):
        sums = smallest_sums(law, np.full(1000, response), place)
        assert low <= sums.min() <= sums.max() <= high
        assert (np.diff(sums) >= 0).all()
    # Half of all patients lie below the median of the law.
    share = NormalDist().cdf((np.log(0.7) - np.log(law.nadir)) / law.nadir_spread)
    middle = (0.5 - share) / (1 - share)
    found = smallest_sums(law, np.array([NO_RESPONSE]), np.array([middle]))
    np.testing.assert_allclose(found, law.nadir)


def test_readers_agree_as_declared_and_each_keeps_the_declared_chance() -> None:
    n = 40_000
    streams = Streams(seed=3, replicates=(1,), patients=n)
    score = np.random.default_rng(4).random(n)
    depth = Depth(score, np.full(n, 0.02), np.full(n, 0.2))
    agreement = []
    for agree in (0.0, 0.9, 1.0):
        seen = read_depth(Tumour(readers_agree=agree), depth, ["A", "B"], streams)
        responds = seen.response != NO_RESPONSE
        np.testing.assert_allclose(responds.mean(axis=0), 0.2, atol=4 * (0.16 / n) ** 0.5)
        agreement.append((responds[:, 0] == responds[:, 1]).mean())
    # By chance they agree on 0.2^2 + 0.8^2. For a correlation of 0.9, R's integrate() of the normal
    # density times pnorm((q - 0.9 x) / sqrt(0.19)) up to q = qnorm(0.2) gives 0.8998649.
    np.testing.assert_allclose(agreement, [0.68, 0.8998649, 1.0], atol=0.008)


def test_responses_are_read_at_the_declared_chance_once_all_are_followed(
    protocol: Protocol,
) -> None:
    mature = altered(protocol, {}, cutoff="2033-01-01", dropout_per_year=0.0, **PERFECT)
    trials = simulate_trial(mature, seed=8, replicates=25)
    reads = trials["RS"].filter(RSTESTCD="OVRLRESP").join(trials["TRUTH"], on=KEY)
    for arm, course in mature.simulation.arms.items():
        patients = trials["DM"].filter(ARMCD=arm).height
        declared = course.partial_response + course.complete_response
        error = (declared * (1 - declared) / patients) ** 0.5
        for reader in ("INVESTIGATOR", "INDEPENDENT ASSESSOR"):
            hits = reads.filter(
                pl.col("RSSTRESC").is_in(["CR", "PR"]), ARMCD=arm, RSEVAL=reader
            ).select(KEY)
            assert abs(hits.unique().height / patients - declared) < 4 * error + 0.005


def test_measured_without_error_the_sums_lie_on_the_patient_s_curve(protocol: Protocol) -> None:
    exact = altered(protocol, EXACT, **PERFECT)
    trial = simulate_trial(exact, seed=5)
    targets = trial["TR"].filter(TRGRPID="TARGET", TREVAL="INVESTIGATOR")
    sums = targets.group_by("USUBJID", "VISITNUM", "TRDTC").agg(mm=pl.col("TRSTRESN").sum())
    base = sums.filter(VISITNUM=1).select("USUBJID", base="mm")
    truth = trial["TRUTH"].filter(pl.col("sums_held") == 0, pl.col("latent_response") != "CR")
    both = sums.filter(pl.col("VISITNUM") > 1).join(base, on="USUBJID").join(truth, on="USUBJID")
    assert both.height > 100
    day = (pl.col("TRDTC").str.to_date() - pl.col("reference").str.to_date()).dt.total_days()
    phi, d, g = (
        pl.col(f"latent_{name}") for name in ("sensitive", "shrinkage_per_day", "growth_per_day")
    )
    curve = phi * (-d * day).exp() + (1 - phi) * (g * day).exp()
    off = both.select(
        off=(pl.col("mm") / pl.col("base") - curve).abs(),
        # Baselines are whole tenths, so each reader's rise to progression differs a little.
        early=curve < 3 * pl.col("latent_nadir"),
    ).filter("early")["off"]
    assert off.max() < 0.02


def test_few_sums_are_held_and_the_truth_counts_them(protocol: Protocol) -> None:
    share = {}
    for name, tumour in (("exact", EXACT), ("declared", {})):
        truth = simulate_trial(altered(protocol, tumour), seed=6, replicates=10)["TRUTH"]
        assert (truth["sums_held"] <= truth["sums_read"]).all()
        share[name] = truth["sums_held"].sum() / truth["sums_read"].sum()
    assert 0 < share["exact"] < share["declared"] < 0.15


def test_readers_choose_targets_of_their_own(protocol: Protocol) -> None:
    trials = simulate_trial(protocol, seed=7, replicates=10)
    targets = trials["TU"].filter(TUSTRESC="TARGET").group_by(*KEY, "TUEVAL").agg("TULNKID")
    wide = targets.with_columns(pl.col("TULNKID").list.sort().list.join(" ")).pivot(
        "TUEVAL", index=KEY, values="TULNKID"
    )
    differ = (wide["INVESTIGATOR"] != wide["INDEPENDENT ASSESSOR"]).mean()
    # With 1 to 4 lesions, all but the first chosen with 0.85: 1 - mean of (0.85^2 + 0.15^2)^(k-1).
    expected = 1 - np.mean([(0.85**2 + 0.15**2) ** k for k in range(4)])
    assert abs(differ - expected) < 4 * (0.25 / wide.height) ** 0.5
    same = simulate_trial(altered(protocol, {"same_target": 1.0}), seed=7)["TU"]
    links = same.filter(TUSTRESC="TARGET").group_by("USUBJID", "TUEVAL").len()
    assert links.group_by("USUBJID").agg(pl.col("len").n_unique())["len"].max() == 1


@pytest.mark.parametrize("earlier", ["2023-02-15", "2023-12-31"])
def test_another_cut_off_changes_no_patient(protocol: Protocol, earlier: str) -> None:
    whole = simulate_trial(altered(protocol, {}, cutoff="2027-06-30"), seed=4)
    cut = simulate_trial(altered(protocol, {}, cutoff=earlier), seed=4)
    known = cut["TRUTH"].select(pl.col("^USUBJID|ARMCD|reference|latent_.*$"))
    assert known.height > 100
    latent = whole["TRUTH"].select(known.columns).join(known, on="USUBJID", how="semi")
    assert latent.equals(known)
    for name in ("RS", "TR", "TU"):
        columns = [c for c in cut[name].columns if not c.endswith("SEQ")]
        before = whole[name].filter(pl.col(f"{name}DTC") <= earlier).select(columns)
        # Who enters later may have been scanned for baseline before.
        before = before.filter(pl.col("USUBJID").is_in(known["USUBJID"].implode()))
        assert before.equals(cut[name].select(columns)), name


EXTREMES: list[dict[str, Any]] = [
    {"measurement_error": 0.5, "readers_agree": 0.0, "same_target": 0.0, "lesion_spread": 1.0},
    {"nadir": 0.3, "nadir_spread": 1.5, "growth_to_shrinkage": 1.0},
    {"nadir": 1.0, "nadir_spread": 0.01, "growth_to_shrinkage": 1e-6},
]


@pytest.mark.parametrize("tumour", EXTREMES)
def test_lesions_give_the_recorded_responses_under_any_law(
    protocol: Protocol, tumour: dict[str, Any]
) -> None:
    world = protocol.simulation
    assert world is not None
    often = world.arms["ANL"].model_copy(update={"complete_response": 0.2, "partial_response": 0.4})
    arms = {**world.arms, "ANL": often}
    law = altered(protocol, tumour, arms=arms, unreadable_scan=0.1, missed_scan=0.2)
    trial = simulate_trial(law, seed=2, replicates=2)
    one = pl.format("{}/{}", "REPID", "USUBJID").alias("USUBJID")
    trial = {name: table.with_columns(one) for name, table in trial.items()}
    check(trial)
    sizes = trial["TR"]["TRSTRESN"].drop_nulls()
    assert sizes.min() >= 0
    truth = trial["TRUTH"].select(pl.col("^latent_(nadir|shrinkage|growth|sensitive).*$"))
    assert np.isfinite(truth.to_numpy()).all()
