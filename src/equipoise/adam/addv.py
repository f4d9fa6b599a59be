# SPDX-License-Identifier: Apache-2.0
"""Protocol deviations: every record of DV, numbered, with its day."""

from __future__ import annotations

import polars as pl

from equipoise.adam.dates import first_day
from equipoise.tables import load_contract, subject_key


def derive_addv(dv: pl.DataFrame, adsl: pl.DataFrame) -> pl.DataFrame:
    """ADDV: the records of DV of the subjects of ADSL.

    Parameters    dv : DV, conformed, as of the cut-off
    Source: CDISC SDTMIG 3.4, DV; CDISC ADaM Occurrence Data Structure 1.1
    """
    key = subject_key(adsl)
    known = [c for c in ("DVCAT", "DVDECOD") if c in dv.columns]
    start = first_day(pl.col("DVSTDTC")) if "DVSTDTC" in dv.columns else pl.lit(None, dtype=pl.Date)
    rows = dv.join(adsl.select(*key, "TRT01P"), on=key, how="inner").select(
        *key, "STUDYID", "TRT01P", "DVTERM", *known, ASEQ="DVSEQ", ASTDT=start
    )
    columns = [c.name for c in load_contract("ADDV").columns if c.name in rows.columns]
    return rows.select(*(k for k in key if k not in columns), *columns).sort(*key, "ASEQ")
