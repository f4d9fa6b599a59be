# SPDX-License-Identifier: Apache-2.0
"""What is drawn follows the declared laws, and draws do not disturb one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from equipoise.errors import ProtocolError
from equipoise.grouping import derive_groupings
from equipoise.protocol.model import Piece, Protocol
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_replicates, simulate_trial
from equipoise.simulation.enrolment import simulate_covariates
from equipoise.simulation.hazard import piecewise_exponential, survival
from equipoise.simulation.randomisation import allocate_arms
from equipoise.simulation.streams import Streams, draw_uniforms

FILE = Path(__file__).parents[2] / "protocols" / "altn-iii-04.yaml"
MONTH = 30.4375
KEY = ["REPID", "USUBJID"]


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(FILE.read_text(), file=FILE.name)[0]


@pytest.fixture(scope="module")
def trials(protocol: Protocol) -> dict[str, pl.DataFrame]:
    return simulate_trial(protocol, seed=5, replicates=60)


def altered(protocol: Protocol, **fields: Any) -> Protocol:
    assert protocol.simulation is not None
    return protocol.model_copy(update={"simulation": protocol.simulation.model_copy(update=fields)})


def test_piecewise_times_survive_as_the_law_says() -> None:
    pieces = [Piece(median_months=3), Piece(from_month=4, median_months=12)]
    uniform = np.array([0.9, 0.5, 0.2, 0.05])
    times = piecewise_exponential(uniform, pieces, days_per_month=MONTH)
    back = [survival(time, pieces, days_per_month=MONTH) for time in times]
    np.testing.assert_allclose(back, uniform, rtol=1e-12)
    # By hand: to month 4 the hazard is log 2 / 3, so S(4) = 2^(-4/3); then 12 months halve it.
    assert survival(16 * MONTH, pieces, days_per_month=MONTH) == pytest.approx(2 ** (-4 / 3) / 2)


def test_a_stream_belongs_to_its_replicate_purpose_and_patient() -> None:
    all_of_them = draw_uniforms(Streams(1, (1, 2, 3), 5), "x", width=2)
    only_second = draw_uniforms(Streams(1, (2,), 5), "x", width=2)
    np.testing.assert_array_equal(all_of_them[5:10], only_second)
    more_patients = draw_uniforms(Streams(1, (2,), 9), "x", width=2)
    np.testing.assert_array_equal(more_patients[:5], only_second)
    others = [
        draw_uniforms(Streams(2, (2,), 5), "x", width=2),
        draw_uniforms(Streams(1, (2,), 5), "y", width=2),
        draw_uniforms(Streams(1, (3,), 5), "x", width=2),
    ]
    assert all(not np.isin(other, only_second).any() for other in others)


def test_one_covariate_more_moves_nothing_else(protocol: Protocol) -> None:
    assert protocol.simulation is not None
    more = {"BIOMARKER": {"LOW": 0.5, "HIGH": 0.5}, **protocol.simulation.categorical}
    before = simulate_trial(protocol, seed=9)
    after = simulate_trial(altered(protocol, categorical=more), seed=9)
    for name, table in before.items():
        other = after[name]
        if name == "SUPPDM":
            other = other.filter(pl.col("QNAM") != "BIOMARKER")
        assert table.equals(other), name


def test_any_replicate_can_be_had_alone(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    alone = simulate_replicates(protocol, seed=5, replicates=[37])
    for name, table in alone.items():
        assert table.equals(trials[name].filter(pl.col("REPID") == 37)), name


def test_latent_medians_are_the_declared_ones(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    assert protocol.simulation is not None
    for arm, course in protocol.simulation.arms.items():
        times = trials["TRUTH"].filter(pl.col("ARMCD") == arm)["latent_progression"]
        declared = course.progression[0].median_months * MONTH
        # The standard error of an exponential sample's median is median / (log 2 sqrt n).
        error = declared / (np.log(2) * np.sqrt(len(times)))
        assert abs(float(times.median()) - declared) < 3 * error


def test_responses_come_at_the_declared_chance(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    assert protocol.simulation is not None
    for arm, course in protocol.simulation.arms.items():
        truth = trials["TRUTH"].filter(pl.col("ARMCD") == arm)["latent_response"]
        for response, chance in (("PR", course.partial_response), ("CR", course.complete_response)):
            share = (truth == response).fill_null(False).mean()
            assert abs(share - chance) <= 3 * np.sqrt(chance * (1 - chance) / len(truth))


def test_worst_grades_come_at_the_declared_chance(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    assert protocol.simulation is not None
    patients = trials["DM"].filter(pl.col("RFXSTDTC").is_not_null())
    worst = trials["AE"].group_by(*KEY, "AEDECOD").agg(pl.col("AETOXGR").max())
    worst = worst.join(patients.select(*KEY, "ARMCD"), on=KEY)
    for event in protocol.simulation.adverse_events:
        for arm, chances in event.worst_grade.items():
            treated = patients.filter(pl.col("ARMCD") == arm).height
            for grade, chance in chances.items():
                if event.term == "PNEUMONIA" and grade == 5:
                    continue  # some are not observed: lost, cut off, or died before
                got = worst.filter(
                    (pl.col("AEDECOD") == event.term)
                    & (pl.col("ARMCD") == arm)
                    & (pl.col("AETOXGR") == str(grade))
                ).height
                assert abs(got / treated - chance) < 4 * np.sqrt(chance * (1 - chance) / treated)


def test_discontinuation_for_an_event_comes_at_the_declared_chance(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    assert protocol.simulation is not None
    withdrawn = trials["AE"].filter(pl.col("AEACN") == "DRUG WITHDRAWN").select(KEY).unique()
    arms = trials["DM"].join(withdrawn.with_columns(hit=True), on=KEY, how="left")
    for arm, chance in protocol.simulation.discontinuation_for_event.items():
        hit = arms.filter(pl.col("ARMCD") == arm)["hit"].fill_null(False)
        assert abs(hit.mean() - chance) < 3 * np.sqrt(chance * (1 - chance) / len(hit))


def test_progression_is_seen_at_the_first_scan_after_it(protocol: Protocol) -> None:
    plain = altered(protocol, missed_scan=0.0, reads_differ={}, unreadable_scan=0.0)
    trial = simulate_trial(plain, seed=21)
    called = trial["RS"].filter((pl.col("RSTESTCD") == "OVRLRESP") & (pl.col("RSSTRESC") == "PD"))
    seen = called.join(trial["TRUTH"], on="USUBJID").select(
        "RSDTC",
        "latent_progression",
        happened=pl.col("reference").str.to_date()
        + pl.duration(microseconds=pl.col("latent_progression") * 86_400_000_000),
    )
    wait = (seen["RSDTC"].str.to_datetime() - seen["happened"].cast(pl.Datetime)).dt.total_days()
    assert wait.min() >= 0
    often = wait.filter(seen["latent_progression"] < 336 - protocol.assessments.window_days)
    assert often.max() <= 42 + 2 * protocol.assessments.window_days
    assert wait.max() <= 84 + 2 * protocol.assessments.window_days
    per_subject = called.group_by("USUBJID").agg(pl.col("RSDTC").n_unique())
    assert per_subject["RSDTC"].max() == 1


def test_evaluators_differ_as_often_as_declared(protocol: Protocol) -> None:
    differing = altered(protocol, missed_scan=0.0, reads_differ={"BIRC": 0.0, "INV": 0.5})
    trials = simulate_trial(differing, seed=22, replicates=5)
    called = trials["RS"].filter((pl.col("RSTESTCD") == "OVRLRESP") & (pl.col("RSSTRESC") == "PD"))
    dates = called.pivot("RSEVAL", index=KEY, values="RSDTC").drop_nulls("INDEPENDENT ASSESSOR")
    same = (dates["INVESTIGATOR"] == dates["INDEPENDENT ASSESSOR"]).fill_null(False).mean()
    # Early without an earlier scan is on time, so the share of agreement is above one half.
    assert 0.5 < same < 0.75


@pytest.mark.parametrize("blocks", [(4,), (2, 6)])
def test_arms_are_balanced_within_strata_to_half_a_block(
    protocol: Protocol, blocks: tuple[int, ...]
) -> None:
    assert protocol.simulation is not None
    assert protocol.randomisation is not None
    plan = protocol.randomisation.model_copy(update={"blocks": blocks})
    trial = protocol.model_copy(update={"randomisation": plan})
    streams = Streams(3, tuple(range(1, 31)), 272)
    covariates = simulate_covariates(protocol.simulation, streams)
    frame = derive_groupings(covariates, protocol.groupings)
    arm = allocate_arms(trial, frame, streams)
    frame = frame.with_columns(
        replicate=pl.Series(np.repeat(np.arange(30), 272)), sign=pl.Series(1 - 2 * arm)
    )
    running = frame.with_columns(
        pl.col("sign").cum_sum().over("replicate", "ECOG", "HISTOGR1").alias("lead")
    )
    assert running["lead"].abs().max() == max(blocks) // 2
    assert abs(np.mean(arm) - 0.5) < 0.01


def test_unequal_ratio_fills_every_block(protocol: Protocol) -> None:
    assert protocol.simulation is not None
    assert protocol.randomisation is not None
    plan = protocol.randomisation.model_copy(
        update={"ratio": {"ANL": 2, "PBO": 1}, "blocks": (3, 6), "strata": ()}
    )
    trial = protocol.model_copy(update={"randomisation": plan})
    streams = Streams(3, tuple(range(1, 201)), 10)
    covariates = simulate_covariates(protocol.simulation, streams)
    arm = allocate_arms(trial, covariates, streams).reshape(200, 10)
    np.testing.assert_allclose(arm.mean(axis=0), 1 / 3, atol=0.12)
    # Six patients are two blocks of three or one of six: two of them get the second arm.
    first_six = arm[:, :6].sum(axis=1)
    assert (first_six == 2).mean() > 0.7


def test_the_number_of_patients_is_the_declared_total(
    protocol: Protocol, trials: dict[str, pl.DataFrame]
) -> None:
    per_trial = trials["DM"].group_by("REPID").len()["len"]
    assert per_trial.unique().to_list() == [272]
    arms = trials["DM"].group_by("REPID", "ARMCD").len()
    assert arms["len"].is_between(136 - 8, 136 + 8).all()


def test_enrolment_is_even_between_its_dates(trials: dict[str, pl.DataFrame]) -> None:
    day = trials["DS"].filter(pl.col("DSDECOD") == "RANDOMIZED")["DSSTDTC"].str.to_date()
    assert str(day.min()) >= "2022-03-15"
    assert str(day.max()) <= "2023-11-30"
    elapsed = (day - pl.Series([day.min()])[0]).dt.total_days().to_numpy()
    quarters = np.histogram(elapsed, bins=4)[0] / len(elapsed)
    np.testing.assert_allclose(quarters, 0.25, atol=0.02)


def test_a_protocol_without_a_simulation_section_is_refused(protocol: Protocol) -> None:
    bare = protocol.model_copy(update={"simulation": None})
    with pytest.raises(ProtocolError, match="has no `simulation` section"):
        simulate_trial(bare, seed=1)


def test_groupings_take_ranges_lists_and_the_rest(protocol: Protocol) -> None:
    frame = pl.DataFrame(
        {
            "AGE": [64, 65, None],
            "HISTOLOGY": ["LEIOMYOSARCOMA", "LIPOSARCOMA", None],
        }
    )
    derived = derive_groupings(frame, protocol.groupings)
    assert derived["AGEGR1"].to_list() == ["<65", ">=65", None]
    assert derived["HISTOGR1"].to_list() == ["LEIOMYOSARCOMA", "OTHER", None]
    assert frame.columns == ["AGE", "HISTOLOGY"]


def test_only_patients_entered_by_the_cutoff_are_there(protocol: Protocol) -> None:
    whole = simulate_trial(protocol, seed=4)
    begun = simulate_trial(altered(protocol, cutoff="2022-09-30"), seed=4)
    entered = whole["DS"].filter(
        (pl.col("DSDECOD") == "RANDOMIZED") & (pl.col("DSSTDTC") <= "2022-09-30")
    )
    assert 0 < entered.height < 272
    for table in begun.values():
        assert set(table["USUBJID"]) <= set(entered["USUBJID"])
    assert begun["DM"]["USUBJID"].to_list() == entered["USUBJID"].to_list()


@pytest.mark.parametrize(
    ("what", "domain"),
    [("adverse_events", "AE"), ("covariates", "SUPPDM"), ("regimens", "EX"), ("patients", "DM")],
)
def test_a_trial_without_something_has_an_empty_table_of_the_same_columns(
    protocol: Protocol, what: str, domain: str
) -> None:
    assert protocol.randomisation is not None
    without = {
        "adverse_events": altered(protocol, adverse_events=()),
        "covariates": altered(protocol, continuous={}, categorical={}).model_copy(
            update={"randomisation": protocol.randomisation.model_copy(update={"strata": ()})}
        ),
        "regimens": protocol.model_copy(
            update={"arms": tuple(arm.model_copy(update={"regimens": ()}) for arm in protocol.arms)}
        ),
        "patients": altered(protocol, cutoff="2022-03-01"),
    }[what]
    table = simulate_trial(without, seed=1)[domain]
    assert table.is_empty()
    assert table.schema == simulate_trial(protocol, seed=1)[domain].schema
