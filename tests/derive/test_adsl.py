# SPDX-License-Identifier: Apache-2.0
"""ADSL on a few invented patients: arms, end of study, last known alive, groups and flags."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam


def adsl(tables: dict[str, pl.DataFrame], **protocol: Any) -> dict[str, Any]:
    return derive_adam(tables, small_protocol(**protocol))["ADSL"].row(0, named=True)


def with_disposition(*events: tuple[int, str, str | None]) -> dict[str, pl.DataFrame]:
    tables = small_tables([{"id": "P"}])
    ends = [
        {
            "STUDYID": "SMALL",
            "USUBJID": "P",
            "DSSEQ": number,
            "DSDECOD": term,
            "DSCAT": "DISPOSITION EVENT",
            "DSSTDTC": on_day(day),
            "DSSCAT": subcategory,
        }
        for number, (day, term, subcategory) in enumerate(events, start=2)
    ]
    rows = pl.DataFrame(ends, schema_overrides={"DSSCAT": pl.String})
    tables["DS"] = pl.concat([tables["DS"], rows], how="diagonal")
    return tables


def test_treatment_bears_the_labels_of_the_protocol():
    tables = small_tables([{"id": "P", "arm": "CTRL"}])
    tables["DM"] = tables["DM"].with_columns(ACTARMCD=pl.lit("EXP"), ACTARM=pl.lit("Given"))
    row = adsl(tables)
    assert (row["TRT01P"], row["TRT01A"]) == ("Control", "Experimental")


def test_without_disposition_a_randomised_subject_is_ongoing():
    row = adsl(small_tables([{"id": "P"}]))
    assert (row["EOSSTT"], row["EOSDT"], row["DCSREAS"]) == ("ONGOING", None, None)


def test_end_of_study_and_its_reason():
    row = adsl(with_disposition((90, "LOST TO FOLLOW-UP", "STUDY")))
    assert (row["EOSSTT"], row["DCSREAS"]) == ("DISCONTINUED", "LOST TO FOLLOW-UP")
    assert str(row["EOSDT"]) == on_day(90)
    assert adsl(with_disposition((90, "COMPLETED", None)))["EOSSTT"] == "COMPLETED"


def test_the_end_of_a_treatment_is_not_the_end_of_the_study():
    row = adsl(with_disposition((50, "ADVERSE EVENT", "TREATMENT DRUG")))
    assert row["EOSSTT"] == "ONGOING"
    both = ((50, "ADVERSE EVENT", "TREATMENT DRUG"), (90, "COMPLETED", "STUDY"))
    assert adsl(with_disposition(*both))["EOSSTT"] == "COMPLETED"


def test_screen_failures_have_neither_randomisation_nor_end_of_study():
    tables = with_disposition((5, "SCREEN FAILURE", None))
    tables["DS"] = tables["DS"].filter(pl.col("DSDECOD") != "RANDOMIZED")
    tables["EX"] = tables["EX"].clear()
    tables["DM"] = tables["DM"].with_columns(ARMCD=pl.lit("SCRNFAIL"), ARM=pl.lit("Screen Failure"))
    row = adsl(tables)
    assert (row["RANDDT"], row["EOSSTT"], row["ITTFL"]) == (None, None, "N")
    assert row["TRT01P"] == "Screen Failure"


def test_lost_to_follow_up_does_not_prove_life_on_its_date():
    tables = with_disposition((90, "LOST TO FOLLOW-UP", "STUDY"))
    assert str(adsl(tables)["LSTALVDT"]) == on_day(0)
    tables = with_disposition((90, "WITHDRAWAL BY SUBJECT", "STUDY"))
    assert str(adsl(tables)["LSTALVDT"]) == on_day(90)


def test_the_protocol_says_what_proves_life():
    tables = small_tables([{"id": "P", "scans": [[42, "SD"]], "last_seen": 60}])
    assert str(adsl(tables)["LSTALVDT"]) == on_day(60)
    assert str(adsl(tables, data={"last_alive": ["RSDTC"]})["LSTALVDT"]) == on_day(42)
    assert str(adsl(tables, data={"last_alive": ["TRTEDT"]})["LSTALVDT"]) == on_day(0)


def test_a_dose_of_nothing_is_a_dose_only_of_placebo():
    tables = small_tables([{"id": "P"}])
    tables["EX"] = tables["EX"].with_columns(EXDOSE=pl.lit(0.0))
    assert adsl(tables)["TRTSDT"] is None
    tables["EX"] = tables["EX"].with_columns(EXTRT=pl.lit("PLACEBO"))
    unknown = tables | {"EX": tables["EX"].with_columns(EXDOSE=pl.lit(None, dtype=pl.Float64))}
    assert adsl(unknown)["TRTSDT"] is None
    assert str(adsl(tables)["TRTSDT"]) == on_day(0)


def test_supplemental_variables_join_unless_adsl_has_them():
    tables = small_tables([{"id": "P"}])
    supplement = {"ECOG": "1", "SEX": "M"}
    tables["SUPPDM"] = pl.DataFrame(
        {
            "STUDYID": "SMALL",
            "RDOMAIN": "DM",
            "USUBJID": "P",
            "QNAM": list(supplement),
            "QVAL": list(supplement.values()),
        }
    )
    row = adsl(tables)
    assert (row["ECOG"], row["SEX"]) == ("1", "F")


def test_groupings_and_analysis_sets_read_numbers_text_and_missing_values():
    patients = [{"id": name} for name in ("A", "B", "C")]
    tables = small_tables(patients)
    tables["DM"] = tables["DM"].with_columns(AGE=pl.Series([64.0, 65.0, None]))
    groups = [{"level": "young", "max": 64}, {"level": "old", "min": 65}]
    clauses = {
        "YOUNGFL": {"max": 64},
        "OLDFL": {"min": 65},
        "SOMEFL": {"one_of": ["65"]},
        "OTHERFL": {"none_of": ["65"]},
        "KNOWNFL": {"known": True},
    }
    sets = [
        {"id": flag, "label": flag, "flag": flag, "where": [{"variable": "AGE"} | clause]}
        for flag, clause in clauses.items()
    ]
    grouping = {"variable": "AGEGR1", "of": "AGE", "groups": groups}
    protocol = small_protocol(groupings=[grouping], analysis_sets=sets)
    found = derive_adam(tables, protocol)["ADSL"]
    assert found["AGEGR1"].to_list() == ["young", "old", None]
    flags = {flag: "".join(found[flag]) for flag in clauses}
    assert flags == {
        "YOUNGFL": "YNN",
        "OLDFL": "NYN",
        "SOMEFL": "NYN",
        "OTHERFL": "YNN",
        "KNOWNFL": "YYN",
    }


def test_a_trial_without_randomisation_counts_from_the_first_dose():
    tables = small_tables([{"id": "P", "scans": [[-20, "SD"], [42, "SD"], [84, "PD"]]}])
    tables["DS"] = tables["DS"].filter(pl.col("DSDECOD") != "RANDOMIZED")
    endpoint = {
        "id": "PFS",
        "paramcd": "PFS",
        "label": "PFS",
        "kind": "pfs",
        "role": "primary",
        "evaluator": "INV",
        "start": "first-dose",
        "censoring": "R0",
    }
    protocol = small_protocol(randomisation=None, endpoints=[endpoint])
    found = derive_adam(tables, protocol)
    assert found["ADSL"]["EOSSTT"].to_list() == ["ONGOING"]
    row = found["ADTTE"].row(0, named=True)
    assert (str(row["STARTDT"]), row["AVAL"], row["EVNTDESC"]) == (
        on_day(0),
        85,
        "Disease Progression",
    )
    never = tables | {"RS": tables["RS"].filter(pl.col("RSSEQ") == 1)}
    row = derive_adam(never, protocol)["ADTTE"].row(0, named=True)
    assert (row["EVNTDESC"], row["SRCVAR"]) == ("First Dose", "TRTSDT")


def test_treatment_goes_on_until_every_drug_has_ended():
    assert adsl(small_tables([{"id": "P"}]))["EOTSTT"] == "ONGOING"
    drug = small_tables([{"id": "P"}])["EX"]["EXTRT"][0]
    other = adsl(with_disposition((50, "ADVERSE EVENT", "TREATMENT OTHER")))
    assert other["EOTSTT"] == "ONGOING"
    ended = adsl(with_disposition((50, "ADVERSE EVENT", f"TREATMENT {drug}")))
    assert ended["EOTSTT"] == "DISCONTINUED"
    assert adsl(with_disposition((50, "COMPLETED", "TREATMENT")))["EOTSTT"] == "COMPLETED"
    left = adsl(with_disposition((50, "LOST TO FOLLOW-UP", "STUDY")))
    assert left["EOTSTT"] == "DISCONTINUED"


def test_the_end_of_each_drug_has_its_status_day_and_reason():
    tables = with_disposition((50, "ADVERSE EVENT", "TREATMENT DRUG"), (90, "DEATH", "STUDY"))
    other = tables["EX"].with_columns(EXTRT=pl.lit("other"), EXSEQ=pl.lit(2, dtype=pl.Int64))
    tables["EX"] = pl.concat([tables["EX"], other])
    found = derive_adam(tables, small_protocol())
    columns = ("EXTRT", "EOTSTT", "EOTDT", "DCTREAS")
    ends = [
        (r["EXTRT"], r["EOTSTT"], str(r["EOTDT"]), r["DCTREAS"])
        for r in found["ADEOT"].select(columns).iter_rows(named=True)
    ]
    # one stopped for an adverse event; of the other only the end of the study is known
    assert ends == [
        ("DRUG", "DISCONTINUED", on_day(50), "ADVERSE EVENT"),
        ("OTHER", "DISCONTINUED", "None", None),
    ]
    whole = found["ADSL"].row(0, named=True)
    assert (str(whole["EOTDT"]), whole["DCTREAS"]) == (on_day(90), "ADVERSE EVENT")


def test_where_no_end_of_treatment_is_recorded_nobody_knows_the_reasons():
    found = derive_adam(small_tables([{"id": "P"}]), small_protocol())
    assert "ADEOT" not in found
    assert "DCTREAS" not in found["ADSL"].columns


TTD = {
    "id": "TTD",
    "paramcd": "TTD",
    "label": "Time on treatment",
    "kind": "ttd",
    "role": "exploratory",
    "start": "first-dose",
}


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([(50, "ADVERSE EVENT", "TREATMENT DRUG")], (51, 0, "Treatment Discontinued")),
        ([(50, "COMPLETED", "TREATMENT DRUG")], (51, 7, "Treatment Completed")),
        ([(60, "LOST TO FOLLOW-UP", "STUDY")], (61, 0, "Treatment Discontinued")),
        ([], (1, 1, "On Treatment")),
    ],
)
def test_time_to_permanent_discontinuation_counts_every_stop_but_completion(ends, expected):
    protocol = small_protocol()
    protocol = small_protocol(
        endpoints=[*(e.model_dump(mode="json") for e in protocol.endpoints), TTD]
    )
    found = derive_adam(with_disposition(*ends), protocol)["ADTTE"].filter(PARAMCD="TTD")
    assert found.select("AVAL", "CNSR", "EVNTDESC").rows() == [expected]
