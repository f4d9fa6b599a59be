"""The ADaM derivation in parts: only some tables, batches of subjects, subjects as numbers."""

from __future__ import annotations

import polars as pl
import pytest
from tests.small_tables import on_day, small_tables
from tests.small_trial import small_protocol

from equipoise.adam import derive, derive_adam
from equipoise.errors import DataError
from equipoise.simulated import simulate_trial
from equipoise.trial import load_trial

PROTOCOL = small_protocol(rule_set="R1", data={"cutoff": on_day(300)})
PATIENTS = [
    {"id": f"P{n}", "scans": [[42, "SD"], [84 + n, "PD"]], "events": [{"AESTDTC": on_day(9)}]}
    for n in range(5)
]


def lesion_protocol():
    protocol = load_trial("altn-iii-04").protocol
    response = protocol.response.model_copy(update={"source": "lesions"})
    return protocol.model_copy(update={"response": response})


@pytest.mark.parametrize("name", ["ADSL", "ADRS", "ADTTE", "ADAE", "ADEX", "ADCONC", "ADTR"])
def test_a_table_made_alone_is_the_same(name):
    protocol = lesion_protocol()
    tables = simulate_trial(protocol, seed=3)
    alone = derive_adam(tables, protocol, only=[name])
    assert list(alone) == [name]
    assert alone[name].equals(derive_adam(tables, protocol)[name])


def test_batches_give_what_all_subjects_at_once_give(monkeypatch):
    protocol = lesion_protocol()
    tables = simulate_trial(protocol, seed=3, replicates=2)
    together = derive_adam(tables, protocol)
    monkeypatch.setattr(derive, "SUBJECTS_PER_BATCH", 101)
    parted = derive_adam(tables, protocol)
    assert parted.keys() == together.keys()
    for name, table in together.items():
        key = [c for c in table.columns if c in ("REPID", "USUBJID")]
        same = parted[name].select(table.columns).sort(key, maintain_order=True)
        assert same.equals(table.sort(key, maintain_order=True)), name


def test_subjects_keep_their_names():
    tables = small_tables(PATIENTS)
    found = derive_adam(tables, PROTOCOL)
    for name, table in found.items():
        assert table.schema["USUBJID"] == pl.String, name
        assert set(table["USUBJID"]) <= {p["id"] for p in PATIENTS}, name


def test_a_row_of_nobody_is_kept_as_it_was():
    tables = small_tables(PATIENTS)
    stranger = tables["AE"].head(1).with_columns(USUBJID=pl.lit("NOBODY"))
    tables["AE"] = pl.concat([tables["AE"], stranger])
    assert "NOBODY" in derive_adam(tables, PROTOCOL)["ADAE"]["USUBJID"]


def test_a_fault_names_the_subject():
    tables = small_tables(PATIENTS)
    lost = pl.when(pl.col("USUBJID") == "P3").then(pl.lit("OTHER")).otherwise("ARMCD")
    tables["DM"] = tables["DM"].with_columns(ARMCD=lost)
    with pytest.raises(DataError, match="first P3"):
        derive_adam(tables, PROTOCOL)
