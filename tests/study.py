# SPDX-License-Identifier: Apache-2.0
"""The real study of the oracle folder, its protocol and what derives from them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
from tests.oracles import REPOSITORY, oracle_file

from equipoise.adam import derive_adam
from equipoise.protocol.model import Protocol
from equipoise.protocol.read import read_protocol

SDTM = "sdtm_adam/sdtm"


@cache
def protocol() -> Protocol:
    path = REPOSITORY / "protocols" / "cdiscpilot01.yaml"
    return read_protocol(path.read_text(encoding="utf-8"), file=path.name)[0]


@cache
def sdtm(response: str = "") -> dict[str, pl.DataFrame]:
    """The study's SDTM tables; `response` is the suffix of another set of RS, TU and TR."""
    names = {p.stem: p for p in sorted(oracle_file(SDTM).glob("*.parquet"))}
    files = {stem.upper(): path for stem, path in names.items() if "_" not in stem}
    files |= {name: names[stem] for name, stem in protocol().data.tables.items()}
    if response:
        for name in ("RS", "TU", "TR"):
            files[name] = names[f"{name.lower()}_{response}"]
        files.pop("SUPPTR")
    return {name: pl.read_parquet(path) for name, path in files.items()}


@cache
def adam(response: str = "") -> dict[str, pl.DataFrame]:
    return derive_adam(sdtm(response), protocol())


def expected(relative: str) -> pl.DataFrame:
    """A table of expected results; Parquet, of which every set of the folder has one."""
    path: Path = oracle_file(f"sdtm_adam/{relative}.parquet")
    return pl.read_parquet(path)


@cache
def lesion_protocol() -> Protocol:
    """The protocol with responses from lesions, as the oracle's README says to read them."""
    lesions = {
        "longest": "DIAMETER",
        "short": "DIAMETER",
        "node_location": "TRLOC",
        "visit_on_several_days": "one-per-day",
        "copies": "drop",
    }
    fields = protocol().model_dump()
    fields["response"] |= {"source": "lesions", "best": "admiralonco", "lesions": lesions}
    return Protocol.model_validate(fields)


@cache
def adam_from_lesions() -> dict[str, pl.DataFrame]:
    return derive_adam(sdtm(), lesion_protocol())


@cache
def adam_from_recist_lesions() -> dict[str, pl.DataFrame]:
    """The second set of lesions, whose readers judged each timepoint alone."""
    fields = protocol().model_dump()
    lesions = {"disease_after_cr": "as-measured", "copies": "drop"}
    fields["response"] |= {"source": "lesions", "best": "admiralonco", "lesions": lesions}
    return derive_adam(sdtm("onco_recist"), Protocol.model_validate(fields))
