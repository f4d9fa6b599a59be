# SPDX-License-Identifier: Apache-2.0
"""Each number of a run once more: by what its row says it is, from the tables on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from math import exp, isnan, nan, sqrt

import numpy as np
import polars as pl
from scipy.stats import norm
from tests.recomputed import arithmetic as own
from tests.recomputed.patients import Run

QUANTILES = {"median": 0.5, "q25": 0.25, "q75": 0.75}
FOLLOW = {"followup_median": 0.5, "followup_q1": 0.25, "followup_q3": 0.75}
COUNTS = {"N", "n", "n_events", "n_missing", "n_event", "n_cens"}
COUNTS |= {"n_risk", "n_event_cum", "n_cens_cum", "N_assess", "n_assess"}
SHARES = {"pct", "pct_event", "pct_cens", "share_assess"}
Value = float | str | None


class UncoveredError(Exception):
    """No arithmetic of ours covers this number."""


def recompute(run: Run, row) -> Value:
    """The value of a row, or the state it has to be in: NR, NE or NA."""
    if row["stat"] in SHARES:
        return _share(run, row)
    method = METHODS.get(row["method_id"]) or METHODS.get(row["method_id"].partition(".")[0])
    if method is not None:
        return method(run, row)
    if row["stat"] in COUNTS:
        return run.selected(row) if row["state"] == "ok" else row["state"]
    raise UncoveredError(f"{row['method_id']} {row['stat']}")


def _share(run: Run, row) -> Value:
    numer, denom = (recompute(run, run.by_id[row[name]]) for name in ("numer_id", "denom_id"))
    if isinstance(numer, str) or not denom:
        return "NA"
    return 100 * numer / denom


def _estimate(run: Run, row):
    """The row a limit belongs to; the row itself where it is no limit."""
    return run.by_id[row["ci_of"]] if row["ci_of"] else row


def _side(row) -> int:
    return {"lcl": 1, "ucl": 2}.get(row["stat"], 0)


# --- patients -----------------------------------------------------------------------------------


def disposition(run: Run, row) -> Value:
    level = row["g1_level"] or ""
    if level == "Screened":
        return run.adsl.height
    if level == "Not enrolled":
        return run.adsl.height - len(run.members("ENROLLED", "ALL"))
    rows = run.of(row, "ADSL")
    sets = {item["label"]: item["flag"] for item in run.protocol["analysis_sets"]}
    status = pl.col("EOSSTT").fill_null("ONGOING")
    conditions = {
        "": pl.lit(value=True),
        "Randomised": pl.col("RANDDT").is_not_null(),
        "Treated": pl.col("TRTSDT").is_not_null(),
        "On study": status == "ONGOING",
        "Completed study": status == "COMPLETED",
        "Discontinued study": status == "DISCONTINUED",
        "Died": pl.col("DTHDT").is_not_null(),
    }
    if level.startswith("Analysis set: "):
        return rows.filter(pl.col(sets[level.partition(": ")[2]]) == "Y").height
    if level.startswith("Discontinued: "):
        reason = pl.col("DCSREAS").str.to_lowercase() == level.partition(": ")[2]
        return rows.filter(status == "DISCONTINUED", reason).height
    if level not in conditions:
        return run.selected(row)
    return rows.filter(conditions[level]).height


def treatment_end(run: Run, row) -> Value:
    """Of all drugs from ADSL, of one from its row of ADEOT; stopped for a reason or for any."""
    if row["g1_var"] is None:
        return len(run.members(row["population"], row["arm"], run.received))
    drug, status, reason = (row[f"g{at}_level"] for at in (1, 2, 3))
    together = drug == "All study treatment"
    rows = run.of(row, "ADSL" if together else "ADEOT", run.received)
    rows = rows if together else rows.filter(EXTRT=drug)
    given = rows.filter(pl.col("TRTSDT").is_not_null()) if together else rows
    if status == "GIVEN":
        return given.height
    of_status = [r for r in given.iter_rows(named=True) if r["EOTSTT"] == status]
    return sum(reason is None or (r["DCTREAS"] or "NOT STATED") == reason for r in of_status)


def therapy(run: Run, row) -> Value:
    if row["g1_var"] is None:
        return len(run.members(row["population"], row["arm"]))
    kind, name = row["g1_level"], row["g2_level"]
    rows = run.of(row, "ADPRTX" if row["analysis_id"].endswith("PRIOR") else "ADSUBTX")
    return len(
        {
            r["USUBJID"]
            for r in rows.iter_rows(named=True)
            if kind in ("ANY", r["ACLASS"])
            and name in (None, r["ADECOD"] or r["ATRT"] or "NOT STATED")
        }
    )


def count(run: Run, row) -> Value:
    rows = run.of(row, "ADSL")
    if row["g1_var"] is None:
        return rows.height
    value = pl.col(row["g1_var"]).cast(pl.String)
    missing = row["g1_level"] == "Missing"
    return rows.filter(value.is_null() if missing else value == row["g1_level"]).height


def summary(run: Run, row) -> Value:
    variable = row["analysis_id"].partition(".")[2]
    values = run.of(row, "ADSL")[variable]
    return _summary(row, values.drop_nulls().to_list(), values.len())


def _summary(row, values: list[float], size: int) -> Value:
    stat, n = row["stat"], len(values)
    if stat in ("N", "n", "n_missing"):
        return {"N": size, "n": n, "n_missing": size - n}[stat]
    if n < (2 if stat == "sd" else 1):
        return "NA"
    mean = sum(values) / n
    if stat in ("q1", "median", "q3"):
        return own.averaged_quantile(values, {"q1": 0.25, "median": 0.5, "q3": 0.75}[stat])
    if stat == "sd":
        return sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
    return {"mean": mean, "min": min(values), "max": max(values)}[stat]


# --- exposure and safety ------------------------------------------------------------------------


def duration(run: Run, row) -> Value:
    rows = run.of(row, "ADSL", run.received)
    days = [
        (end - start).days + 1
        for start, end in rows.select("TRTSDT", "TRTEDT").rows()
        if end is not None
    ]
    if row["stat"] == "person_years":
        return sum(days) / 365.25
    if row["g1_level"]:
        words = row["g1_level"].split()
        least = 1 if words[3] == "day" else int(words[2]) * run.month
        return sum(d >= least for d in days)
    return _summary(row, [d / run.month for d in days], rows.height)


def drug(run: Run, row) -> Value:
    everyone = run.members(row["population"], row["arm"], run.received)
    if row["g1_level"] is None:
        return len(everyone)
    rows = run.of(row, "ADEX", run.received).filter(PARCAT1="OVERALL", EXTRT=row["g1_level"])
    known = rows.filter(pl.col("AVAL").is_not_null())

    def values(code: str) -> list[float]:
        return known.filter(PARAMCD=code)["AVAL"].to_list()

    if row["g2_var"] == "PARAMCD":
        return _summary(row, values(row["g2_level"]), len(everyone))
    tests: dict[str, tuple[str, Callable[[float], bool]]] = {
        "Relative dose intensity of 90% or more": ("RDI", lambda v: v >= 90),
        "Relative dose intensity of 70% to less than 90%": ("RDI", lambda v: 70 <= v < 90),
        "Relative dose intensity of less than 70%": ("RDI", lambda v: v < 70),
        "Dose reduced at least once": ("NRED", lambda v: v > 0),
        "Cycle delayed at least once": ("NDELAY", lambda v: v > 0),
        "Cycle interrupted at least once": ("NINTERR", lambda v: v > 0),
    }
    code, holds = tests[row["g2_level"]]
    found = values(code)
    return sum(map(holds, found)) if found else "NA"


def events(run: Run, row) -> Value:
    if row["stat"] == "N":
        return len(run.members(row["population"], row["arm"], run.received))
    rows = run.events(row)
    if rows is None:
        return "NA"
    return rows.height if row["stat"] == "n_events" else rows["USUBJID"].n_unique()


def grades(run: Run, row) -> Value:
    if row["stat"] == "N":
        return len(run.members(row["population"], row["arm"], run.received))
    rows = run.events(row)
    if run.protocol["adverse_events"]["grading"] == "severity":
        bands = {"MILD": "Mild", "MODERATE": "Moderate", "SEVERE": "Severe"}
        places = {name: at for at, name in enumerate(bands)}
        worst = rows.with_columns(
            at=pl.col("ASEV").replace_strict(places, default=-1, return_dtype=pl.Int64)
        )
        names = dict(enumerate(bands.values())) | {-1: "Not graded"}
    else:
        worst = rows.with_columns(at=pl.col("ATOXGRN").fill_null(-1))
        names = {1: "1-2", 2: "1-2", 3: "3-4", 4: "3-4", 5: "5", -1: "Not graded"}
    levels = [row[f"g{at}_level"] for at in (1, 2, 3, 4) if row[f"g{at}_var"] == "WORST"]
    highest = worst.group_by("USUBJID").agg(pl.col("at").max())["at"]
    return sum(names[place] == levels[0] for place in highest)


def event_difference(run: Run, row) -> Value:
    estimate = _estimate(run, row)
    table = []
    for arm in (estimate["comparator"], estimate["reference"]):
        rows = run.events(estimate | {"arm": arm})
        if rows is None:
            return "NA"
        size = len(run.members(row["population"], arm, run.received))
        table += [rows["USUBJID"].n_unique(), size]
    return _score(run, row, [tuple(table)])


def event_rate(run: Run, row) -> Value:
    """Patients by years from first dose to first event, or to where events stop to count."""
    window = run.protocol["adverse_events"]["emergent_days_after_last_dose"]
    first: dict[str, object] = {}
    for subject, day in run.events(row).select("USUBJID", "ASTDT").rows():
        first[subject] = min(day, first.get(subject, day))
    days, onset = 0, []
    columns = ("USUBJID", "TRTSDT", "TRTEDT", "DTHDT", "LSTALVDT")
    treated = run.of(row, "ADSL", run.received).select(columns)
    for subject, start, last, died, alive in treated.rows():
        seen = died or max(d for d in (alive, last) if d)
        end = first.get(subject, min(last + timedelta(days=window), seen))
        days += (end - start).days + 1
        if subject in first:
            onset.append((end - start).days + 1)
    if row["g2_level"]:
        return _summary(row, onset, len(onset))
    years = days / 365.25
    if row["stat"] == "person_years":
        return years
    level = run.args[row["analysis_id"], row["method_id"]]["conf_level"]
    return 100 * own.poisson_rate(len(onset), years, level)[_side(row)]


def deaths(run: Run, row) -> Value:
    rows = run.of(row, "ADSL", run.received)
    if row["stat"] == "N":
        return rows.height
    window = run.protocol["adverse_events"]["emergent_days_after_last_dose"]
    fatal = set(run.adam["ADAE"].filter(pl.col("AFATALFL") == "Y")["USUBJID"])
    total = 0
    for subject, last, died in rows.select("USUBJID", "TRTEDT", "DTHDT").rows():
        if died is None:
            continue
        late = None if last is None else (died - last).days > window
        when = {"Died": True, f"Up to {window} days after the last dose": late is False}
        when[f"More than {window} days after the last dose"] = late is True
        when["Date of the last dose not known"] = late is None
        cause = {None: True, "Adverse event": subject in fatal}
        cause["Other, or not recorded"] = subject not in fatal
        total += when[row["g1_level"]] and cause[row["g2_level"]]
    return total


def shift(run: Run, row) -> Value:
    rows = run.of(row, "ADLB", run.received)
    term, _, code = row["g1_level"].rpartition(" (")
    low = term in set(rows["ATOXDSCL"].drop_nulls())
    names = {True: ("ATOXDSCL", "ATOXGRLN", "BTOXGRL"), False: ("ATOXDSCH", "ATOXGRHN", "BTOXGRH")}
    about, grade, base = names[low]
    rows = rows.filter(
        pl.col(about) == term, pl.col("PARAMCD") == code[:-1], pl.col("POSTFL") == "Y"
    )
    worst = (
        rows.filter(pl.col(grade).is_not_null())
        .group_by("USUBJID")
        .agg(worst=pl.col(grade).max(), base=pl.col(base).first().fill_null("NOT GRADED"))
    )
    if row["g2_level"] is not None:
        worst = worst.filter(base=row["g2_level"])
    if row["g3_level"] is not None:
        worst = worst.filter(pl.col("worst") == int(row["g3_level"]))
    return worst.height


def liver(run: Run, row) -> Value:
    """Of those with both tests after the first dose, by the highest multiple of the limit."""
    peaks: dict[str, dict[str, float]] = {}
    rows = run.of(row, "ADLB", run.received).filter(pl.col("POSTFL") == "Y")
    for r in rows.filter(pl.col("PARAMCD").is_in(["ALT", "AST", "BILI"])).iter_rows(named=True):
        if r["AVAL"] is not None and r["ANRHI"] is not None:
            test = "BILI" if r["PARAMCD"] == "BILI" else "LIVER"
            mine = peaks.setdefault(r["USUBJID"], {})
            mine[test] = max(mine.get(test, 0.0), r["AVAL"] / r["ANRHI"])
    both = [p for p in peaks.values() if len(p) == 2]
    label = row["g1_level"] or ""
    times = [int(word) for word in label.split() if word.isdigit()]
    if label.startswith("Bilirubin"):
        return sum(p["BILI"] > times[0] for p in both)
    if len(times) == 2:
        return sum(p["LIVER"] > times[0] and p["BILI"] > times[1] for p in both)
    return sum(p["LIVER"] > times[0] for p in both) if times else len(both)


# --- times to event -----------------------------------------------------------------------------


def _arrays(rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return rows["AVAL"].cast(pl.Float64).to_numpy(), (rows["CNSR"] == 0).to_numpy()


def _curve(run: Run, row, rows: pl.DataFrame, *, reverse: bool = False):
    time, event = _arrays(rows)
    args = run.args[row["analysis_id"], row["method_id"]]
    # reversed, events and censorings change places, and ties stay as they are, as in R and SAS
    ended = ~event if reverse else event
    return own.curve(time, ended, args["conf_level"], args["conf_type"])


def _quantile(run: Run, row, rows: pl.DataFrame, p: float, *, reverse: bool = False) -> Value:
    if not rows.height:
        return "NA"
    times, s, low, high, g, deaths = _curve(run, row, rows, reverse=reverse)
    args = run.args[row["analysis_id"], row["method_id"]]
    if p == 0.5 and args["median_interval"] == "normal-approximation" and not reverse:
        found = own.normal_median(times, s, g, deaths, args["conf_level"])[_side(row)]
    else:
        rule = args["plateau"] if p == 0.5 else args.get("quartile_plateau", args["plateau"])
        values = (s, low, high)[_side(row)]
        found = own.first_below(times, values, 1 - p, middle=rule == "midpoint")
    if isinstance(found, str):
        return found
    return found / run.month


def survival(run: Run, row) -> Value:
    rows, stat = run.times(row), row["stat"]
    estimate = _estimate(run, row)
    if stat in ("N", "n_event", "n_cens", "n"):
        wanted = {"N": [0, 1], "n_event": [0], "n_cens": [1]}.get(stat, [0, 1])
        rows = rows.with_columns(ended=(pl.col("CNSR") != 0).cast(pl.Int64))
        rows = rows.filter(pl.col("ended").is_in(wanted))
        if stat == "n":
            ended = row["g1_var"] == "CNSDTDSC"
            text = pl.col(row["g1_var"]).fill_null("Not stated")
            rows = rows.filter(pl.col("ended") == int(ended), text == row["g1_level"])
        return rows.height
    if estimate["stat"] in QUANTILES:
        return _quantile(run, row, rows, QUANTILES[estimate["stat"]])
    if stat in ("min", "max"):
        days = rows["AVAL"]
        return (days.min() if stat == "min" else days.max()) / run.month if len(days) else "NA"
    if estimate["stat"] == "rate":
        found = _survival_at(run, row, rows, estimate["time"])
        if isinstance(found, str) or isnan(found[_side(row)]):
            return "NE"
        return 100 * found[_side(row)]
    raise UncoveredError(f"{row['method_id']} {stat}")


def _survival_at(run: Run, row, rows: pl.DataFrame, month: float):
    """Survival, its limits and its variance; NE beyond a last time that is censored."""
    times, s, low, high, g, _ = _curve(run, row, rows)
    day = month * run.month
    at = int(np.sum(times <= day)) - 1
    if at < 0:
        return 1.0, 1.0, 1.0, 0.0
    if day > times[-1] and s[-1] > 0:
        return "NE"
    return s[at], low[at], high[at], s[at] ** 2 * g[at] if s[at] else nan


def curve(run: Run, row) -> Value:
    rows, estimate = run.times(row), _estimate(run, row)
    if row["stat"] == "curve_end":
        least = run.protocol.get("curve_least_at_risk") or 1
        days = sorted(rows["AVAL"], reverse=True)
        return days[least - 1 if least <= len(days) else 0] / run.month
    day = round(estimate["time"] * run.month, 6)
    if row["stat"] == "n_cens":
        return rows.filter((pl.col("AVAL") - day).abs() < 1e-5, pl.col("CNSR") != 0).height
    if day == 0 and estimate["value"] == 1.0:
        return 1.0
    times, s, low, high, *_ = _curve(run, row, rows)
    at = int(np.argmin(np.abs(times - day)))
    value = (s, low, high)[_side(row)][at]
    return "NE" if isnan(value) else value


def at_risk(run: Run, row) -> Value:
    time, event = _arrays(run.times(row))
    day = row["time"] * run.month
    found = {
        "n_risk": time >= day,
        "n_event_cum": (time < day) & event,
        "n_cens_cum": (time < day) & ~event,
    }
    return int(found[row["stat"]].sum())


def follow_up(run: Run, row) -> Value:
    rows = run.times(row, arm=row["arm"])
    if rows.height and not (rows["CNSR"] != 0).any():
        return "NR"
    return _quantile(run, row, rows, FOLLOW[_estimate(run, row)["stat"]], reverse=True)


def landmark_difference(run: Run, row) -> Value:
    estimate = _estimate(run, row)
    pair = [
        _survival_at(run, row, run.times(row, arm=estimate[side]), estimate["time"])
        for side in ("comparator", "reference")
    ]
    if any(isinstance(found, str) for found in pair):
        return "NE"
    gap, spread = pair[0][0] - pair[1][0], sqrt(pair[0][3] + pair[1][3])
    if not spread > 0:
        return "NE"
    if row["stat"] == "p":
        return 2 * float(norm.sf(abs(gap) / spread))
    level = run.args[row["analysis_id"], row["method_id"]]["conf_level"]
    return 100 * (gap + (0, -1, 1)[_side(row)] * norm.ppf(0.5 + level / 2) * spread)


def _two_arms(run: Run, row, arms: list[str]):
    parts = [run.times(row, arm=arm).with_columns(at=pl.lit(k)) for k, arm in enumerate(arms)]
    rows = pl.concat(parts)
    time, event = _arrays(rows)
    names = run.args[row["analysis_id"], row["method_id"]].get("strata", [])
    stratum = run.strata(rows["USUBJID"].to_list(), names)
    return rows, time, event, rows["at"].to_numpy(), stratum


def logrank(run: Run, row) -> Value:
    whole = row["comparator"] == "ALL"
    arms = run.arms if whole else [row["reference"], row["comparator"]]
    _, time, event, at, stratum = _two_arms(run, row, arms)
    statistic, df, z = own.logrank(time, event, at, stratum)
    p = own.chi_square_p(statistic, df)
    return {"chi2": statistic, "df": df, "p": p, "z": z}[row["stat"]]


def cox(run: Run, row) -> Value:
    estimate = _estimate(run, row)
    rows, time, event, at, stratum = _two_arms(
        run, row, [estimate["reference"], estimate["comparator"]]
    )
    if estimate["g2_var"]:  # within a subgroup
        own_rows = _in_level(run, rows, estimate["g2_var"], estimate["g2_level"])
        time, event, at = time[own_rows], event[own_rows], at[own_rows]
        stratum = np.zeros(len(time))
        if len(set(at)) < 2:
            return "NA"
        if event.sum() < run.args[row["analysis_id"], row["method_id"]]["least_events"]:
            return "NE"
    if not all(event[at == k].any() for k in (0, 1)):
        return "NE"
    b, se = own.cox(time, event, at, stratum)
    z = b / se
    half = norm.ppf(0.975) * se
    found = {"hr": b, "lcl": b - half, "ucl": b + half}
    if row["stat"] in found:
        return exp(found[row["stat"]])
    return {"z": z, "p": 2 * float(norm.sf(abs(z)))}[row["stat"]]


def proportional(run: Run, row) -> Value:
    _, time, event, at, stratum = _two_arms(run, row, [row["reference"], row["comparator"]])
    if not all(event[at == k].any() for k in (0, 1)):
        return "NE"
    b, _ = own.cox(time, event, at, stratum)
    chi2 = own.moving_coefficient(time, event, at.astype(float), stratum, b)
    return {"chi2": chi2, "df": 1, "p": own.chi_square_p(chi2, 1)}[row["stat"]]


def restricted(run: Run, row) -> Value:
    estimate = _estimate(run, row)
    arms = {arm: _arrays(run.times(row, arm=arm)) for arm in run.arms}
    tau = min(time.max() for time, _ in arms.values())
    if row["stat"] == "horizon":
        return tau / run.month
    level = run.args[row["analysis_id"], row["method_id"]]["conf_level"]
    if estimate["stat"] == "rmst":
        mean, error = own.restricted_mean(*arms[estimate["arm"]], tau)
    else:
        pair = [own.restricted_mean(*arms[estimate[k]], tau) for k in ("comparator", "reference")]
        mean, error = pair[0][0] - pair[1][0], sqrt(pair[0][1] ** 2 + pair[1][1] ** 2)
        if row["stat"] == "p":
            return 2 * float(norm.sf(abs(mean) / error))
    if not error > 0 and _side(row):
        return "NE"
    return (mean + (0, -1, 1)[_side(row)] * norm.ppf(0.5 + level / 2) * error) / run.month


def multivariable(run: Run, row) -> Value:
    estimate = _estimate(run, row)
    rows, time, event, at, _ = _two_arms(run, row, [estimate["reference"], estimate["comparator"]])
    facts = {r["USUBJID"]: r for r in run.adsl.iter_rows(named=True)}
    covariates = run.args[row["analysis_id"], row["method_id"]]["covariates"]
    used, columns, terms = [], [], [("ARM", None)]
    for name, levels in covariates.items():
        terms += [(name, None)] if levels is None else [(name, x) for x in levels[1:]]
    for k, subject in enumerate(rows["USUBJID"]):
        mine, line = facts[subject], [float(at[k])]
        if any(
            mine[n] is None or (levels and mine[n] not in levels)
            for n, levels in covariates.items()
        ):
            continue
        for name, level in terms[1:]:
            line.append(float(mine[name]) if level is None else float(mine[name] == level))
        used.append(k)
        columns.append(line)
    if row["stat"] == "N":
        return len(used)
    key = (estimate["analysis_id"], estimate["method_id"], estimate["comparator"])
    if key not in run.kept:
        run.kept[key] = own.cox_of_many(time[used], event[used], np.array(columns))
    place = terms.index((estimate["g1_level"], estimate["g2_level"]))
    b, se = run.kept[key][0][place], run.kept[key][1][place]
    if row["stat"] == "p":
        return 2 * float(norm.sf(abs(b / se)))
    return exp(b + (0, -1, 1)[_side(row)] * norm.ppf(0.975) * se)


def _in_level(run: Run, rows: pl.DataFrame, variable: str, level: str) -> np.ndarray:
    known = run.adsl.filter(pl.col(variable).cast(pl.String) == level)["USUBJID"].to_list()
    return rows["USUBJID"].is_in(known).to_numpy()


def interaction(run: Run, row) -> Value:
    rows, time, event, at, _ = _two_arms(run, row, [row["reference"], row["comparator"]])
    args = run.args[row["analysis_id"], row["method_id"]]
    levels = []
    for level in args["levels"][row["g1_level"]]:
        inside = _in_level(run, rows, row["g1_level"], level)
        if len(set(at[inside])) == 2 and event[inside].sum() >= args["least_events"]:
            levels.append(inside)
    if len(levels) < 2:
        return "NE"
    used = np.any(levels, axis=0)
    arm = at[used].astype(float)
    dummies = [level[used].astype(float) for level in levels[1:]]
    small = np.column_stack([arm, *dummies])
    large = np.column_stack([small, *(d * arm for d in dummies)])
    gain = 2 * (
        own.largest_likelihood(time[used], event[used], large)
        - own.largest_likelihood(time[used], event[used], small)
    )
    p = own.chi_square_p(gain, len(dummies))
    return {"chi2": gain, "df": len(dummies), "p": p}[row["stat"]]


def subgroup(run: Run, row) -> Value:
    rows, estimate = run.times(row), _estimate(run, row)
    rows = rows.filter(_in_level(run, rows, estimate["g2_var"], estimate["g2_level"]))
    if row["stat"] == "N":
        return rows.height
    if row["stat"] == "n_event":
        return rows.filter(CNSR=0).height
    return _quantile(run, row, rows, 0.5)


def responders(run: Run, row) -> Value:
    rows = run.times(row).filter(CNSR=0)
    return _summary(row, [days / run.month for days in rows["AVAL"]], rows.height)


# --- times between two assessments --------------------------------------------------------------


def _between(rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Days without the event for sure, and days by which it was found: infinite where never."""
    lower, upper = [], []
    for start, left, right in rows.select("STARTDT", "LEFTDT", "RIGHTDT").rows():
        found = (right - start).days + 1 if right else float("inf")
        clear = (left - start).days + 1 if left else found - 1
        lower.append(min(clear, found - 1))
        upper.append(found)
    return np.array(lower, float), np.array(upper, float)


def between(run: Run, row) -> Value:
    rows = run.times(row)
    if not row["stat"].startswith("median_"):
        return survival(run, row)
    found = own.interval_quantile(*_between(rows), 0.5)
    return found[row["stat"] == "median_to"] / run.month if found else "NR"


def interval_cox(run: Run, row) -> Value:
    estimate = _estimate(run, row)
    names = (estimate["analysis_id"], estimate["method_id"], estimate["ruleset"])
    key = (*names, estimate["comparator"])
    if key not in run.kept:
        arms = [estimate["reference"], estimate["comparator"]]
        rows, _, _, at, stratum = _two_arms(run, row, arms)
        level = run.args[row["analysis_id"], row["method_id"]]["conf_level"]
        run.kept[key] = own.interval_hazard(*_between(rows), at, stratum, level)
    hazard, low, high, ratio = run.kept[key]
    found = {"hr": hazard, "lcl": low, "ucl": high, "chi2": ratio}
    return own.chi_square_p(ratio, 1) if row["stat"] == "p" else found[row["stat"]]


# --- two evaluators -----------------------------------------------------------------------------


def _pairs(run: Run, row, arm: str) -> pl.DataFrame:
    """Compared reads of the two evaluators that an analysis names."""
    (pair,) = [
        item
        for item in run.protocol["concordance"]
        if f"CONCORDANCE.{item['evaluator']}.{item['reference']}" == row["analysis_id"]
    ]
    who = run.members(row["population"], arm)
    return run.adam["ADCONC"].filter(
        pl.col("EVAL1") == pair["evaluator"],
        pl.col("EVAL2") == pair["reference"],
        pl.col("USUBJID").is_in(list(who)),
        pl.col("STATUS") == "COMPARED",
    )


def agreement(run: Run, row) -> Value:
    if row["stat"] in COUNTS:
        return run.selected(row)
    rows = _pairs(run, row, row["arm"])
    if row["method_id"] == "agreement.endpoint":
        ended = rows.filter(pl.col("CNSR1").is_not_null(), pl.col("CNSR2").is_not_null())
        pairs = [(a == 0, b == 0) for a, b in ended.select("CNSR1", "CNSR2").rows()]
    else:
        code = "CBOR" if row["method_id"].endswith("confirmed") else "BOR"
        pairs = rows.select(f"{code}1", f"{code}2").rows()
    if not pairs:
        return "NA"
    level = run.args[row["analysis_id"], row["method_id"]]["conf_level"]
    found = own.kappa(pairs, level)
    if found is None or (_side(row) and not found[3] > 0):
        return "NE"
    return found[_side(row)]


def _discrepant(run: Run, row, arm: str) -> tuple[int, int]:
    """Early: the first dates progression before the second, or alone. Late: after it, or not."""
    rows = _pairs(run, row, arm)
    found = Counter(rows["PDCAT"])
    if "early" in row["method_id"]:
        dated = rows.filter(pl.col("PDDT1").is_not_null()).height
        return found["FIRST EARLIER"] + found["FIRST ONLY"], dated
    late = found["FIRST LATER"] + found["SECOND ONLY"]
    return late, late + found["FIRST EARLIER"] + found["FIRST ONLY"]


def discrepancy(run: Run, row) -> Value:
    if row["method_id"].endswith("difference"):
        estimate = _estimate(run, row)
        one, two = (_discrepant(run, row, estimate[k]) for k in ("comparator", "reference"))
        return _score(run, row, [(*one, *two)]) if one[1] and two[1] else "NA"
    x, n = _discrepant(run, row, row["arm"])
    if row["stat"] in ("N", "n"):
        return n if row["stat"] == "N" else x
    if not n:
        return "NA"
    level = run.args[row["analysis_id"], row["method_id"]]["conf_level"]
    return 100 * own.clopper_pearson(x, n, level)[_side(row) - 1]


# --- rates of response --------------------------------------------------------------------------


def rate(run: Run, row) -> Value:
    n = len(run.members(row["population"], row["arm"]))
    if row["stat"] == "N":
        return n
    x = len(run.responders(row, row["arm"]))
    if row["stat"] == "n":
        return x
    level = run.args[row["analysis_id"], row["method_id"]]["conf_level"]
    return 100 * own.clopper_pearson(x, n, level)[_side(row) - 1]


def best(run: Run, row) -> Value:
    who = run.members(row["population"], row["arm"])
    if row["stat"] == "N":
        return len(who)
    code = run.tables["analysis"].filter(
        analysis_id=row["analysis_id"], method_id=row["method_id"]
    )["where"][0]
    rows = run.adam["ADRS"].filter(
        pl.col("PARAMCD") == ("CBOR" if "'CBOR'" in code else "BOR"),
        pl.col("EVALUATOR") == row["evaluator"],
        pl.col("USUBJID").is_in(list(who)),
    )
    if row["g1_level"] == "MISSING":
        return len(who) - rows.filter(pl.col("AVALC") != "MISSING")["USUBJID"].n_unique()
    return rows.filter(AVALC=row["g1_level"])["USUBJID"].n_unique()


def _tables(run: Run, row) -> list[tuple[int, int, int, int]]:
    estimate = _estimate(run, row)
    names = run.args[row["analysis_id"], row["method_id"]]["strata"]
    found: dict[object, list[int]] = {}
    for at, arm in enumerate((estimate["comparator"], estimate["reference"])):
        who = sorted(run.members(row["population"], arm))
        responded = run.responders(row, arm)
        for subject, label in zip(who, run.strata(who, names), strict=True):
            cells = found.setdefault(label, [0, 0, 0, 0])
            cells[2 * at] += subject in responded
            cells[2 * at + 1] += 1
    return [tuple(c) for c in found.values() if c[1] and c[3]]


def _score(run: Run, row, tables) -> Value:
    level = run.args[row["analysis_id"], row["method_id"]]["conf_level"]
    return 100 * own.score_difference(tables, level)[_side(row)]


def rate_difference(run: Run, row) -> Value:
    return _score(run, row, _tables(run, row))


def rate_within(run: Run, row) -> Value:
    estimate = _estimate(run, row)
    level = pl.col(estimate["g2_var"]).cast(pl.String) == estimate["g2_level"]
    inside = set(run.adsl.filter(level)["USUBJID"])
    table = []
    pair = (estimate["comparator"], estimate["reference"])
    for arm in pair if estimate["reference"] else (row["arm"],):
        who = run.members(row["population"], arm) & inside
        table += [len(run.responders(row, arm) & who), len(who)]
    if row["stat"] in ("N", "n"):
        return table[row["stat"] == "N"]
    return _score(run, row, [tuple(table)]) if table[1] and table[3] else "NA"


def odds_ratio(run: Run, row) -> Value:
    args = run.args[row["analysis_id"], row["method_id"]]
    tables = _tables(run, row)
    found = (
        own.mantel_haenszel(tables, args["conf_level"])
        if args["strata"]
        else own.woolf(tables[0], args["conf_level"])
    )
    return found[_side(row)] if found else "NE"


def association(run: Run, row) -> Value:
    args = run.args[row["analysis_id"], row["method_id"]]
    correction = float(args.get("cmh_correction", args.get("chi_square_correction", 0)))
    statistic = own.association(
        _tables(run, row), stratified=bool(args["strata"]), correction=correction
    )
    if statistic is None:
        return "NE"
    return {"chi2": statistic, "df": 1, "p": own.chi_square_p(statistic, 1)}[row["stat"]]


METHODS: dict[str, Callable[[Run, dict], Value]] = {
    "disposition": disposition,
    "treatment-end": treatment_end,
    "therapy": therapy,
    "deviations": therapy,
    "count": count,
    "summary": summary,
    "exposure.duration": duration,
    "exposure.drug": drug,
    "count.kinds": events,
    "event-rate.kinds": event_rate,
    "count.terms": events,
    "count.grades": grades,
    "rate-difference.kinds": event_difference,
    "rate-difference.terms": event_difference,
    "deaths": deaths,
    "shift": shift,
    "liver-tests": liver,
    "kaplan-meier": survival,
    "kaplan-meier.curve": curve,
    "kaplan-meier.risk": at_risk,
    "kaplan-meier.difference": landmark_difference,
    "kaplan-meier.subgroup": subgroup,
    "follow-up": follow_up,
    "logrank": logrank,
    "cox": cox,
    "cox.subgroup": cox,
    "cox.proportional": proportional,
    "cox.multivariable": multivariable,
    "rmst": restricted,
    "cox.interaction": interaction,
    "responders": responders,
    "agreement": agreement,
    "discrepancy": discrepancy,
    "turnbull": between,
    "interval-cox": interval_cox,
    "clopper-pearson": rate,
    "clopper-pearson.subgroup": rate_within,
    "rate-difference.subgroup": rate_within,
    "bor": best,
    "rate-difference": rate_difference,
    "odds-ratio": odds_ratio,
    "association": association,
}
