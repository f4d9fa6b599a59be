# SPDX-License-Identifier: Apache-2.0
"""A table's contract: its key and its columns, read from contracts/<table>.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import polars as pl
import yaml

Type = Literal["text", "integer", "number", "iso-date", "date"]
TYPES: dict[Type, str] = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "iso-date": "an ISO 8601 date",
    "date": "a date",
}
REPLICATE = "REPID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a contract.

    required : the table must have the column; known : no value may be missing
    values   : allowed values, empty for any; where : they bind only in rows with these values
    """

    name: str
    label: str
    type: Type
    unit: str | None = None
    required: bool = False
    known: bool = False
    values: tuple[str, ...] = ()
    where: dict[str, str] = field(default_factory=dict)
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The agreement on one table; `rules` holds what a derivation reads: words, lists, windows."""

    table: str
    label: str
    source: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: dict[str, Any] = field(default_factory=dict)

    def key_in(self, frame: pl.DataFrame) -> list[str]:
        """The key columns that `frame` has, the replicate first."""
        return [c for c in (REPLICATE, *self.key) if c in frame.columns]


def subject_key(frame: pl.DataFrame) -> list[str]:
    """Columns that name a subject: USUBJID, and the replicate before it where there is one."""
    return [REPLICATE, "USUBJID"] if REPLICATE in frame.columns else ["USUBJID"]


def has_contract(name: str) -> bool:
    """Whether the table `name` has a contract; tables without one are left alone."""
    return files("equipoise").joinpath("contracts", f"{_file(name)}.yaml").is_file()


@cache
def load_contract(name: str) -> Contract:
    """The contract of the table `name`, such as RS or SUPPDM."""
    text = files("equipoise").joinpath("contracts", f"{_file(name)}.yaml").read_text("utf-8")
    raw = yaml.load(text, Loader=yaml.CSafeLoader)
    return Contract(
        table=name,
        label=raw["label"],
        source=raw["source"],
        key=tuple(raw["key"]),
        columns=tuple(_column(c, spec) for c, spec in raw["columns"].items()),
        rules=raw.get("rules", {}),
    )


def _column(name: str, spec: dict[str, Any]) -> Column:
    values = tuple(str(value) for value in spec.pop("values", ()))
    return Column(name=name, values=values, **spec)


def _file(name: str) -> str:
    return "supp" if name.startswith("SUPP") else name.lower()
