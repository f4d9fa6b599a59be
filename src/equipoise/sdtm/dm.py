# SPDX-License-Identifier: Apache-2.0
"""Demographics: one row per patient; other baseline characteristics in its supplement."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.sdtm.records import Cell, domain_table, iso

DEMOGRAPHIC = ("AGE", "SEX", "RACE", "ETHNIC", "COUNTRY")


def dm_table(protocol: Protocol, patients: pl.DataFrame, doses: pl.DataFrame) -> pl.DataFrame:
    """DM. RFPENDTC is the last day the patient was known to be observed."""
    subject = _rows(patients)
    exposure = doses.group_by("subject").agg(pl.col("first").min(), pl.col("last").max())
    exposure = pl.DataFrame({"subject": subject}).join(
        exposure, on="subject", how="left", maintain_order="left"
    )
    first, last = iso(exposure["first"].cast(pl.Date)), iso(exposure["last"].cast(pl.Date))
    arm = patients["arm"]
    labels = [one.label for one in protocol.arms]
    label = arm.replace_strict([one.id for one in protocol.arms], labels, return_dtype=pl.String)
    treated = first.is_not_null()
    cells: dict[str, Cell] = {
        "SUBJID": patients["SUBJID"],
        "RFSTDTC": first,
        "RFENDTC": last,
        "RFXSTDTC": first,
        "RFXENDTC": last,
        "RFICDTC": iso(patients["consent"]),
        "RFPENDTC": iso(patients["observed_to"]),
        "DTHDTC": iso(patients["died"]),
        "DTHFL": _when(patients["died"].is_not_null(), pl.lit("Y")),
        "SITEID": patients["site"].cast(pl.String).str.zfill(2),
        "AGE": _age(patients),
        "AGEU": "YEARS",
        **{name: _covariate(patients, name) for name in DEMOGRAPHIC[1:]},
        "ARMCD": arm,
        "ARM": label,
        "ACTARMCD": _when(treated, arm),
        "ACTARM": _when(treated, label),
    }
    return domain_table(protocol, "DM", patients, subject, cells)


def suppdm_table(protocol: Protocol, patients: pl.DataFrame, covariates: list[str]) -> pl.DataFrame:
    """SUPPDM: one row per patient and baseline characteristic that DM has no column for."""
    names = [name for name in covariates if name not in DEMOGRAPHIC]
    labels = {factor.variable: factor.label for factor in protocol.baseline}
    row = np.repeat(np.arange(patients.height), len(names))
    which = np.tile(np.arange(len(names)), patients.height)
    values = pl.Series("value", [], dtype=pl.String)
    for name in names:
        values = values.append(patients[name].cast(pl.String))
    cells: dict[str, Cell] = {
        "IDVAR": None,
        "IDVARVAL": None,
        "QNAM": pl.Series(names, dtype=pl.String).gather(which),
        "QLABEL": pl.Series([labels.get(name, name) for name in names], dtype=pl.String).gather(
            which
        ),
        "QVAL": values.gather(which * patients.height + row),
    }
    frame = domain_table(protocol, "DM", patients, pl.Series(row), cells)
    return frame.rename({"DOMAIN": "RDOMAIN"})


def _rows(patients: pl.DataFrame) -> pl.Series:
    return pl.int_range(patients.height, eager=True)


def _age(patients: pl.DataFrame) -> pl.Series:
    if "AGE" in patients.columns:
        return patients["AGE"]
    return pl.Series("AGE", [None], dtype=pl.Int64).new_from_index(0, patients.height)


def _covariate(patients: pl.DataFrame, name: str) -> Cell:
    return patients[name] if name in patients.columns else None


def _when(condition: pl.Series, value: pl.Series | pl.Expr) -> pl.Series:
    return pl.select(pl.when(condition).then(value).alias("value"))["value"]
