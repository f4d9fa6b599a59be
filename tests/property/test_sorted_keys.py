# SPDX-License-Identifier: Apache-2.0
"""Many rows are sorted by digits or counted; the answer is that of plain numpy sorting."""

import numpy as np
import pytest

from equipoise.statistics import sorted_keys
from equipoise.statistics.kaplan_meier import kaplan_meier, kaplan_meier_by_group
from equipoise.statistics.logrank import logrank, tabulate_risk
from equipoise.statistics.many_trials import hazard_ratios, logranks, sort_trials
from equipoise.statistics.radix_sort import radix_sort
from equipoise.statistics.sorted_keys import MANY_ROWS, sort_keys, unpack_time
from equipoise.statistics.tallied_keys import MOST_KEYS, tally_keys

N = MANY_ROWS + 2345
SOURCE = np.random.default_rng(20261121)


def _with_a_small_one(time):
    time[7] = 1e-3
    return time


TIMES = {
    "exponential": SOURCE.exponential(10.0, N),
    "uniform": SOURCE.uniform(0.0, 30.0, N),
    "lognormal": SOURCE.lognormal(3.0, 4.0, N),
    "very skew": SOURCE.weibull(0.05, N),
    "many days": np.ceil(SOURCE.exponential(3000.0, N)),
    "quarters": np.ceil(4.0 * SOURCE.exponential(10.0, N)) / 4.0,
    "with zeros": np.floor(SOURCE.exponential(2.0, N)),
    "all the same": np.full(N, 3.5),
    "all zero": np.zeros(N),
    "last bits only": _with_a_small_one(1000.0 + SOURCE.uniform(0.0, 1e-9, N)),
    "already sorted": np.sort(SOURCE.exponential(10.0, N)),
    "reversed": np.sort(SOURCE.exponential(10.0, N))[::-1].copy(),
    "every exponent": np.exp(SOURCE.uniform(-690.0, 690.0, N)),
}
EVENT = SOURCE.integers(0, 2, N)
GROUP = SOURCE.integers(0, 2, N)
WHOLE = np.array([0, N])


def counts_by_hand(time, event):
    """Distinct times, at risk, events, censored by numpy alone."""
    distinct, place = np.unique(time, return_inverse=True)
    gone = np.bincount(place)
    died = np.bincount(place, event).astype(int)
    return distinct, gone[::-1].cumsum()[::-1], died, gone - died


@pytest.mark.parametrize("name", TIMES)
def test_sorted_keys_hold_each_row_once(name):
    time = TIMES[name]
    packed = sort_keys(time, EVENT.astype(np.uint8), code_bits=1, offsets=WHOLE)
    rows = np.ones(packed.keys.size, int) if packed.rows is None else packed.rows
    back = unpack_time(packed.keys >> np.uint64(1), packed)
    keys = np.repeat(np.column_stack([back, packed.keys & np.uint64(1)]), rows, axis=0)
    assert bool((np.diff(keys[:, 0]) >= 0).all())
    expected = np.column_stack([time, EVENT])
    order = np.lexsort(keys.T[::-1])
    np.testing.assert_array_equal(keys[order], expected[np.lexsort(expected.T[::-1])])
    assert int(packed.offsets[-1]) == packed.keys.size


@pytest.mark.parametrize("name", TIMES)
def test_curve_and_table_of_many_rows_equal_counting_by_hand(name):
    time = TIMES[name]
    distinct, n, d, c = counts_by_hand(time, EVENT)
    curve = kaplan_meier(time, EVENT, conf_type="log", conf_level=0.95)
    for found, wanted in (
        (curve.time, distinct), (curve.n_risk, n), (curve.n_event, d), (curve.n_censor, c),
    ):  # fmt: skip
        np.testing.assert_array_equal(found, wanted)
    np.testing.assert_allclose(curve.survival, np.cumprod((n - d) / n), rtol=1e-12)
    one = kaplan_meier_by_group(time, EVENT, GROUP, conf_type="log", conf_level=0.95).curves[1]
    alone = kaplan_meier(time[GROUP == 1], EVENT[GROUP == 1], conf_type="log", conf_level=0.95)
    for field in ("time", "n_risk", "n_event", "n_censor", "survival", "greenwood"):
        np.testing.assert_array_equal(getattr(one, field), getattr(alone, field))
    table = tabulate_risk(time, EVENT, GROUP)
    np.testing.assert_array_equal(table.at_risk.sum(axis=1), n[d > 0])
    np.testing.assert_array_equal(table.events.sum(axis=1), d[d > 0])
    later = np.searchsorted(np.sort(time[GROUP == 1]), distinct[d > 0])
    np.testing.assert_array_equal(table.at_risk[:, 1], (GROUP == 1).sum() - later)


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("strata", [1, 3])
def test_logrank_of_many_rows_equals_the_one_that_is_sorted_by_numpy(name, strata, monkeypatch):
    time, stratum = TIMES[name], np.arange(N) % strata
    fast = logrank(time, EVENT, GROUP, stratum=stratum)
    monkeypatch.setattr(sorted_keys, "MANY_ROWS", 10 * N)
    plain = logrank(time, EVENT, GROUP, stratum=stratum)
    for field in ("z", "chi2", "p", "n", "observed", "expected", "variance"):
        np.testing.assert_array_equal(getattr(fast, field), getattr(plain, field))


@pytest.mark.parametrize("name", ["quarters", "with zeros", "exponential"])
def test_many_trials_of_many_rows(name, monkeypatch):
    offsets = [0, N // 3, N // 2, N]

    def both():
        rows = sort_trials(TIMES[name], EVENT, GROUP, offsets=offsets)
        ratios = hazard_ratios(rows, ties="efron", strata=1)
        return np.array([logranks(rows, strata=1).z, ratios.log_hr, ratios.std_err])

    fast = both()
    monkeypatch.setattr(sorted_keys, "MANY_ROWS", 10 * N)
    np.testing.assert_array_equal(fast, both())


@pytest.mark.parametrize("shift", [0, 1, 5])
@pytest.mark.parametrize("top", [1, 2**12, 2**30, 2**47, 2**63])
def test_radix_sort(shift, top):
    keys = SOURCE.integers(0, top, 5000, dtype=np.uint64)
    wanted = np.sort(keys)
    radix_sort(keys, shift)
    np.testing.assert_array_equal(keys >> np.uint64(shift), wanted >> np.uint64(shift))
    np.testing.assert_array_equal(np.sort(keys), wanted)


@pytest.mark.parametrize("kinds", [1, 700, MOST_KEYS, MOST_KEYS + 1])
def test_tally_counts_each_key_or_gives_up(kinds):
    values = SOURCE.permutation(np.arange(2**40, 2**40 + 10 * kinds, 10, dtype=np.uint64))
    values[0] = 0  # also the mark of a slot that nobody has used
    keys = np.repeat(values, 3)
    tally = tally_keys(keys)
    if kinds > MOST_KEYS:
        assert tally is None
    else:
        np.testing.assert_array_equal(tally[0], np.sort(values))
        assert bool((tally[1] == 3).all())


def test_radix_sort_mends_neighbours_that_differ_in_the_last_place():
    apart = np.repeat(np.arange(5000, dtype=np.uint64) << np.uint64(40), 2)
    apart[::2] += np.uint64(2)  # each pair comes the wrong way round
    keys = apart.copy()
    radix_sort(keys, 1)
    np.testing.assert_array_equal(keys, np.sort(apart))


def test_radix_sort_of_clusters_that_differ_in_their_last_bits_only():
    clusters = SOURCE.choice(np.array([1, 3 << 11, 5 << 21, 1023 << 30], np.uint64), 12_000)
    apart = (clusters << np.uint64(20)) + SOURCE.integers(0, 1 << 18, 12_000, dtype=np.uint64)
    keys = apart.copy()
    radix_sort(keys, 0)  # too many to mend: sorted by comparison
    np.testing.assert_array_equal(keys, np.sort(apart))
