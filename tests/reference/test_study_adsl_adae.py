# SPDX-License-Identifier: Apache-2.0
"""ADSL and ADAE of the real study agree, row by row, with the published ones."""

from __future__ import annotations

import polars as pl
import pytest
from tests.agreement import assert_agree
from tests.study import adam, expected

pytestmark = pytest.mark.oracle

ADSL = [
    *("STUDYID", "SUBJID", "SITEID", "COUNTRY", "AGE", "AGEU", "AGEGR1", "SEX", "RACE", "ETHNIC"),
    *("ARM", "ARMCD", "ACTARM", "ACTARMCD", "TRT01P", "TRT01A", "SAFFL", "RFICDTC"),
    *("RANDDT", "TRTSDT", "TRTEDT", "EOSDT", "EOSSTT", "DTHDT", "DTHFL", "LSTALVDT"),
]
ADAE = [
    *("STUDYID", "AETERM", "AEDECOD", "AEBODSYS", "AESOC", "AESTDTC", "AEENDTC"),
    *("TRT01A", "TRTSDT", "TRTEDT", "ASTDT", "ASTDTF", "AENDT", "AENDTF", "ASTDY", "AENDY"),
    *("ADURN", "ADURU", "TRTEMFL", "ASEV", "ASEVN", "AESEV", "AESER", "AESDTH", "AEREL", "AEACN"),
    *("AEOUT",),
]
SEVERITY_LEVELS = {
    "ANY": pl.lit(value=True),
    "SERIOUS": pl.col("AESER") == "Y",
    "SEVERE": pl.col("ASEV") == "SEVERE",
    "RELATED": pl.col("ARELFL") == "Y",
}


def test_adsl_agrees_for_every_subject():
    assert_agree(adam()["ADSL"], expected("expected_adam/adsl"), on=["USUBJID"], columns=ADSL)


def test_adae_agrees_for_every_event():
    assert_agree(
        adam()["ADAE"], expected("expected_adam/adae"), on=["USUBJID", "AESEQ"], columns=ADAE
    )


@pytest.mark.parametrize("level", SEVERITY_LEVELS)
def test_emergent_events_count_as_published(level):
    """The related, serious and severe flags give the published subjects and events per arm."""
    incidence = expected("expected_big/teae_incidence")
    wanted = incidence.filter(pl.col("level").str.starts_with(level))
    emergent = adam()["ADAE"].filter((pl.col("TRTEMFL") == "Y") & SEVERITY_LEVELS[level])
    counted = emergent.group_by("TRT01A").agg(
        n_subj=pl.col("USUBJID").n_unique(), n_events=pl.len()
    )
    assert_agree(counted, wanted, on=["TRT01A"], columns=["n_subj", "n_events"])
