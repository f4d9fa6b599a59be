# SPDX-License-Identifier: Apache-2.0
"""Who stands behind a row of the results: found from the row's own keys and the protocol file."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import yaml

HIGH = {"AE.TERM.GRADE34": pl.col("ATOXGRN").is_in([3, 4])}
EVENTS = {
    "AE.TERM.RELATED": ("ARELFL", "Y"),
    "AE.TERM.SERIOUS": ("AESER", "Y"),
    "AE.TERM.DISCONTINUATION": ("ADISCFL", "Y"),
    "AE.TERM.MODIFICATION": ("AMODFL", "Y"),
    "AE.TERM.SEVERE": ("ASEV", "SEVERE"),
    "related": ("ARELFL", "Y"),
    "severe": ("ASEV", "SEVERE"),
    "serious": ("AESER", "Y"),
    "leading to discontinuation": ("ADISCFL", "Y"),
    "leading to dose modification": ("AMODFL", "Y"),
    "fatal": ("AFATALFL", "Y"),
    "serious: death": ("AESDTH", "Y"),
    "serious: life-threatening": ("AESLIFE", "Y"),
    "serious: hospitalisation": ("AESHOSP", "Y"),
    "serious: disability": ("AESDISAB", "Y"),
    "serious: congenital anomaly": ("AESCONG", "Y"),
    "serious: other medically important": ("AESMIE", "Y"),
}


class Run:
    """A run folder, its protocol file, and the patients that a row's keys name."""

    def __init__(self, folder: Path, protocol: Path) -> None:
        self.tables = {p.stem: pl.read_parquet(p) for p in folder.glob("*.parquet")}
        adam = {p.stem.upper(): pl.read_parquet(p) for p in (folder / "adam").glob("*.parquet")}
        self.adam = adam
        self.protocol = yaml.safe_load(protocol.read_text(encoding="utf-8"))
        self.adsl = adam["ADSL"]
        self.arms = [arm["id"] for arm in self.protocol["arms"]]
        self.month = self.protocol.get("days_per_month", 30.4375)
        self.analyses = {item["id"]: item for item in self.protocol["analyses"]}
        self.endpoints = {item["id"]: item for item in self.protocol["endpoints"]}
        self.by_id = {row["result_id"]: row for row in self.tables["results"].to_dicts()}
        self.args = {
            (a, m): json.loads(text)
            for a, m, text in self.tables["analysis"]
            .select("analysis_id", "method_id", "method_args")
            .rows()
        }
        self.kept: dict[tuple, tuple[float, ...]] = {}
        self._members: dict[tuple[str, str, str], frozenset[str]] = {}
        self._times: dict[tuple[str | None, ...], pl.DataFrame] = {}

    @cached_property
    def received(self) -> str:
        return "ACTARMCD" if "ACTARMCD" in self.adsl.columns else "ARMCD"

    def members(self, population: str, arm: str | None, by: str = "ARMCD") -> frozenset[str]:
        """Patients of an analysis set and arm; all arms together for ALL."""
        key = (population, arm or "ALL", by)
        if key not in self._members:
            rows = self.adsl
            if population == "ENROLLED":
                entered = "RANDDT" if self.protocol.get("randomisation") else "TRTSDT"
                rows = rows.filter(pl.col(entered).is_not_null())
            else:
                sets = {item["id"]: item["flag"] for item in self.protocol["analysis_sets"]}
                rows = rows.filter(pl.col(sets[population]) == "Y")
            wanted = self.arms if arm in (None, "ALL") else [arm]
            self._members[key] = frozenset(rows.filter(pl.col(by).is_in(wanted))["USUBJID"])
        return self._members[key]

    def of(self, row, table: str, by: str = "ARMCD") -> pl.DataFrame:
        """Rows of a table that belong to the row's population and arm."""
        who = self.members(row["population"], row["arm"], by)
        return self.adam[table].filter(pl.col("USUBJID").is_in(list(who)))

    def times(self, row, arm: str | None = None) -> pl.DataFrame:
        """Rows of ADTTE of an analysis, in the arm asked for or the row's own."""
        arm = arm or row["arm"]
        names = ("paramcd", "evaluator", "ruleset", "population")
        key = (*(row[name] for name in names), arm)
        if key not in self._times:
            rows = self.adam["ADTTE"].filter(PARAMCD=row["paramcd"])
            for column, name in (("EVALUATOR", "evaluator"), ("RULESET", "ruleset")):
                if row[name] is not None:
                    rows = rows.filter(pl.col(column) == row[name])
            who = self.members(row["population"], arm)
            self._times[key] = rows.filter(pl.col("USUBJID").is_in(list(who))).sort("USUBJID")
        return self._times[key]

    def strata(self, subjects: list[str], names: list[str]) -> np.ndarray:
        """The stratum of each patient as one label; all in one without strata."""
        if not names:
            return np.zeros(len(subjects), dtype=int)
        known = dict(
            self.adsl.select(
                "USUBJID",
                pl.concat_str(
                    [pl.col(n).cast(pl.String).fill_null("?") for n in names], separator="|"
                ),
            ).rows()
        )
        return np.array([known[s] for s in subjects])

    def events(self, row) -> pl.DataFrame | None:
        """Treatment-emergent events that a row counts; None where the data do not record them."""
        rows = self.of(row, "ADAE", self.received).filter(pl.col("TRTEMFL") == "Y")
        kind = row["g1_level"] if row["g1_var"] == "AEKIND" else None
        groups = {
            item["label"]: [term.upper() for term in item["terms"]]
            for item in self.protocol["adverse_events"].get("special_interest", ())
        }
        group, _, kind_of_group = (kind or "").partition(": ")
        if group in groups:
            rows = rows.filter(pl.col("AEDECOD").str.to_uppercase().is_in(groups[group]))
            kind = kind_of_group
        for name in (row["analysis_id"], kind):
            if name in EVENTS:
                column, value = EVENTS[name]
                if column not in rows.columns:
                    return None
                rows = rows.filter(pl.col(column) == value)
            if name in HIGH:
                rows = rows.filter(HIGH[name])
            if name == "grade 3 or more":
                rows = rows.filter(pl.col("ATOXGRN") >= 3)
        for at in (1, 2):
            if row[f"g{at}_var"] in ("AEBODSYS", "AEDECOD"):
                level, column = row[f"g{at}_level"], pl.col(row[f"g{at}_var"])
                rows = rows.filter(column.is_null() if level == "Not coded" else column == level)
        return rows

    def responders(self, row, arm: str) -> set[str]:
        """Patients whose best response counts as a response for the row's endpoint."""
        kind = self.endpoints[self.analyses[row["analysis_id"]]["endpoint"]]["kind"]
        counted = ["CR", "PR"] + (["SD", "NON-CR/NON-PD"] if kind == "dcr" else [])
        rows = self.adam["ADRS"].filter(
            pl.col("PARAMCD") == row["paramcd"],
            pl.col("EVALUATOR") == row["evaluator"],
            pl.col("AVALC").is_in(counted),
        )
        return set(rows["USUBJID"]) & self.members(row["population"], arm)

    def selected(self, row) -> int:
        """How many keys the condition of the row set selects, by an SQL engine."""
        sets = self.tables["rowset"].filter(rowset_id=row["rowset_id"]).row(0, named=True)
        frame = self.adam[sets["dataset"]]
        if sets["dataset"] != "ADSL":
            more = [c for c in self.adsl.columns if c not in frame.columns]
            frame = frame.join(self.adsl.select("USUBJID", *more), on="USUBJID")
        with pl.SQLContext(self.adam | {"ROWS_": frame}, eager=True) as context:
            columns = sets["key"].replace(":", ", ")
            return context.execute(
                f"SELECT DISTINCT {columns} FROM ROWS_ WHERE {sets['predicate']}"
            ).height
