# SPDX-License-Identifier: Apache-2.0
"""Each patient of exposure.yaml was given what ADEX says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive_adam
from equipoise.tables import check_tables

PATIENTS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "exposure.yaml").read_text(encoding="utf-8")
)
FORTNIGHT = {"days": list(range(1, 15)), "cycle_days": 21}


def regimens(formula: str | None = None) -> dict[str, Any]:
    oral = {"drug": "ORAL", "dose": 12, "unit": "mg", "route": "ORAL", "schedule": FORTNIGHT}
    infusion = {"drug": "INFUSION", "dose": 90, "unit": "mg/m2", "per": "m2", "route": "IV"}
    weekly = {"drug": "WEEKLY", "dose": 100, "unit": "mg", "route": "IV"}
    return {
        "oral": oral | {"dose_levels": [12, 10, 8]},
        "infusion": infusion
        | {"schedule": {"days": [1], "cycle_days": 21, "last_cycle": 6}, "body_surface": formula},
        "weekly": weekly | {"schedule": {"days": [1, 8, 15], "cycle_days": 28}},
        "daily": oral | {"drug": "DAILY", "dose": 50, "schedule": {"days": [1], "cycle_days": 1}},
        "placebo": oral | {"drug": "PLACEBO", "dose": 0, "placebo": True},
    }


def trial(*, formula: str | None = None, cutoff: int | None = None) -> Any:
    named = regimens(formula)
    arms = [
        {"id": "EXP", "label": "E", "short": "E", "role": "experimental", "regimens": list(named)},
        {"id": "CTRL", "label": "C", "short": "C", "role": "control"},
    ]
    data = {"cutoff": on_day(cutoff)}
    return small_protocol(regimens=named, arms=arms, data=data)


def tables_of(patients: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    tables = small_tables([{"id": p["id"]} for p in patients])
    unit = {"INFUSION": "mg/m2"}
    rows = [
        {"USUBJID": p["id"], "EXSEQ": number, "EXTRT": p["drug"], "EXDOSE": row[2]}
        | {"EXDOSU": p.get("unit", unit.get(p["drug"], "mg"))}
        | {"EXDOSFRQ": p.get("frequency", "QD"), "STUDYID": "SMALL"}
        | {"EXSTDTC": on_day(row[0]), "EXENDTC": on_day(row[1])}
        | {"VISIT": f"CYCLE {row[3]}" if p.get("visits", True) else None}
        for p in patients
        for number, row in enumerate(p["given"], start=1)
    ]
    tables["EX"] = pl.DataFrame(
        rows, schema_overrides={"EXDOSE": pl.Float64}, infer_schema_length=None
    )
    size = [
        {"STUDYID": "SMALL", "RDOMAIN": "DM", "USUBJID": p["id"], "QNAM": name, "QVAL": value}
        for p in patients
        for name, value in p.get("subject", {}).items()
    ]
    if size:
        tables["SUPPDM"] = pl.DataFrame(size)
    return tables


def adex_of(patient: dict[str, Any]) -> pl.DataFrame:
    protocol = trial(formula=patient.get("formula"), cutoff=patient.get("cutoff"))
    return derive_adam(tables_of([patient]), protocol)["ADEX"]


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda p: str(p["id"]))
def test_the_patient_was_given(patient):
    rows = adex_of(patient).filter(PARCAT1="OVERALL")
    found = {row["PARAMCD"]: row for row in rows.iter_rows(named=True)}
    values = {name: found[name]["AVAL"] for name in patient["is"]}
    tolerance = 1e-2 if patient.get("formula") == "du-bois" else 1e-6
    assert values == pytest.approx(patient["is"], abs=tolerance)
    for name, value in patient["is"].items():
        assert found[name]["REASND"] == (patient["because"] if value is None else None)


def test_one_cycle_has_its_plan_its_dose_and_its_calendar():
    late = next(p for p in PATIENTS if p["id"].startswith("delays are not made up"))
    rows = adex_of(late).filter(PARCAT1="CYCLE", ACYCLE=3)
    found = dict(rows.select("PARAMCD", "AVAL").iter_rows())
    assert found == {"PDOSE": 168, "ADOSE": 168, "NADMIN": 14, "DELAYD": 0, "INTERR": 0}
    row = rows.row(0, named=True)
    assert [str(row["PLANDT"]), str(row["ASTDT"]), row["SRCSEQ"]] == [on_day(42), on_day(49), 3]


def test_a_drug_of_two_regimens_in_one_arm_has_no_plan():
    named = regimens()
    named["later"] = named["oral"] | {"dose": 8, "dose_levels": []}
    arm = {"id": "EXP", "label": "E", "short": "E", "role": "experimental"}
    arms = [arm | {"regimens": list(named)}, arm | {"id": "CTRL", "role": "control"}]
    adam = derive_adam(tables_of(PATIENTS[:1]), small_protocol(regimens=named, arms=arms))
    row = adam["ADEX"].filter(PARAMCD="RDI").row(0, named=True)
    assert (row["AVAL"], row["REASND"]) == (
        None,
        "the protocol has no one regimen of this drug in this arm",
    )


def test_patients_together_are_as_alone_and_keep_the_contract():
    alike = [p for p in PATIENTS if not {"formula", "cutoff"} & set(p)]
    together = derive_adam(tables_of(alike), trial())["ADEX"]
    alone = pl.concat([adex_of(p) for p in alike])
    order = ["USUBJID", "EXTRT", "PARCAT1", "ACYCLE", "PARAMCD"]
    assert together.equals(alone.sort(order))
    faults = check_tables({"ADEX": together}, files={})
    assert [str(f) for f in faults] == []
