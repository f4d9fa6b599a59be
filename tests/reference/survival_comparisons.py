# SPDX-License-Identifier: Apache-2.0
"""Compare one record of the survival oracle, whatever it holds, with the package."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from tests.oracles import Comparison
from tests.watched import tick

from equipoise.statistics.concordance import concordance
from equipoise.statistics.cox import fit_cox
from equipoise.statistics.kaplan_meier import kaplan_meier, reverse_kaplan_meier
from equipoise.statistics.landmark import landmark
from equipoise.statistics.logrank import logrank
from equipoise.statistics.observations import as_codes
from equipoise.statistics.proportional_hazards import proportional_hazards_test
from equipoise.statistics.quantile import quantile
from equipoise.statistics.rmst import restricted_area, rmst, rmst_difference
from equipoise.statistics.weighted_logrank import fleming_harrington


@dataclass(frozen=True)
class Sample:
    """Rows of one curve, entry and weight None where not used."""

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray | None = None
    weight: np.ndarray | None = None

    def curve(self, conf_type):
        return kaplan_meier(
            self.time,
            self.event,
            conf_type=conf_type,
            conf_level=0.95,
            entry=self.entry,
            weight=self.weight,
        )

    def part(self, keep):
        pick = lambda a: None if a is None else a[keep]  # noqa: E731 - a name for one expression
        return Sample(self.time[keep], self.event[keep], pick(self.entry), pick(self.weight))


def number(value):
    return float(value) if isinstance(value, str) else value


def compare_curves(compare: Comparison, want: dict, curves: list[tuple[str, Sample]]) -> None:
    """`curves`: label of the stratum in the reference and its rows, in the reference's order."""
    known = {"conf", "strata", "n", "events", "rmst", "full_curve"}
    assert set(want) <= known, f"fields nobody compares: {set(want) - known}"
    labels = [label for label, _ in curves]
    assert want["strata"] == labels, f"strata {want['strata']} are not {labels}"
    for i, (_, sample) in enumerate(curves):
        compare.check("n", sample.time.size, want["n"][i])
        weight = np.ones(sample.time.size) if sample.weight is None else sample.weight
        compare.check("events", float((sample.event * weight).sum()), want["events"][i])
    for conf_type, part in want["conf"].items():
        fitted = {label: sample.curve(conf_type) for label, sample in curves}
        late = any(sample.entry is not None for _, sample in curves)
        _compare_times(compare, conf_type, part["at_times"], fitted, late)
        rows = part["quantiles"]
        for i, label in enumerate(rows["strata"]):
            for j, p in enumerate(rows["probs"]):
                got = quantile(fitted[label], p, plateau="midpoint-to-last")
                name = f"{conf_type} {label} quantile {p}"
                compare.check(name, got.estimate, rows["estimate"][i][j])
                km = fitted[label]
                for side, limit in (("lower", got.lower), ("upper", got.upper)):
                    curve, there = getattr(km, side), rows[side][i][j]
                    compare_limit(compare, f"{name} {side}", limit, there, curve, km.time, p)
    if "rmst" in want:
        _compare_rmst(compare, want["rmst"], [s.curve("log") for _, s in curves])
    if "full_curve" in want:
        _compare_steps(compare, want["full_curve"], {k: s.curve("log") for k, s in curves})


def compare_limit(compare, name, got, want, curve, times, p):
    """A quantile's limit; where the pointwise limit rises again R takes a later crossing (D6)."""
    known = curve[~np.isnan(curve)]
    rises = bool((np.diff(known) > 1e-12).any())
    if rises and isinstance(want, (int, float)) and got != want:
        # R orders the limits by size: it takes the time of the limit nearest below 1 - p
        low = np.where(known <= 1.0 - p + 1.5e-8, known, -np.inf)
        by_r = times[~np.isnan(curve)][int(np.argmax(low))]
        compare.depart(name, "D6", got < want and abs(by_r - want) < 1e-9 * want, want)
    else:
        compare.check(name, got, want)


def _compare_times(compare, conf_type, rows, fitted, late):
    previous: dict[str, tuple[float, float]] = {}
    for row in rows:
        km = fitted[row["stratum"]]
        tick(row["time"])  # the question, not the answer
        time = number(row["time"])
        close = km.time[np.argmin(np.abs(km.time - time))]  # printed with 15 digits
        time = float(close) if abs(close - time) < 1e-12 * max(1.0, time) else time
        got = landmark(km, time, beyond="carry-forward")
        events, censored = previous.get(row["stratum"], (0.0, 0.0))
        previous[row["stratum"]] = (got.n_event, got.n_censor)
        at = int(np.searchsorted(km.time, time, side="right")) - 1
        hazard = km.cumulative_hazard[at] if at >= 0 else 0.0
        hazard_se = km.cumulative_hazard_std_err[at] if at >= 0 else 0.0
        values = {
            "n_risk": got.n_risk,
            "n_event": got.n_event - events,
            "n_censor": got.n_censor - censored,
            "surv": got.survival,
            "std_err": got.std_err,
            "lower": got.lower,
            "upper": got.upper,
            "cumhaz": hazard,
            "se_cumhaz": hazard_se,
        }
        assert set(row) == {*values, "stratum", "time"}, "fields nobody compares"
        for name, value in values.items():
            label = f"{conf_type} {row['stratum']} t={time} {name}"
            if name == "n_censor" and late and value != row[name]:
                compare.depart(label, "D5", row[name] < value, row[name])
            else:
                compare.check(label, value, row[name])


def _compare_rmst(compare, want, curves):
    tau = want["tau"]
    for i, km in enumerate(curves):
        area, error = restricted_area(km, tau)
        compare.check(f"rmst {i}", area, want["rmst"][i])
        compare.check(f"rmst se {i}", error, want["se"][i])
        stated = rmst(km, tau=tau, beyond="not-estimable")
        unknown = tau > km.time[-1] and km.survival[-1] > 0
        assert np.isnan(stated.estimate) if unknown else stated.estimate == area
    if "difference" not in want or len(curves) != 2:
        return
    got = rmst_difference(*curves, tau=tau, beyond="carry-forward", conf_level=0.95)
    if got.state == "NE":  # two curves without an event before tau differ by exactly 0 in R
        no_error = want["difference"]["se"] == 0
        compare.depart_all("rmst", "D2", no_error, {k: want[k] for k in ("difference", "ratio")})
        return
    for name in ("lower", "upper"):
        compare.check(f"rmst difference {name}", getattr(got, name), want["difference"][name])
        compare.check(f"rmst ratio {name}", getattr(got, f"ratio_{name}"), want["ratio"][name])
    compare.check("rmst difference", got.difference, want["difference"]["est"])
    compare.check("rmst difference se", got.std_err, want["difference"]["se"])
    compare.check_p("rmst difference p", got.p, want["difference"]["p"])
    compare.check("rmst ratio", got.ratio, want["ratio"]["est"])


def _compare_steps(compare, rows, fitted):
    seen = dict.fromkeys(fitted, 0)
    for row in rows:
        km, i = fitted[row["stratum"]], seen[row["stratum"]]
        seen[row["stratum"]] += 1
        values = {
            "time": km.time[i],
            "n_risk": km.n_risk[i],
            "n_event": km.n_event[i],
            "n_censor": km.n_censor[i],
            "surv": km.survival[i],
            "greenwood_se_log": np.sqrt(km.greenwood[i]),
            "cumhaz": km.cumulative_hazard[i],
            "se_cumhaz": km.cumulative_hazard_std_err[i],
        }
        assert set(row) == {*values, "stratum"}
        for name, value in values.items():
            compare.check(f"step {row['stratum']} {i} {name}", value, row[name])
    for label, count in seen.items():
        compare.check(f"steps {label}", fitted[label].time.size, count)


def compare_reverse(compare, want, curves):
    assert want["strata"] == [label for label, _ in curves]
    for i, (label, sample) in enumerate(curves):
        km = reverse_kaplan_meier(
            sample.time, sample.event, conf_type=want["conf_type"], conf_level=0.95
        )
        got = quantile(km, 0.5, plateau="midpoint-to-last")
        compare.check(f"{label} follow-up", got.estimate, want["median"][i])
        compare.check(f"{label} follow-up lower", got.lower, want["lower"][i])
        compare.check(f"{label} follow-up upper", got.upper, want["upper"][i])


def compare_logrank(compare, want, time, event, group, stratum=None):
    rho = want["rho"]
    got = (
        logrank(time, event, group, stratum=stratum)
        if rho == 0
        else fleming_harrington(time, event, group, rho=rho, gamma=0, stratum=stratum)
    )
    k = len(want["groups"])
    counts = np.bincount(as_codes("group", group, len(time)).code, minlength=k)
    order = _match(want, got, counts)
    for i, at in enumerate(order):
        compare.check(f"n {i}", counts[at], want["n"][i])
        compare.check(f"observed {i}", got.observed[at], want["observed"][i])
        compare.check(f"expected {i}", got.expected[at], want["expected"][i])
        for j, other in enumerate(order):
            compare.check(f"var {i}{j}", got.variance[at, other], want["var"][i][j])
    undefined = got.state == "NE" and want["chisq"] in (0, "NaN", "NA")
    if undefined:
        rest = ("chisq", "df", "p", "z_second_group", "p_one_sided_second_group_better")
        without = {name: want[name] for name in rest if name in want}
        compare.depart_all("a test without information", "D3", got.observed.sum() == 0 or
                           bool(np.allclose(got.variance, 0)), without)  # fmt: skip
    else:
        compare.check("chisq", got.chi2, want["chisq"])
        compare.check("df", got.df, want["df"])
        compare.check_p("p", got.p, want["p"])
    if "z_second_group" in want and not undefined:
        sign = 1.0 if order == [0, 1] else -1.0
        compare.check("z", sign * got.z, want["z_second_group"])
        side = got.p_one_sided if sign > 0 else 1.0 - got.p_one_sided
        compare.check_p("one-sided p", side, want["p_one_sided_second_group_better"])


def _match(want, got, counts):
    labels = [str(label) for label in got.labels]
    wanted = [str(label).split("=")[-1].strip() for label in want["groups"]]
    return [labels.index(label) for label in wanted]


def compare_fleming_harrington(compare, want, time, event, group, sign=1.0):
    for row in want:
        got = fleming_harrington(time, event, group, rho=row["rho"], gamma=row["gamma"])
        name = f"FH({row['rho']},{row['gamma']})"
        if got.state == "NE":
            compare.check(name + " variance", got.variance[1, 1], row["variance"])
            u = sign * (got.observed[1] - got.expected[1])
            compare.check(name + " U", u, row["numerator"])
            for field in ("z", "chisq", "p_two_sided"):
                compare.check(f"{name} {field}", np.nan, row[field])
            continue
        compare.check(name + " U", sign * (got.observed[1] - got.expected[1]), row["numerator"])
        compare.check(name + " V", got.variance[1, 1], row["variance"])
        compare.check(name + " z", sign * got.z, row["z"])
        compare.check(name + " chisq", got.chi2, row["chisq"])
        compare.check_p(name + " p", got.p, row["p_two_sided"])


def compare_cox(compare, want, time, event, x, **options):
    fit = fit_cox(time, event, x, ties=want["ties"], conf_level=0.95, **options)
    got = fit.result
    known = {
        "ties", "n", "events", "terms", "coef", "se", "hr", "hr_lower", "hr_upper", "z", "p", "cov",
        "loglik_null", "loglik", "lrt", "score", "wald", "robust_se", "note_ci", "robust_score",
        "zph", "concordance", "note", "r_warnings",
    }  # fmt: skip
    assert set(want) <= known, f"fields nobody compares: {set(want) - known}"
    compare.check("loglik null", got.loglik_null, want["loglik_null"])
    compare.check("loglik", got.loglik, want["loglik"], rel=1e-8)
    if "n" in want:
        compare.check("n", got.n, want["n"])
        compare.check("events", got.n_event, want["events"])
        for name in ("lrt", "score"):
            _compare_test(compare, name, getattr(got, name), want[name])
    if "r_warnings" in want or "NA" in want["coef"]:
        assert not all(state == "ok" for state in got.states), "R warned, we did not"
        _compare_unbounded(compare, fit, want)
        return
    robust = got.robust_se is not None
    fields = {"coef": got.coef, "se": got.se}
    if "hr" in want:
        fields |= {"hr": got.hr, "hr_lower": got.lower, "hr_upper": got.upper, "z": got.z}
    if robust:
        fields["robust_se"] = got.robust_se
    for name, values in fields.items():
        for i, value in enumerate(values):
            compare.check(f"{name} {want['terms'][i]}", value, want[name][i])
    if "hr" not in want:
        return
    for i, value in enumerate(got.p):
        compare.check_p(f"p {i}", value, want["p"][i])
        for j in range(got.p.size):
            compare.check(f"cov {i}{j}", got.covariance[i, j], want["cov"][i][j])
    _compare_test(compare, "wald", got.wald, want["wald"])
    if "robust_score" in want:
        _compare_test(compare, "robust score", got.robust_score, want["robust_score"])
    _compare_zph(compare, fit, want.get("zph", {}), options, time, event, x)
    if "concordance" in want:
        _compare_concordance(compare, fit, want["concordance"], options.get("cluster"))


def _compare_unbounded(compare, fit, want):
    """R stops on its way to infinity, or has no coefficient; the order of the risks still holds."""
    got = fit.result
    for i, coef in enumerate(want["coef"]):
        ours = float(got.coef[i])
        same_way = np.isinf(ours) and abs(coef) > 15 and np.sign(coef) == np.sign(ours)
        holds = np.isnan(ours) if coef == "NA" else same_way and want["se"][i] > 100
        own = [want[name][i] for name in ("coef", "se", "hr", "hr_lower", "hr_upper", "z", "p")]
        compare.depart_all(f"coefficient {i}", "D12", bool(holds), own)
    compare.depart_all("of infinite coefficients", "D12", True, [want["cov"], want["wald"]])
    if "concordance" not in want:
        return
    if "NA" in want["coef"]:  # every pair is a tie of the risks
        compare.depart_all("of no coefficient", "D12", True, want["concordance"])
    else:
        _compare_concordance(compare, fit, want["concordance"], None)


def _compare_test(compare, name, got, want):
    if got.df == 0:
        compare.depart_all(f"{name} test without information", "D3",
                           want["chisq"] in (0, "NaN", "NA"), want)  # fmt: skip
        return
    compare.check(f"{name} chisq", got.statistic, want["chisq"])
    compare.check(f"{name} df", got.df, want["df"])
    compare.check_p(f"{name} p", got.p, want["p"])


def _compare_zph(compare, fit, want, options, time, event, x):
    for transform, table in want.items():
        got = proportional_hazards_test(fit, transform=transform)
        for i, test in enumerate([*got.terms, got.overall]):
            name = f"zph {transform} {table['terms'][i]}"
            compare.check(name, test.statistic, table["chisq"][i], rel=1e-7)
            compare.check(name + " df", test.df, table["df"][i])
            compare.check_p(name + " p", test.p, table["p"][i])


def _compare_concordance(compare, fit, want, cluster):
    codes = None if cluster is None else as_codes("cluster", cluster, fit.result.n).code
    got = concordance(fit, cluster=codes)
    compare.check("concordance", got.c, want["c"])
    compare.check("concordance se", got.std_err, want["se"])
    for name in ("concordant", "discordant", "tied_x", "tied_y"):
        compare.check(name, getattr(got, name), want[name])
