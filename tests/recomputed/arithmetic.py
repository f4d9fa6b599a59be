# SPDX-License-Identifier: Apache-2.0
"""Textbook arithmetic with numpy and scipy alone; nothing of equipoise is imported here."""

from __future__ import annotations

from fractions import Fraction
from math import exp, isfinite, log, nan, sqrt

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.stats import beta, chi2, norm

TINY = 1e-300


def kaplan_meier(time, event):
    """Distinct times, survival and Greenwood's sum after each, events at each."""
    times = np.unique(time)
    survival, greenwood, deaths = [], [], []
    s, g = 1.0, 0.0
    for t in times:
        at_risk = int(np.sum(time >= t))
        died = int(np.sum((time == t) & event))
        s *= 1 - died / at_risk
        g += died / (at_risk * (at_risk - died)) if died < at_risk else float("inf")
        survival.append(s)
        greenwood.append(g)
        deaths.append(died)
    return times, np.array(survival), np.array(greenwood), np.array(deaths)


def log_log(s, g, z):
    """Limits on the log(-log) scale; none at survival 0 or 1."""
    if not (0 < s < 1 and isfinite(g)):
        return nan, nan
    half = z * sqrt(g) / abs(log(s))
    return s ** exp(half), s ** exp(-half)


def plain(s, g, z):
    """Limits on the scale of survival itself, cut to 0 and 1; none at survival 0."""
    if not isfinite(g):
        return nan, nan
    return max(s - z * s * sqrt(g), 0.0), min(s + z * s * sqrt(g), 1.0)


SCALES = {"log-log": log_log, "plain": plain}


def curve(time, event, level, scale):
    """Kaplan-Meier with its limits, as arrays: times, survival, lower, upper, Greenwood, deaths."""
    times, s, g, deaths = kaplan_meier(time, event)
    z, of = norm.ppf(0.5 + level / 2), SCALES[scale]
    limits = np.array([of(a, b, z) for a, b in zip(s, g, strict=True)]).reshape(-1, 2)
    return times, s, limits[:, 0], limits[:, 1], g, deaths


def normal_median(times, s, g, deaths, level):
    """Median and normal limits, by the slope of the curve between 55% and 45% (Collett, 2.15)."""
    at = int(np.argmax(s <= 0.5 + 1e-12))
    if s[at] > 0.5 + 1e-12:
        return "NR", "NE", "NE"
    t, v = times[deaths > 0], s[deaths > 0]
    if not (v <= 0.45 + 1e-12).any() or not isfinite(g[at]):
        return times[at], "NE", "NE"
    low = int(np.argmax(v <= 0.45 + 1e-12))
    above = np.flatnonzero(v >= 0.55 - 1e-12)
    u, s_u = (t[above[-1]], v[above[-1]]) if len(above) else (0.0, 1.0)
    half = norm.ppf(0.5 + level / 2) * s[at] * sqrt(g[at]) * (t[low] - u) / (s_u - v[low])
    return times[at], times[at] - half, times[at] + half


def first_below(times, values, level, *, middle=True):
    """Smallest time at which a step function is at `level` or below; `middle` of a flat part."""
    kept = [(t, v) for t, v in zip(times, values, strict=True) if not np.isnan(v)]
    for at, (t, v) in enumerate(kept):
        if v <= level + 1e-12:
            if abs(v - level) > 1e-12 or not middle:
                return t
            later = [u for u, w in kept[at:] if w < level - 1e-12]
            return (t + later[0]) / 2 if later else "NE"
    return "NR"


def rounded(value, decimals):
    """Half away from zero, exactly, of the shortest decimal that is the number."""
    exact = Fraction(repr(float(value))) * 10**decimals
    whole = int(abs(exact) + Fraction(1, 2))
    digits = f"{whole:0{decimals + 1}d}"
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"-{text}" if exact < 0 and whole else text


def logrank(time, event, group, stratum):
    """Chi-square and its degrees of freedom for any number of groups, over strata."""
    names = np.unique(group)
    gap = np.zeros(len(names))
    spread = np.zeros((len(names), len(names)))
    for level in np.unique(stratum):
        t, e, g = (x[stratum == level] for x in (time, event, group))
        for at in np.unique(t[e]):
            n = np.array([np.sum((t >= at) & (g == name)) for name in names], float)
            d = np.array([np.sum((t == at) & e & (g == name)) for name in names], float)
            total, died = n.sum(), d.sum()
            gap += d - died * n / total
            if total > 1:
                share = n / total
                factor = died * (total - died) / (total - 1)
                spread += factor * (np.diag(share) - np.outer(share, share))
    keep = len(names) - 1
    statistic = gap[1:] @ np.linalg.pinv(spread[1:, 1:]) @ gap[1:]
    return statistic, keep, float(gap[-1] / sqrt(spread[-1, -1])) if spread[-1, -1] > 0 else nan


def log_likelihood(b, time, event, x, stratum):
    """Partial log likelihood with ties after Efron."""
    score = x @ np.atleast_1d(b)
    total = 0.0
    for level in np.unique(stratum):
        own = stratum == level
        t, e, s = time[own], event[own], score[own]
        for at in np.unique(t[e]):
            tied = (t == at) & e
            risk, ties, d = np.exp(s[t >= at]).sum(), np.exp(s[tied]).sum(), int(tied.sum())
            total += s[tied].sum()
            total -= sum(log(risk - k / d * ties) for k in range(d))
    return total


def cox(time, event, x, stratum):
    """Log hazard ratio of one covariate and its standard error, from the likelihood itself."""
    column = x.reshape(-1, 1).astype(float)
    found = minimize(
        lambda b: -log_likelihood(b, time, event, column, stratum), [0.0], method="BFGS",
        options={"gtol": 1e-7},
    )  # fmt: skip
    b, step = float(found.x[0]), 1e-3
    points = [log_likelihood(b + k * step, time, event, column, stratum) for k in (-2, -1, 0, 1, 2)]
    weights = np.array([-1, 16, -30, 16, -1]) / (12 * step**2)
    slope = np.array([1, -8, 0, 8, -1]) / (12 * step) @ np.array(points)
    information = -(weights @ np.array(points))
    b += float(slope / information)
    return b, 1 / sqrt(information)


def largest_likelihood(time, event, x):
    stratum = np.zeros(len(time))
    start = np.zeros(x.shape[1])
    found = minimize(
        lambda b: -log_likelihood(b, time, event, x, stratum), start, method="BFGS",
        options={"gtol": 1e-6},
    )  # fmt: skip
    return -float(found.fun)


def cox_of_many(time, event, x):
    """Log hazard ratios of several covariates, their errors by the curvature of the likelihood."""
    scale = x.std(axis=0)
    z, stratum, p = x / scale, np.zeros(len(time)), x.shape[1]

    def loss(b):
        return -log_likelihood(b, time, event, z, stratum)

    found = minimize(loss, np.zeros(p), method="BFGS", options={"gtol": 1e-8})
    b, step = found.x, 1e-3
    for _ in range(2):  # a Newton step with numerical derivatives, to polish
        unit = np.eye(p) * step
        slope = np.array([(loss(b + e) - loss(b - e)) / (2 * step) for e in unit])
        curve = np.array(
            [
                [
                    (loss(b + e + f) - loss(b + e - f) - loss(b - e + f) + loss(b - e - f))
                    / (4 * step**2)
                    for f in unit
                ]
                for e in unit
            ]
        )
        b = b - np.linalg.solve(curve, slope)
    return b / scale, np.sqrt(np.diag(np.linalg.inv(curve))) / scale


def moving_coefficient(time, event, x, stratum, b):
    """Score test of x g(t) with g one less Kaplan-Meier before t, at the fitted coefficient."""
    times, s, *_ = kaplan_meier(time, event)
    before = dict(zip(times, np.concatenate([[1.0], s[:-1]]), strict=True))
    centre = np.mean([1 - before[t] for t in time[event]])
    u = still = first = second = 0.0
    for level in np.unique(stratum):
        own = stratum == level
        t, e, z = time[own], event[own], x[own]
        risk = np.exp(b * z)
        for at in np.unique(t[e]):
            g = 1 - before[at] - centre
            here, tied = t >= at, (t == at) & e
            d = int(tied.sum())
            for k in range(d):
                w = np.where(here, risk, 0) - k / d * np.where(tied, risk, 0)
                mean = (w * z).sum() / w.sum()
                v = (w * z * z).sum() / w.sum() - mean**2
                u += g * (z[tied].mean() - mean)
                still, first, second = still + v, first + g * v, second + g * g * v
    return u**2 / (second - first**2 / still)


def restricted_mean(time, event, tau):
    """Area under Kaplan-Meier up to tau, and its error by Greenwood's sum over the areas left."""
    times, s, *_ = kaplan_meier(time, event)
    edges = np.concatenate([[0.0], times[times < tau], [tau]])
    heights = np.concatenate([[1.0], s[times < tau]])
    pieces = np.diff(edges) * heights
    spread = 0.0
    for k, t in enumerate(times[times < tau]):
        n, d = np.sum(time >= t), np.sum((time == t) & event)
        if d and n > d:
            spread += pieces[k + 1 :].sum() ** 2 * d / (n * (n - d))
    return pieces.sum(), sqrt(spread)


def clopper_pearson(x, n, level):
    tail = (1 - level) / 2
    low = beta.ppf(tail, x, n - x + 1) if x else 0.0
    high = beta.ppf(1 - tail, x + 1, n - x) if x < n else 1.0
    return float(low), float(high)


def poisson_rate(events, exposure, level):
    """Events by exposure with Garwood's limits, by chi-square quantiles."""
    tail = (1 - level) / 2
    low = chi2.ppf(tail, 2 * events) / 2 if events else 0.0
    high = chi2.ppf(1 - tail, 2 * events + 2) / 2
    return events / exposure, float(low) / exposure, float(high) / exposure


def restricted(x1, n1, x2, n2, d):
    """The rates with difference d under which the counts are likeliest: a root of the score."""
    low, high = max(0.0, -d), min(1.0, 1 - d)

    def score(p):
        up = (x1 / max(p + d, TINY) if x1 else 0.0) + (x2 / max(p, TINY) if x2 else 0.0)
        down = ((n1 - x1) / max(1 - p - d, TINY) if x1 < n1 else 0.0) + (
            (n2 - x2) / max(1 - p, TINY) if x2 < n2 else 0.0
        )
        return up - down

    edge = 1e-13 * (high - low)
    if score(low + edge) <= 0:
        return low + d, low
    if score(high - edge) >= 0:
        return high + d, high
    p = brentq(score, low + edge, high - edge, xtol=1e-15, rtol=1e-14)
    return p + d, p


def score_difference(tables, level):
    """Difference and Miettinen-Nurminen limits over strata, by Mantel-Haenszel weights."""
    z = norm.ppf(0.5 + level / 2)
    weights = np.array([n1 * n2 / (n1 + n2) for _, n1, _, n2 in tables])
    weights = weights / weights.sum()
    observed = np.array([x1 / n1 - x2 / n2 for x1, n1, x2, n2 in tables])
    estimate = float(weights @ observed)

    def statistic(d):
        spread = 0.0
        for (x1, n1, x2, n2), w in zip(tables, weights, strict=True):
            p1, p2 = restricted(x1, n1, x2, n2, d)
            variance = p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
            spread += w * w * variance * (n1 + n2) / (n1 + n2 - 1)
        gap = estimate - d
        return gap / sqrt(spread) if spread > 1e-15 else np.sign(gap) * 1e9

    edge = 1 - 1e-9
    ends = []
    for target, lowest, highest in ((z, -edge, estimate), (-z, estimate, edge)):
        inside = np.sign(statistic(lowest) - target) != np.sign(statistic(highest) - target)
        ends.append(
            brentq(lambda d, t=target: statistic(d) - t, lowest, highest, xtol=1e-10)
            if inside
            else float(np.sign(-target))
        )
    return estimate, *ends


def woolf(table, level):
    x1, n1, x2, n2 = table
    cells = (x1, n1 - x1, x2, n2 - x2)
    if min(cells) == 0:
        return None
    value = log(cells[0] * cells[3] / (cells[1] * cells[2]))
    half = norm.ppf(0.5 + level / 2) * sqrt(sum(1 / c for c in cells))
    return exp(value), exp(value - half), exp(value + half)


def mantel_haenszel(tables, level):
    """Common odds ratio with the limits of Robins, Breslow and Greenland."""
    r = t = pr = qt = mixed = 0.0
    for x1, n1, x2, n2 in tables:
        a, b, c, d, n = x1, n1 - x1, x2, n2 - x2, n1 + n2
        r_k, t_k, p_k, q_k = a * d / n, b * c / n, (a + d) / n, (b + c) / n
        r, t = r + r_k, t + t_k
        pr, qt, mixed = pr + p_k * r_k, qt + q_k * t_k, mixed + p_k * t_k + q_k * r_k
    if not (r and t):
        return None
    half = norm.ppf(0.5 + level / 2) * sqrt(
        pr / (2 * r * r) + mixed / (2 * r * t) + qt / (2 * t * t)
    )
    value = log(r / t)
    return exp(value), exp(value - half), exp(value + half)


def association(tables, *, stratified, correction):
    """Cochran-Mantel-Haenszel over strata; of one table Pearson's chi-square."""
    if not stratified:
        ((x1, n1, x2, n2),) = tables
        n, x = n1 + n2, x1 + x2
        if x in (0, n):
            return None
        away = abs(x1 * n2 - x2 * n1)
        away -= min(correction * n, away)
        return away**2 * n / (n1 * n2 * x * (n - x))
    gap = spread = 0.0
    for x1, n1, x2, n2 in tables:
        n, x = n1 + n2, x1 + x2
        gap += x1 - n1 * x / n
        spread += n1 * n2 * x * (n - x) / (n * n * (n - 1)) if n > 1 else 0.0
    if not spread:
        return None
    return (abs(gap) - min(correction, abs(gap))) ** 2 / spread


def kappa(pairs, level):
    """Cohen's kappa and its limits by the variance of Fleiss, Cohen and Everitt (1969)."""
    names = sorted({name for pair in pairs for name in pair})
    n = len(pairs)
    p = np.array([[pairs.count((a, b)) / n for b in names] for a in names])
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    by_chance = float(rows @ columns)
    if by_chance > 1 - 1e-12:
        return None
    k = (float(np.trace(p)) - by_chance) / (1 - by_chance)
    both = np.add.outer(columns, rows)
    on = float((np.diag(p) * (1 - (rows + columns) * (1 - k)) ** 2).sum())
    off = float((p * both**2).sum() - (np.diag(p) * np.diag(both) ** 2).sum()) * (1 - k) ** 2
    spread = (on + off - (k - by_chance * (1 - k)) ** 2) / n
    half = norm.ppf(0.5 + level / 2) * sqrt(max(spread, 0.0)) / (1 - by_chance)
    return k, max(k - half, -1.0), min(k + half, 1.0), half


def chi_square_p(statistic, df):
    return float(chi2.sf(statistic, df))


def averaged_quantile(values, p):
    """Type 2: the mean of the two middle values where the position falls between them."""
    ordered = sorted(values)
    position = Fraction(p) * len(ordered)
    k = int(position)
    if position == k:
        return (ordered[k - 1] + ordered[min(k, len(ordered) - 1)]) / 2
    return ordered[k]


def _jumps(lower, upper, scale):
    """Largest log likelihood of hazard jumps at the right ends, and the jumps that reach it."""
    points = np.unique(upper[np.isfinite(upper)])
    before = (points[None, :] <= lower[:, None]).astype(float) * scale[:, None]
    within = (points[None, :] > lower[:, None]) & (points[None, :] <= upper[:, None])
    inside = within * scale[:, None]
    ended = np.isfinite(upper)

    def loss(jump):
        hazard, held = before @ jump, inside @ jump
        found = np.maximum(-np.expm1(-held[ended]), TINY)
        slope = (np.exp(-held[ended]) / found) @ inside[ended] - before.sum(axis=0)
        return hazard.sum() - np.log(found).sum(), -slope

    start = np.full(len(points), 1.0 / max(len(points), 1))
    fit = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(points),
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 20000, "maxfun": 200000, "maxcor": 40},
    )  # fmt: skip
    return -float(fit.fun), points, fit.x


def interval_quantile(lower, upper, level):
    """The right end by which the most likely survival is at `level`, and the left end before it."""
    _, points, jumps = _jumps(lower, upper, np.ones(len(lower)))
    survival = np.exp(-np.cumsum(jumps))
    # a last interval without end holds the rest; survival of 0 stands for a jump without bound
    below = np.flatnonzero(survival <= level + 1e-6)
    if not len(below):
        return None
    right = points[below[0]]
    return max(x for x in lower if x < right), right


def interval_hazard(lower, upper, arm, stratum, level):
    """Hazard ratio of interval-censored times, its profile limits and likelihood ratio."""

    def profile(b):
        parts = [stratum == name for name in np.unique(stratum)]
        return sum(_jumps(lower[o], upper[o], np.exp(b * arm[o]))[0] for o in parts)

    best = minimize_scalar(lambda b: -profile(b), bracket=(-1.0, 0.0), options={"xtol": 1e-7})
    top, b = -float(best.fun), float(best.x)
    drop = chi2.ppf(level, 1) / 2
    ends = []
    for side in (-1, 1):
        far = b + side
        while top - profile(far) < drop:
            far += side
        ends.append(brentq(lambda x: top - profile(x) - drop, *sorted((b, far)), xtol=1e-7))
    return exp(b), exp(ends[0]), exp(ends[1]), 2 * (top - profile(0.0))
