# SPDX-License-Identifier: Apache-2.0
"""ADaM tables derived elsewhere are taken as they are, with what the protocol can say added."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import adopt_adam, derive_adam
from equipoise.errors import DataError

OURS = {
    "ADSL": ["ITTFL"],
    "ADRS": ["EVALUATOR"],
    "ADTTE": ["ENDPOINT", "EVALUATOR", "RULESET"],
    "ADAE": ["TRT01A", "ARELFL", "ADISCFL", "AFATALFL", "ATOXGRN"],
}
EVENT = {"AESTDTC": on_day(3), "AETOXGR": "3", "AEREL": "RELATED", "AEACN": "DRUG WITHDRAWN"}


def derived() -> dict[str, pl.DataFrame]:
    patients = [{"id": "P", "scans": [[42, "PR"], [84, "PD"]], "events": [EVENT]}]
    return derive_adam(small_tables(patients), small_protocol())


def foreign() -> dict[str, pl.DataFrame]:
    return {name: table.drop(OURS.get(name, ())) for name, table in derived().items()}


def test_our_own_tables_come_back_unchanged():
    for name, table in adopt_adam(derived(), small_protocol()).items():
        assert table.equals(derived()[name]), name


def test_what_the_protocol_can_say_is_added():
    for name, table in adopt_adam(foreign(), small_protocol()).items():
        assert table.select(sorted(table.columns)).equals(
            derived()[name].select(sorted(table.columns))
        ), name
        assert set(OURS.get(name, ())) <= set(table.columns)


def test_a_flag_that_is_there_is_not_derived_again():
    tables = derived()
    tables["ADSL"] = tables["ADSL"].with_columns(ITTFL=pl.lit("N"))
    assert adopt_adam(tables, small_protocol())["ADSL"]["ITTFL"].to_list() == ["N"]


def two_readers() -> Any:
    where = {"RSEVAL": "INDEPENDENT ASSESSOR"}
    second = {"id": "BIRC", "label": "BIRC", "where": where}
    protocol = small_protocol()
    first = protocol.evaluators[0].model_dump()
    by_birc = protocol.endpoints[0].model_dump() | {"id": "PFS.BIRC", "evaluator": "BIRC"}
    endpoints = [endpoint.model_dump() for endpoint in protocol.endpoints]
    return small_protocol(evaluators=[first, second], endpoints=[*endpoints, by_birc])


def test_what_only_the_deriver_can_say_is_asked_for():
    with pytest.raises(DataError) as caught:
        adopt_adam(foreign(), two_readers())
    assert str(caught.value) == (
        "ADRS does not say its EVALUATOR: the protocol has INV, BIRC\n"
        "  where: table ADRS\n"
        "  mend:  add the column EVALUATOR with the protocol's names, or say in the protocol whose "
        "reads these are: data: {adam_evaluator: NAME}\n"
        "ADTTE does not say its ENDPOINT: PFS may be PFS, PFS.BIRC\n"
        "  where: table ADTTE\n"
        "  mend:  add the column ENDPOINT with the protocol's names, or say in the protocol whose "
        "reads these are: data: {adam_evaluator: NAME}"
    )


def test_an_evaluator_tells_endpoints_apart():
    tables = derived()
    tables["ADTTE"] = tables["ADTTE"].drop("ENDPOINT")
    found = adopt_adam(tables, two_readers())["ADTTE"]
    assert dict(found.select("PARAMCD", "ENDPOINT").iter_rows()) == {
        "PFS": "PFS",
        "OS": "OS",
        "RSD": "DOR",
    }


def test_adsl_is_needed():
    tables = derived()
    del tables["ADSL"]
    with pytest.raises(DataError, match="the table ADSL is missing"):
        adopt_adam(tables, small_protocol())
