# SPDX-License-Identifier: Apache-2.0
"""The log-rank test, plain and stratified, for two or more groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equipoise.statistics.normal import chi_square, lower_p
from equipoise.statistics.observations import (
    Codes,
    Flags,
    Floats,
    Ints,
    as_codes,
    as_events,
    as_times,
    fail,
)
from equipoise.statistics.sorted_keys import segment_offsets, sort_keys
from equipoise.statistics.states import State
from equipoise.statistics.survival_kernels import risk_table, two_group_logrank


@dataclass(frozen=True, slots=True)
class LogRank:
    """A (weighted) log-rank test of k groups; NaN where the state is not OK.

    z: two groups only, (O - E) / sqrt(V) of the SECOND label: negative means fewer events than
    expected there, which favours the second group. chi2, df, p (two-sided). p_one_sided: P(Z < z),
    small when the second group does better. observed, expected (k,) summed over strata;
    variance (k, k) of observed - expected.
    """

    z: float
    chi2: float
    df: int
    p: float
    p_one_sided: float
    labels: tuple[object, ...]
    n: Ints
    observed: Floats
    expected: Floats
    variance: Floats
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class RiskTable:
    """At risk and events per group at each distinct event time, strata one after the other.

    at_risk, events: (m, k); offsets: (strata + 1,) rows of each stratum; n: (k,) subjects.
    """

    at_risk: Ints
    events: Ints
    offsets: Ints
    labels: tuple[object, ...]
    n: Ints


def logrank(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, stratum: ArrayLike | None = None
) -> LogRank:
    """Do the groups have the same hazard at all times?

    Parameters    time : (n,) float; event : (n,) 0 or 1 - 1 = event, 0 = censored
                  group : (n,) - two or more levels; labels are sorted, the second is z's group
                  stratum : (n,) or None - compared within each level, then summed
    Returns       LogRank
    Raises        MethodError - malformed arrays, or one group only
    Notes         O - E = sum (d_1j - d_j n_1j / n_j); hypergeometric
                  V = sum d_j (n_1j / n_j)(1 - n_1j / n_j)(n_j - d_j) / (n_j - 1).
    Source: Mantel, Cancer Chemother Rep 1966;50:163-170; Peto & Peto, JRSS A 1972;135:185-207.
    Proof: tests against survival_ref, kmdata and camis.
    """
    rows = _check(time, event, group, stratum)
    times, events, codes, strata = rows
    if len(codes.labels) != 2:
        table = _tabulate(*rows)
        return sum_risk_table(table, np.ones(table.at_risk.shape[0]))
    order, offsets = segment_offsets(strata.code, len(strata.labels))
    in_second = codes.code
    if order is not None:
        times, events, in_second = times[order], events[order], in_second[order]
    code = in_second.astype(np.uint8) << 1 | (events ^ 1)
    packed = sort_keys(times, code, code_bits=2, offsets=offsets)
    o1, e1, v1, total = (float(part.sum()) for part in two_group_logrank(packed))
    second = int(in_second.sum())
    return finish(
        codes.labels,
        np.array([times.size - second, second]),
        np.array([total - o1, o1]),
        np.array([total - e1, e1]),
        np.array([[v1, -v1], [-v1, v1]]),
    )


def tabulate_risk(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, stratum: ArrayLike | None = None
) -> RiskTable:
    """The table every weighted form of the test is summed from; arguments as in `logrank`."""
    return _tabulate(*_check(time, event, group, stratum))


def _check(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, stratum: ArrayLike | None
) -> tuple[Floats, Flags, Codes, Codes]:
    times = as_times(time)
    events = as_events(event, times.size)
    codes = as_codes("group", group, times.size)
    if not 2 <= len(codes.labels) <= 64:
        raise fail(
            f"`group` must have 2 to 64 levels; found {len(codes.labels)}.",
            f"argument group, first level {codes.labels[0]!r}",
            "a comparison needs both arms; report it as not applicable when one is missing.",
        )
    whole = Codes(np.zeros(times.size, np.int64), ("all",))
    strata = whole if stratum is None else as_codes("stratum", stratum, times.size)
    return times, events, codes, strata


def _tabulate(times: Floats, events: Flags, codes: Codes, strata: Codes) -> RiskTable:
    order, offsets = segment_offsets(strata.code, len(strata.labels))
    group = codes.code
    if order is not None:
        times, events, group = times[order], events[order], group[order]
    k = len(codes.labels)
    bits = 1 + (k - 1).bit_length()
    code = group.astype(np.uint8) << 1 | (events ^ 1)
    packed = sort_keys(times, code, code_bits=bits, offsets=offsets)
    at_risk, died, cut = risk_table(packed, k)
    return RiskTable(at_risk, died, cut, codes.labels, np.bincount(codes.code, minlength=k))


def sum_risk_table(table: RiskTable, weight: Floats) -> LogRank:
    """The weighted test from its risk table and one weight (m,) per distinct event time."""
    n, d = table.at_risk.sum(axis=1).astype(float), table.events.sum(axis=1).astype(float)
    share = table.at_risk / n[:, None]
    observed = weight @ table.events
    expected = (weight * d) @ share
    spread = np.where(n > 1.0, weight**2 * d * (n - d) / np.maximum(n - 1.0, 1.0), 0.0)
    variance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    return finish(table.labels, table.n, observed, expected, variance)


def finish(
    labels: tuple[object, ...], n: Ints, observed: Floats, expected: Floats, variance: Floats
) -> LogRank:
    """Statistic, degrees of freedom and p from the sums; groups never at risk do not count."""
    used = np.flatnonzero(expected > 0.0)
    df = max(int(used.size) - 1, 0)
    nan = float("nan")
    difference = (observed - expected)[used[1:]]
    part = variance[np.ix_(used[1:], used[1:])]
    scale = float(np.abs(np.diag(variance)).max(initial=0.0))
    numbers = (n, observed, expected, variance)
    if df == 0 or scale <= 0.0:
        total = float(observed.sum())
        why = "no events" if total == 0.0 else "at each event only one group is at risk"
        return LogRank(nan, nan, df, nan, nan, labels, *numbers, State.NE, why)
    chi2 = float(difference @ np.linalg.pinv(part, rcond=1e-12, hermitian=True) @ difference)
    z = nan
    if len(labels) == 2:
        z = float((observed[1] - expected[1]) / np.sqrt(variance[1, 1]))
        chi2 = z * z
    test = chi_square(chi2, df)
    one_sided = lower_p(z) if len(labels) == 2 else nan
    return LogRank(z, chi2, df, test.p, one_sided, labels, *numbers, State.OK, "")
