# SPDX-License-Identifier: Apache-2.0
"""Subject-level rows for figures and listings: waterfall, spider, swimmer and profiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from equipoise.protocol.model import Protocol
from equipoise.results.groups import ENROLLED, arm_groups, both, quoted
from equipoise.results.plan_patients import CHANGE, TREATMENT, plan_patients
from equipoise.results.profile_rows import profile_rows
from equipoise.results.schema import columns
from equipoise.results.shown import SHOWN, parts_of
from equipoise.results.task import Task

Tables = Mapping[str, pl.DataFrame]
ABSENT, BEST, SUM, TREATED, ONGOING = "absent", "change", "sum", "treatment", "ongoing"
KEYS = ("display_id", "USUBJID")


def display_rows(adam: Tables, protocol: Protocol) -> pl.DataFrame:
    """The rows of every display of single patients that the tables allow.

    Returns       display_rows, in the order of display, arm, place, patient and row
    """
    days = _days(adam["ADSL"])
    made = [part for task in plan_patients(protocol) for part in _of_task(task, adam, protocol)]
    if {"TRTSDT", "RANDDT"} <= set(adam["ADSL"].columns):
        made.append(_profiles(adam, protocol))
    rows = pl.concat([_no_rows(), *made], how="diagonal_relaxed")
    rows = rows.join(days, on="USUBJID", how="left")
    start = pl.col("_start")
    dated = rows.with_columns(
        day=(pl.col("_from") - start).dt.total_days(),
        day_end=(pl.col("_to") - start).dt.total_days(),
    ).sort(*KEYS, "_order", "_from", "label", "ASEQ", nulls_last=True, maintain_order=True)
    numbered = dated.with_columns(ROW=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(KEYS))
    order = {arm.id: at for at, arm in enumerate(protocol.arms)}
    arm = pl.col("arm").replace_strict(order, return_dtype=pl.Int64)
    return numbered.sort("display_id", arm, "place", "USUBJID", "ROW", nulls_last=True).select(
        pl.col(name).cast(kind) for name, kind in columns("display_rows").items()
    )


def _no_rows() -> pl.DataFrame:
    """No row yet, with every column: the display's own, and what places a row in time and order."""
    own = {"_from": pl.Date, "_to": pl.Date, "_order": pl.Int64}
    return pl.DataFrame(schema=columns("display_rows") | own).drop("ROW", "day", "day_end")


def _days(adsl: pl.DataFrame) -> pl.DataFrame:
    """The day from which each patient's days count."""
    known = [name for name in ("TRTSDT", "RANDDT") if name in adsl.columns]
    none = pl.lit(None, dtype=pl.Date)
    return adsl.select("USUBJID", _start=pl.coalesce(*known) if known else none)


def _of_task(task: Task, adam: Tables, protocol: Protocol) -> Iterator[pl.DataFrame]:
    """The rows of one planned count: whom it shows and, without a mark, whom it leaves out."""
    if task.dataset not in adam or task.variable not in adam[task.dataset].columns:
        return
    here = _membership(task, adam, protocol)
    in_display = here.filter(pl.col("level") == SHOWN).select("USUBJID", "arm")
    absent = here.filter(pl.col("level").is_in(_reasons(here))).select(
        "USUBJID", "arm", mark=pl.lit(ABSENT), note="level", dataset=pl.lit("ADSL")
    )
    fixed = {"population": pl.lit(task.population), "evaluator": pl.lit(task.evaluator)}
    if task.method_id == CHANGE:
        sums = adam["ADTR"].filter(pl.sql_expr(task.where))
        for name, rows in (
            ("waterfall", _waterfall(sums, adam, task)),
            ("spider", _spider(sums)),
        ):
            shown = rows.join(in_display, on="USUBJID", how="inner")
            placed = _placed(shown) if name == "waterfall" else shown
            yield _display(pl.concat([placed, absent], how="diagonal_relaxed"), name, fixed, task)
    if task.method_id == TREATMENT:
        shown = _swimmer(adam, protocol, in_display)
        yield _display(pl.concat([shown, absent], how="diagonal_relaxed"), "swimmer", fixed, task)


def _reasons(here: pl.DataFrame) -> list[str]:
    """The levels that leave a patient out: those of nobody who is shown."""
    inside = here.filter(pl.col("level") == SHOWN)["USUBJID"]
    outside = here.filter(~pl.col("USUBJID").is_in(inside.implode()))
    return outside["level"].unique().sort().to_list()


def _membership(task: Task, adam: Tables, protocol: Protocol) -> pl.DataFrame:
    """One row per patient and part it belongs to: `USUBJID`, `arm`, `level`."""
    groups = arm_groups(adam["ADSL"], protocol, task.population, arm_variable="ARMCD", total=False)
    rows = [
        (subject, group.arm, part.level)
        for group in groups
        for part, members in parts_of(task, adam, group)
        for subject in sorted(members)
    ]
    schema = dict.fromkeys(("USUBJID", "arm", "level"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _display(
    rows: pl.DataFrame, name: str, fixed: Mapping[str, pl.Expr], task: Task
) -> pl.DataFrame:
    display = f"{name}.{task.evaluator}" if task.evaluator else name
    return rows.with_columns(display_id=pl.lit(display), **fixed)


def _waterfall(sums: pl.DataFrame, adam: Tables, task: Task) -> pl.DataFrame:
    """Each patient's best change, confirmed best response, and progression by new lesion."""
    best = _response(adam, "CBOR", task.evaluator)
    return (
        sums.filter(ANL05FL="Y")
        .join(best, on="USUBJID", how="left")
        .join(_new_lesions(adam, task.evaluator), on="USUBJID", how="left")
        .select(
            "USUBJID",
            "ASEQ",
            "value_text",
            "note",
            mark=pl.lit(BEST),
            value="PCHG",
            unit=pl.lit("%"),
            label="VISIT",
            dataset=pl.lit("ADTR"),
            _from="ADT",
        )
    )


def _placed(shown: pl.DataFrame) -> pl.DataFrame:
    """Places within each arm, worst change first; ties by patient."""
    ordered = shown.sort("value", "USUBJID", descending=[True, False])
    return ordered.with_columns(place=pl.int_range(1, pl.len() + 1).over("arm"))


def _spider(sums: pl.DataFrame) -> pl.DataFrame:
    """Every complete sum after baseline as its change; lines begin at no change on day 0."""
    complete = sums.filter(pl.col("PCHG").is_not_null(), ANL01FL="Y").filter(
        pl.col("ABLFL").is_null()
    )
    return complete.select(
        "USUBJID",
        "ASEQ",
        mark=pl.lit(SUM),
        value="PCHG",
        unit=pl.lit("%"),
        label="VISIT",
        dataset=pl.lit("ADTR"),
        _from="ADT",
    )


def _swimmer(adam: Tables, protocol: Protocol, members: pl.DataFrame) -> pl.DataFrame:
    """Time on treatment, whether it goes on, responses by the first evaluator, and death.

    Parameters    members : USUBJID and arm of those shown
    """
    adsl = adam["ADSL"].join(members, on="USUBJID", how="inner")
    status = pl.col("EOTSTT") if "EOTSTT" in adsl.columns else pl.lit(None, dtype=pl.String)
    days = (pl.col("TRTEDT") - pl.col("TRTSDT")).dt.total_days() + 1
    treated = (
        adsl.with_columns(value=days.cast(pl.Float64))
        .sort("value", "USUBJID", descending=[True, False])
        .select(
            "USUBJID",
            "arm",
            "value",
            place=pl.int_range(1, pl.len() + 1).over("arm"),
            mark=pl.lit(TREATED),
            unit=pl.lit("days"),
            value_text=status,
            dataset=pl.lit("ADSL"),
            _from="TRTSDT",
            _to="TRTEDT",
            _order=pl.lit(1),
        )
    )
    lanes = treated.select("USUBJID", "arm", "place")
    ongoing = treated.filter(pl.col("value_text") == "ONGOING").select(
        *lanes.columns, "dataset", mark=pl.lit(ONGOING), _from="_to", _order=pl.lit(2)
    )
    marks = [rows for rows in (_responses(adam, protocol), _deaths(adsl)) if rows is not None]
    beside = [rows.join(lanes, on="USUBJID", how="inner") for rows in marks]
    return pl.concat([treated, ongoing, *beside], how="diagonal_relaxed")


def _responses(adam: Tables, protocol: Protocol) -> pl.DataFrame | None:
    """Each overall response of the evaluator whose best responses are printed first."""
    rows = adam["ADRS"].filter(PARAMCD="OVR", EVALUATOR=protocol.evaluators[0].id)
    if not {"ADT", "ASEQ"} <= set(rows.columns):
        return None
    return rows.filter(pl.col("ADT").is_not_null()).select(
        "USUBJID",
        "ASEQ",
        mark=pl.lit("assessment"),
        value_text="AVALC",
        label="VISIT",
        dataset=pl.lit("ADRS"),
        _from="ADT",
        _order=pl.lit(3),
    )


def _deaths(adsl: pl.DataFrame) -> pl.DataFrame:
    return adsl.filter(pl.col("DTHDT").is_not_null()).select(
        "USUBJID",
        mark=pl.lit("milestone"),
        label=pl.lit("Death"),
        dataset=pl.lit("ADSL"),
        _from="DTHDT",
        _order=pl.lit(4),
    )


def _response(adam: Tables, paramcd: str, evaluator: str | None) -> pl.DataFrame:
    rows = adam["ADRS"].filter(
        pl.sql_expr(both(f"PARAMCD = {quoted(paramcd)}", f"EVALUATOR = {quoted(evaluator)}"))
    )
    return rows.select("USUBJID", value_text="AVALC")


def _new_lesions(adam: Tables, evaluator: str | None) -> pl.DataFrame:
    """Patients whose first progression came with a new lesion, where the rule is known."""
    table = adam.get("ADRSCMP")
    if table is None:
        derived = adam["ADRS"].filter(PARAMCD="OVR", EVALUATOR=evaluator)
        if "RULE" not in derived.columns:
            return pl.DataFrame(schema={"USUBJID": pl.String, "note": pl.String})
        table = derived
    called = table.filter(pl.col("EVALUATOR") == evaluator).filter(
        pl.col("RULE").str.starts_with("PROGRESSION")
    )
    first = called.sort("ADT").group_by("USUBJID", maintain_order=True).first()
    return first.filter(pl.col("RULE").str.contains("NEW LESION")).select(
        "USUBJID", note=pl.lit("NEW LESION")
    )


def _profiles(adam: Tables, protocol: Protocol) -> pl.DataFrame:
    groups = arm_groups(adam["ADSL"], protocol, ENROLLED, arm_variable="ARMCD", total=False)
    members = [(subject, group.arm) for group in groups for subject in sorted(group.members)]
    arms = pl.DataFrame(members, schema={"USUBJID": pl.String, "arm": pl.String}, orient="row")
    return (
        profile_rows(adam, protocol)
        .join(arms, on="USUBJID", how="inner")
        .with_columns(display_id=pl.lit("profile"), population=pl.lit(ENROLLED))
    )
