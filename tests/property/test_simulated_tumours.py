# SPDX-License-Identifier: Apache-2.0
"""The lesions of every simulated read give the response that was recorded for it.

RECIST 1.1 is written out again here, read by read in integers, so that the simulator is not
judged by its own arithmetic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from equipoise.protocol.read import read_protocol
from equipoise.recist.criterion import read_criterion
from equipoise.recist.lesion_response import derive_lesion_response
from equipoise.recist.lesion_tables import LARGEST_MM
from equipoise.recist.response_options import RECIST_1_1
from equipoise.recist.sdtm_lesions import lesions_from_sdtm, measurements_from_sdtm
from equipoise.simulated import simulate_replicates, simulate_trial

FILE = Path(__file__).parents[2] / "protocols" / "altn-iii-04.yaml"


@pytest.fixture(scope="module")
def trial() -> dict[str, pl.DataFrame]:
    protocol = read_protocol(FILE.read_text(), file=FILE.name)[0]
    simulation = protocol.simulation
    assert simulation is not None
    # More responses and unreadable scans than declared, so that small sums are met often.
    course = simulation.arms["ANL"].model_copy(
        update={"complete_response": 0.15, "partial_response": 0.5}
    )
    simulation = simulation.model_copy(
        update={"arms": {**simulation.arms, "ANL": course}, "unreadable_scan": 0.1}
    )
    trials = simulate_trial(
        protocol.model_copy(update={"simulation": simulation}), seed=11, replicates=8
    )
    one_patient = pl.format("{}/{}", "REPID", "USUBJID").alias("USUBJID")
    return {name: table.with_columns(one_patient) for name, table in trials.items()}


Read = tuple[dict[str, str], list[dict[str, Any]]]


def reads_of(trial: dict[str, pl.DataFrame]) -> Iterator[tuple[list[dict[str, Any]], list[Read]]]:
    """Per subject and evaluator: the baseline rows of TR, and each later visit's RS and TR."""
    key = ["USUBJID", "TREVAL"]
    sizes: dict[Any, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in trial["TR"].iter_rows(named=True):
        sizes[tuple(row[name] for name in key)][row["VISIT"]].append(row)
    responses: dict[Any, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in trial["RS"].iter_rows(named=True):
        visits = responses[row["USUBJID"], row["RSEVAL"]]
        visits[row["VISIT"]][row["RSTESTCD"]] = row["RSSTRESC"]
    for who, visits in sizes.items():
        baseline = visits.pop("SCREENING")
        assert list(visits) == list(responses[who])
        yield baseline, [(responses[who][visit], rows) for visit, rows in visits.items()]


def tenths(row: dict[str, Any]) -> int | None:
    return None if row["TRORRES"] == "NOT EVALUABLE" else int(row["TRORRES"].replace(".", ""))


def target_response(targets: list[dict[str, Any]], base: int, nadir: int) -> str:
    sizes = [tenths(row) for row in targets]
    if None in sizes:
        known = sum(size for size in sizes if size is not None)
        return "PD" if 5 * known >= 6 * nadir and known - nadir >= 50 else "NE"
    total = sum(size for size in sizes if size is not None)
    nodes = [row["TRTESTCD"] == "LPERP" for row in targets]
    if all(
        (size or 0) < 100 if node else size == 0 for size, node in zip(sizes, nodes, strict=True)
    ):
        return "CR"
    if 5 * total >= 6 * nadir and total - nadir >= 50:
        return "PD"
    return "PR" if 10 * total <= 7 * base else "SD"


def non_target_response(states: list[str]) -> str | None:
    if not states:
        return None
    if "UNEQUIVOCAL PROGRESSION" in states:
        return "PD"
    return "CR" if set(states) == {"ABSENT"} else "NON-CR/NON-PD"


def overall_response(target: str, non_target: str | None, new: bool) -> str:
    if new or "PD" in (target, non_target):
        return "PD"
    if target == "CR":
        return "CR" if non_target in ("CR", None) else "PR"
    return target


def test_lesions_give_the_recorded_responses(trial: dict[str, pl.DataFrame]) -> None:
    seen: dict[str, int] = defaultdict(int)
    for baseline, visits in reads_of(trial):
        start = [tenths(row) for row in baseline if row["TRGRPID"] == "TARGET"]
        base = nadir = sum(size for size in start if size is not None)
        for recorded, rows in visits:
            targets = [row for row in rows if row["TRGRPID"] == "TARGET"]
            states = [row["TRSTRESC"] for row in rows if row["TRGRPID"] == "NON-TARGET"]
            new = any(row["TRGRPID"] == "NEW" for row in rows)
            target = target_response(targets, base, nadir)
            overall = overall_response(target, non_target_response(states), new)
            assert recorded["TRGRESP"] == target
            assert recorded.get("NTRGRESP") == non_target_response(states)
            assert recorded["NEWLIND"] == ("Y" if new else "N")
            assert recorded["OVRLRESP"] == overall
            seen[overall] += 1
            known = [tenths(row) for row in targets]
            if None not in known:
                nadir = min(nadir, sum(size for size in known if size is not None))
    assert set(seen) == {"CR", "PR", "SD", "PD", "NE"}


def test_the_lesion_engine_finds_the_recorded_responses(trial: dict[str, pl.DataFrame]) -> None:
    key = ["USUBJID", "EVALUATOR"]
    tu = trial["TU"].rename({"TUEVAL": "EVALUATOR"})
    tr = trial["TR"].rename({"TREVAL": "EVALUATOR"})
    lesions = lesions_from_sdtm(tu, key=key)
    measurements = measurements_from_sdtm(
        tr.with_columns(ADT=pl.col("TRDTC").str.to_date()), lesions, key=key
    )
    reads = lesions.select(key).unique(maintain_order=True)
    found = derive_lesion_response(
        lesions,
        measurements,
        reads,
        key=key,
        criterion=read_criterion("recist_1_1.yaml"),
        options=RECIST_1_1,
    ).timepoints.filter(pl.col("ABLFL").is_null())
    recorded = trial["RS"].filter(pl.col("RSTESTCD") == "OVRLRESP")
    both = recorded.join(
        found.with_columns(pl.col("OVRLRESP").cast(pl.String)),
        left_on=["USUBJID", "RSEVAL", "VISIT"],
        right_on=[*key, "VISIT"],
        how="full",
    )
    assert both.height == recorded.height
    assert both.filter(pl.col("RSSTRESC").ne_missing(pl.col("OVRLRESP"))).is_empty()


def test_a_read_stops_at_progression(trial: dict[str, pl.DataFrame]) -> None:
    for _, visits in reads_of(trial):
        overall = [recorded["OVRLRESP"] for recorded, _ in visits]
        assert "PD" not in overall[:-1]


def test_nothing_but_a_new_lesion_follows_a_complete_response(
    trial: dict[str, pl.DataFrame],
) -> None:
    for _, visits in reads_of(trial):
        overall = [recorded["OVRLRESP"] for recorded, _ in visits]
        if "CR" in overall:
            after = visits[overall.index("CR") :]
            assert {recorded["OVRLRESP"] for recorded, _ in after} <= {"CR", "NE", "PD"}
            assert all(
                recorded["NEWLIND"] == "Y" for recorded, _ in after if recorded["OVRLRESP"] == "PD"
            )


def test_baseline_lesions_are_measurable_and_few(trial: dict[str, pl.DataFrame]) -> None:
    start = trial["TR"].filter((pl.col("VISIT") == "SCREENING") & (pl.col("TRGRPID") == "TARGET"))
    node = pl.col("TRTESTCD") == "LPERP"
    assert start.select((pl.col("TRSTRESN") >= pl.when(node).then(15).otherwise(10)).all()).item()
    targets = trial["TU"].filter(pl.col("TUSTRESC") == "TARGET")
    per_read = targets.group_by("USUBJID", "TUEVAL").len()["len"]
    assert per_read.is_between(1, 5).all()
    assert targets.group_by("USUBJID", "TUEVAL", "TULOC").len()["len"].max() <= 2


def test_every_measured_lesion_was_identified_on_a_scan_before_or_now(
    trial: dict[str, pl.DataFrame],
) -> None:
    identified = trial["TU"].select("USUBJID", "TUEVAL", "TULNKID", "TUDTC", "TULOC")
    rows = trial["TR"].join(
        identified,
        left_on=["USUBJID", "TREVAL", "TRLNKID"],
        right_on=["USUBJID", "TUEVAL", "TULNKID"],
        how="left",
    )
    assert rows["TUDTC"].is_not_null().all()
    assert (rows["TUDTC"] <= rows["TRDTC"]).all()
    nodes = rows.filter(pl.col("TRTESTCD") == "LPERP")
    assert nodes["TULOC"].unique().to_list() == ["LYMPH NODE"]


def test_sizes_agree_as_text_and_as_number(trial: dict[str, pl.DataFrame]) -> None:
    sized = trial["TR"].filter(pl.col("TRSTRESN").is_not_null())
    assert (sized["TRSTRESC"].cast(pl.Float64) == sized["TRSTRESN"]).all()
    assert (sized["TRORRESU"] == "mm").all()


def test_no_target_is_larger_than_a_patient() -> None:
    """Replicate 332 of seed 1 draws a target five and a half standard deviations out."""
    protocol = read_protocol(FILE.read_text(), file=FILE.name)[0]
    measured = simulate_replicates(protocol, seed=1, replicates=[332])["TR"]["TRSTRESN"]
    assert 0 <= measured.min() < measured.max() < LARGEST_MM
