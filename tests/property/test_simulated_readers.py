# SPDX-License-Identifier: Apache-2.0
"""Two simulated readers and their adjudicator go through the derivation as real ones would."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from equipoise.adam import derive_adam
from equipoise.protocol.model import Adjudication, Evaluator, Protocol
from equipoise.protocol.read import read_protocol
from equipoise.simulated import simulate_trial
from equipoise.simulation.trial import simulate_patients

FILE = Path(__file__).parents[2] / "protocols" / "altn-iii-04.yaml"


def two_readers(*, source: str = "recorded", pending: float = 0.0) -> Protocol:
    """The trial with two independent readers who often differ, and an adjudicator."""
    protocol = read_protocol(FILE.read_text(), file=FILE.name)[0]
    where = {"RSEVAL": "INDEPENDENT ASSESSOR"}
    readers = [
        Evaluator(id=f"R{i}", label=f"Reader {i}", where=where | {"RSEVALID": f"READER {i}"})
        for i in (1, 2)
    ]
    committee = Evaluator(
        id="BIRC",
        label="Blinded independent review committee",
        independent=True,
        adjudication=Adjudication(readers=("R1", "R2")),
    )
    investigator = next(e for e in protocol.evaluators if e.id == "INV")
    assert protocol.simulation is not None
    world = protocol.simulation.model_copy(
        update={"reads_differ": {"R1": 0.3, "R2": 0.3}, "adjudication_pending": pending}
    )
    return protocol.model_copy(
        update={
            "evaluators": (committee, *readers, investigator),
            "simulation": world,
            "response": protocol.response.model_copy(update={"source": source}),
        }
    )


@pytest.fixture(scope="module", params=["recorded", "lesions"])
def derived(request: pytest.FixtureRequest) -> tuple[dict[str, pl.DataFrame], ...]:
    protocol = two_readers(source=request.param)
    tables = simulate_trial(protocol, seed=11)
    return tables, derive_adam(tables, protocol)


def test_reads_that_differ_are_adjudicated_and_none_is_pending(derived) -> None:
    _, adam = derived
    found = adam["ADADJ"]
    assert set(found["STATUS"]) == {"AGREED", "ADJUDICATED"}
    share = (found["STATUS"] == "ADJUDICATED").mean()
    assert 0.2 < share < 0.7
    chosen = found.filter(STATUS="ADJUDICATED")["ACCEPTED"]
    assert set(chosen) == {"R1", "R2"}


def test_the_committee_reads_what_its_accepted_reader_read(derived) -> None:
    _, adam = derived
    dates = adam["ADTTE"].filter(PARAMCD="PFS").select("USUBJID", "EVALUATOR", "ADT", "CNSR")
    if dates.filter(EVALUATOR="R1").is_empty():
        dates = adam["ADRS"].filter(PARAMCD="BOR").select("USUBJID", "EVALUATOR", "AVALC")
    accepted = adam["ADADJ"].select("USUBJID", EVALUATOR="ACCEPTED")
    of_reader = dates.join(accepted, on=["USUBJID", "EVALUATOR"]).drop("EVALUATOR")
    of_committee = dates.filter(EVALUATOR="BIRC").drop("EVALUATOR")
    joined = of_committee.join(of_reader, on="USUBJID", suffix="_READER")
    assert joined.height > 200
    column = of_committee.columns[-1]
    assert joined[column].eq_missing(joined[f"{column}_READER"]).all()


def test_every_table_marks_the_accepted_read(derived) -> None:
    tables, _ = derived
    marked = [
        set(tables[name].filter(pl.col(f"{name}ACPTFL") == "Y")["USUBJID"])
        for name in ("RS", "TU", "TR")
    ]
    assert marked[0]
    assert marked[0] <= marked[1] == marked[2]


def test_what_the_adjudicator_has_not_seen_is_pending() -> None:
    protocol = two_readers(pending=0.5)
    found = derive_adam(simulate_trial(protocol, seed=11), protocol)["ADADJ"]
    assert {"PENDING", "ADJUDICATED"} <= set(found["STATUS"])


def test_either_read_is_taken_with_equal_chance() -> None:
    reads = simulate_patients(two_readers(), seed=2, replicates=range(1, 41))["reads"]
    first = reads.unique(["subject", "evaluator"]).filter("accepted")["evaluator"]
    assert set(first) == {0, 1}
    share = (first == 0).mean()
    assert abs(share - 0.5) < 4 * 0.5 / len(first) ** 0.5
