# SPDX-License-Identifier: Apache-2.0
"""Each evaluator of the protocol reads its own rows, accepted ones where it says so."""

from __future__ import annotations

import polars as pl
from tests.small_tables import small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam

READERS = [
    {"id": "INV", "label": "Investigator", "where": {"RSEVAL": "INVESTIGATOR"}},
    {
        "id": "BIRC",
        "label": "BIRC",
        "where": {"RSEVAL": "INDEPENDENT ASSESSOR"},
        "accepted_only": True,
    },
]


def tables() -> dict[str, pl.DataFrame]:
    scans = [[42, "SD"], [42, "PR"], [42, "PD"]]
    made = small_tables([{"id": "P", "scans": scans}])
    readers = pl.Series(["INVESTIGATOR", "INDEPENDENT ASSESSOR", "INDEPENDENT ASSESSOR"])
    accepted = pl.Series([None, "Y", None], dtype=pl.String)
    made["RS"] = made["RS"].with_columns(RSEVAL=readers, RSACPTFL=accepted)
    made["TU"] = made["TU"].with_columns(TUACPTFL=pl.lit(None, dtype=pl.String))
    return made


def best(evaluator: str) -> str:
    adrs = derive_adam(tables(), small_protocol(evaluators=READERS))["ADRS"]
    return str(adrs.filter(EVALUATOR=evaluator, PARAMCD="OVR")["AVALC"].item())


def test_each_reader_has_its_own_response():
    assert best("INV") == "SD"


def test_only_the_accepted_read_counts_where_the_protocol_says_so():
    assert best("BIRC") == "PR"


def test_measurable_disease_is_each_readers_own():
    adrs = derive_adam(tables(), small_protocol(evaluators=READERS))["ADRS"]
    found = adrs.filter(PARAMCD="MDIS").select("EVALUATOR", "AVALC").rows()
    assert dict(found) == {"INV": "Y", "BIRC": "N"}


def test_a_reader_without_any_read_has_rows_that_say_so():
    made = tables()
    made["RS"] = made["RS"].drop("RSACPTFL")
    adrs = derive_adam(made, small_protocol(evaluators=READERS))["ADRS"]
    of_birc = adrs.filter(EVALUATOR="BIRC")
    assert dict(of_birc.select("PARAMCD", "AVALC").rows())["BOR"] == "MISSING"
