# SPDX-License-Identifier: Apache-2.0
"""The real study with its responses derived from lesions: ADRS and ADTTE on the strict basis."""

from __future__ import annotations

import polars as pl
import pytest
from tests.agreement import assert_agree
from tests.study import adam_from_lesions, expected, lesion_protocol, protocol, sdtm

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.tables import check_tables

pytestmark = pytest.mark.oracle
READERS = [evaluator.id for evaluator in protocol().evaluators]
TIMES = ["STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC"]


def strict(table: str, reader: str) -> pl.DataFrame:
    rows = (pl.col("EVALUATOR") == reader) & (pl.col("BASIS") == "strict")
    return expected(f"expected_big/{table}").filter(rows)


@pytest.mark.parametrize("reader", READERS)
def test_adrs_from_lesions_agrees_for_each_reader(reader):
    """The expected rows name a row of RS; ours come from TR and have no RSSEQ."""
    found = adam_from_lesions()["ADRS"].filter(pl.col("EVALUATOR") == reader)
    assert_agree(
        found,
        strict("adrs", reader),
        on=["USUBJID", "PARAMCD", "ADT"],
        columns=["AVALC", "AVAL", "ANL01FL", "ANL02FL"],
    )


@pytest.mark.parametrize("reader", READERS)
def test_adtte_from_lesions_agrees_for_each_reader(reader):
    wanted = strict("adtte", reader)
    found = adam_from_lesions()["ADTTE"].filter(
        pl.col("EVALUATOR").is_null() | (pl.col("EVALUATOR") == reader)
    )
    assert_agree(found, wanted, on=["USUBJID", "PARAMCD"], columns=TIMES)


def test_every_response_says_why():
    overall = adam_from_lesions()["ADRS"].filter(PARAMCD="OVR")
    assert overall.height
    assert overall["RULE"].null_count() == 0
    assert overall["REASON"].null_count() == 0
    assert overall["SRCSEQ"].null_count() == 0
    progressing = overall.filter(AVALC="PD")
    assert progressing["LESIONS"].null_count() == 0


def test_the_comparison_with_what_was_recorded_is_that_of_the_oracle():
    """Every assessment: published beside strict response, as recist_timepoints has them."""
    found = adam_from_lesions()["ADRSCMP"]
    both = expected("expected_big/recist_timepoints").select(
        "USUBJID",
        "EVALUATOR",
        ADT=pl.col("DATE").str.to_date(),
        DERIVED="STRICT_OVRLRESP",
        RECORDED="PUB_OVRLRESP",
    )
    agree = pl.col("DERIVED") == pl.col("RECORDED")
    verdict = pl.when(agree).then(pl.lit("AGREES")).otherwise(pl.lit("DIFFERS"))
    assert_agree(
        found,
        both.with_columns(VERDICT=verdict),
        on=["USUBJID", "EVALUATOR", "ADT"],
        columns=["DERIVED", "RECORDED", "VERDICT"],
    )
    assert set(found["VERDICT"]) == {"AGREES", "DIFFERS"}
    assert set(found["USED"]) == {"DERIVED"}
    assert found["RULE"].null_count() == 0


def test_tables_from_lesions_keep_their_contracts():
    adam = {
        name: t for name, t in adam_from_lesions().items() if name in ("ADSL", "ADRS", "ADRSCMP")
    }
    assert check_tables(adam, files={}) == []


def test_the_accepted_read_of_two_readers_is_that_of_the_oracle():
    """The oracle marks radiologist 1 as accepted, where the two differ and where they agree."""
    fields = lesion_protocol().model_dump()
    readers = {"readers": ["IND1", "IND2"], "variables": ["BOR", "CBOR", "PDDT"]}
    review = {"id": "BIRC", "label": "Review", "adjudication": readers}
    fields["evaluators"] = [*fields["evaluators"], review]
    fields["endpoints"] = [fields["endpoints"][0] | {"evaluator": "BIRC"}]
    adam = derive_adam(sdtm(), Protocol.model_validate(fields))
    assert {"AGREED", "ADJUDICATED"} == set(adam["ADADJ"]["STATUS"])
    columns = ["AVALC", "AVAL", "ANL01FL", "ANL02FL"]
    accepted = adam["ADRS"].filter(EVALUATOR="BIRC")
    assert_agree(
        accepted, strict("adrs", "IND1"), on=["USUBJID", "PARAMCD", "ADT"], columns=columns
    )
    times = strict("adtte", "IND1").filter(PARAMCD="PFS")
    assert_agree(adam["ADTTE"], times, on=["USUBJID", "PARAMCD"], columns=TIMES)
