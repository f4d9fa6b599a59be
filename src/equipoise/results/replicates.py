# SPDX-License-Identifier: Apache-2.0
"""The protocol's efficacy analyses of many simulated trials at once, replicate by replicate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from equipoise.protocol.model import Protocol
from equipoise.results.comparison import UNKNOWN_STRATUM
from equipoise.results.groups import both, population_condition, rows_where
from equipoise.results.plan_efficacy import plan_efficacy
from equipoise.results.task import Task
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.many_quantiles import ManyQuantiles, many_quantiles
from equipoise.statistics.many_trials import hazard_ratios, logranks, sort_trials
from equipoise.statistics.normal import critical_value
from equipoise.statistics.observations import Floats
from equipoise.statistics.proportion import clopper_pearson
from equipoise.statistics.quantile import normal_approximation_median
from equipoise.tables.key_codes import find_rows

Integers = NDArray[np.int64]
SUBJECT = ["REPID", "USUBJID"]
SCHEMA = {
    "REPID": pl.Int64,
    "analysis_id": pl.String,
    "method_id": pl.String,
    "arm": pl.String,
    "comparator": pl.String,
    "stat": pl.String,
    "value": pl.Float64,
}


def analyse_replicates(adam: Mapping[str, pl.DataFrame], protocol: Protocol) -> pl.DataFrame:
    """Events, medians, log-rank tests, hazard ratios and response rates of every replicate.

    Parameters    adam : ADSL, ADTTE and ADRS with REPID
    Returns       REPID, analysis_id, method_id, arm (of a number of one arm), comparator (arm that
                  is compared with the control), stat, value: as `analyse` gives them for that
                  replicate alone; no value where it has no answer
    Notes         Every method is one call for all replicates. Not here: curves, subgroups, landmark
                  rates, differences of rates, safety.
    """
    replicates = adam["ADSL"]["REPID"].unique().sort()
    times: dict[str, pl.DataFrame] = {}
    parts = []
    for task in plan_efficacy(protocol):
        name = f"{task.where}; {task.population}; {task.args.get('strata')}"
        if task.method_id in TIMED and name not in times:
            times[name] = observed_rows(task, adam, protocol)
        found = _numbers(task, adam, protocol, replicates, times.get(name))
        parts += [_labelled(task, replicates, numbers) for numbers in found]
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


Found = tuple[str | None, str | None, Mapping[str, Floats]]
"""Arm, comparator, and the values of each statistic (replicates,)."""


def _labelled(task: Task, replicates: pl.Series, found: Found) -> pl.DataFrame:
    arm, comparator, values = found
    number = len(replicates)
    return pl.DataFrame(
        {
            "REPID": pl.concat([replicates.cast(pl.Int64)] * len(values)),
            "analysis_id": task.analysis_id,
            "method_id": task.method_id,
            "arm": pl.Series([arm], dtype=pl.String).new_from_index(0, number * len(values)),
            "comparator": pl.Series([comparator], dtype=pl.String).new_from_index(
                0, number * len(values)
            ),
            "stat": np.repeat(list(values), number),
            "value": pl.Series(np.concatenate(list(values.values())), nan_to_null=True),
        },
        schema=SCHEMA,
    )


def _numbers(
    task: Task,
    adam: Mapping[str, pl.DataFrame],
    protocol: Protocol,
    replicates: pl.Series,
    rows: pl.DataFrame | None,
) -> Iterator[Found]:
    if task.module == "response" and task.method_id.startswith("clopper-pearson"):
        yield from _rates(task, adam, protocol, replicates)
    elif task.method_id == "kaplan-meier" and rows is not None:
        yield from _medians(task, rows, protocol, replicates)
    elif task.method_id in TIMED and rows is not None:
        control = protocol.control
        assert control is not None  # the plan has no comparison without one
        for arm in protocol.arms:
            if arm.id != control.id:
                pair = rows.filter(pl.col("ARMCD").is_in([control.id, arm.id]))
                yield None, arm.id, _compared(task, pair, arm.id, replicates)


TIMED = ("kaplan-meier", "logrank", "logrank.unstratified", "cox", "cox.unstratified")
"""Methods of times to an event that are made here."""


def members(task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol) -> pl.DataFrame:
    """The population of an analysis: REPID, USUBJID, ARMCD and the stratum of its comparison."""
    arms = ", ".join(f"'{arm.id}'" for arm in protocol.arms)
    condition = both(population_condition(protocol, task.population), f"ARMCD IN ({arms})")
    strata = list(task.args.get("strata", ()))
    label = (
        pl.concat_str(pl.col(strata).cast(pl.String).fill_null(UNKNOWN_STRATUM), separator=" | ")
        if strata
        else pl.lit("")
    )
    columns = [*SUBJECT, "ARMCD", *strata]
    return rows_where(adam["ADSL"], "ADSL", condition, columns=columns).select(
        *SUBJECT, "ARMCD", label.alias("stratum")
    )


def observed_rows(task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol) -> pl.DataFrame:
    """The members of an analysis who have a time: with `days` and `event` (1 = event)."""
    columns = [*SUBJECT, "AVAL", "CNSR"]
    times = rows_where(adam["ADTTE"], "ADTTE", task.where, columns=columns).select(
        *SUBJECT,
        days=pl.col("AVAL").cast(pl.Float64),
        event=(pl.col("CNSR") == 0).cast(pl.Int64),
    )
    return members(task, adam, protocol).join(times, on=SUBJECT, how="inner", maintain_order="left")


def _place(values: pl.Series, known: pl.Series | list[str]) -> Integers:
    """Place of each value among those known."""
    all_known = pl.Series(known).alias("value").to_frame()
    places = find_rows(values.alias("value").to_frame(), all_known, on=["value"])
    return places.cast(pl.Int64).to_numpy()


def _segmented(rows: pl.DataFrame, code: Integers, count: int) -> tuple[pl.DataFrame, Integers]:
    """The rows in order of their code, and the first row of each code 0 .. count - 1."""
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(code, minlength=count), out=offsets[1:])
    return rows[np.argsort(code, kind="stable")], offsets


def _medians(
    task: Task, rows: pl.DataFrame, protocol: Protocol, replicates: pl.Series
) -> Iterator[Found]:
    """Patients, events and median of each arm."""
    arms = [arm.id for arm in protocol.arms]
    shape, count = (len(replicates), len(arms)), len(replicates) * len(arms)
    code = _place(rows["REPID"], replicates) * len(arms) + _place(rows["ARMCD"], arms)
    ordered, offsets = _segmented(rows, code, count)
    size = np.diff(offsets)
    events = np.bincount(code, weights=rows["event"].to_numpy(), minlength=count)
    found = _many_medians(
        ordered["days"].to_numpy(), ordered["event"].to_numpy(), offsets, args=task.args
    )
    month = task.args["days_per_month"]
    values = {
        "N": size.astype(np.float64),
        "n_event": events,
        "median": found.estimate / month,
        "median.lcl": found.lower / month,
        "median.ucl": found.upper / month,
    }
    for place, arm in enumerate(arms):
        yield arm, None, {stat: v.reshape(shape)[:, place] for stat, v in values.items()}


def _many_medians(
    days: Floats, event: Integers, offsets: Integers, *, args: Mapping[str, Any]
) -> ManyQuantiles:
    curve = {name: args[name] for name in ("conf_type", "conf_level")}
    if args["median_interval"] != "normal-approximation":
        return many_quantiles(days, event, offsets=offsets, p=0.5, plateau=args["plateau"], **curve)
    found = np.full((3, offsets.size - 1), np.nan)
    for place, (start, stop) in enumerate(pairwise(offsets)):
        if stop > start:
            km = kaplan_meier(days[start:stop], event[start:stop], **curve)
            median = normal_approximation_median(km)
            found[:, place] = median.estimate, median.lower, median.upper
    return ManyQuantiles(*found)


def _compared(
    task: Task, rows: pl.DataFrame, experimental: str, replicates: pl.Series
) -> Mapping[str, Floats]:
    """The log-rank test or the hazard ratio of one arm against the control."""
    strata = rows["stratum"].unique().sort()
    number = max(len(strata), 1)
    code = _place(rows["REPID"], replicates) * number + _place(rows["stratum"], strata)
    ordered, offsets = _segmented(rows, code, len(replicates) * number)
    in_experimental = (ordered["ARMCD"] == experimental).cast(pl.Int64).to_numpy()
    days, event = ordered["days"].to_numpy(), ordered["event"].to_numpy()
    keys = sort_trials(days, event, in_experimental, offsets=offsets)
    if task.method_id.startswith("logrank"):
        z = logranks(keys, strata=number).z
        return {"z": z, "p": 2.0 * ndtr(-np.abs(z))}
    found = hazard_ratios(keys, ties=task.args["ties"], strata=number)
    half = critical_value(task.args["conf_level"]) * found.std_err
    z = found.log_hr / found.std_err
    return {
        "hr": np.exp(found.log_hr),
        "hr.lcl": np.exp(found.log_hr - half),
        "hr.ucl": np.exp(found.log_hr + half),
        "log_hr": found.log_hr,
        "z": z,
        "p": 2.0 * ndtr(-np.abs(z)),
    }


def _rates(
    task: Task, adam: Mapping[str, pl.DataFrame], protocol: Protocol, replicates: pl.Series
) -> Iterator[Found]:
    """Responders of all members of each arm; who has no assessment did not respond."""
    levels = ", ".join(f"'{level}'" for level in task.args["levels"])
    condition = both(task.where, f"AVALC IN ({levels})")
    responders = rows_where(adam["ADRS"], "ADRS", condition, columns=SUBJECT)
    everyone = members(task, adam, protocol)
    responded = everyone.join(responders, on=SUBJECT, how="semi")
    arms = [arm.id for arm in protocol.arms]
    shape = (len(replicates), len(arms))
    size, count = (
        np.bincount(
            _place(who["REPID"], replicates) * len(arms) + _place(who["ARMCD"], arms),
            minlength=shape[0] * shape[1],
        )
        for who in (everyone, responded)
    )
    found = clopper_pearson(count, size, conf_level=task.args["conf_level"])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(size > 0, 100.0 * count / size, np.nan)
    values = {
        "N": size.astype(np.float64),
        "n": count.astype(np.float64),
        "pct": share,
        "pct.lcl": 100.0 * found.lower,
        "pct.ucl": 100.0 * found.upper,
    }
    for place, arm in enumerate(arms):
        yield arm, None, {stat: v.reshape(shape)[:, place] for stat, v in values.items()}
