# SPDX-License-Identifier: Apache-2.0
"""Counting pairs with a tree gives what visiting every pair gives."""

import numpy as np
import pytest

from equipoise.statistics.concordance import concordance
from equipoise.statistics.cox import fit_cox


def visit_pairs(time, event, risk, weight, entry, stratum):
    """Harrell's counts and the parts of each row, pair by pair."""
    total, part = np.zeros(4), np.zeros((time.size, 3))
    for i in np.flatnonzero(event):
        for j in range(time.size):
            if j == i or stratum[j] != stratum[i] or time[j] < time[i] or entry[j] >= time[i]:
                continue
            pair = weight[i] * weight[j]
            if time[j] == time[i] and event[j]:
                total[3] += 0.5 * pair * (risk[i] != risk[j])
                continue
            kind = 0 if risk[i] > risk[j] else 1 if risk[i] < risk[j] else 2
            total[kind] += pair
            part[i, kind] += pair
            part[j, kind] += pair
    return total, part


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_counted_pairs_equal_visited_pairs(seed, late, weighted):
    rng = np.random.default_rng(seed)
    n = 90
    time = np.ceil(rng.exponential(6.0, n)) + (0.0 if seed % 2 else rng.random(n))
    event, stratum = (rng.random(n) < 0.7).astype(int), rng.integers(0, 3, n)
    x = np.column_stack([rng.integers(0, 2, n), rng.integers(0, 3, n)]).astype(float)
    entry = np.floor(rng.random(n) * time) if late else np.full(n, -1.0)
    entry = np.where(entry < time, entry, time - 1.0)
    weight = rng.uniform(0.5, 2.0, n) if weighted else np.ones(n)
    fit = fit_cox(
        time, event, x, ties="efron", conf_level=0.95, stratum=stratum,
        weight=weight if weighted else None, entry=entry if late else None,
    )  # fmt: skip
    risk = np.round((x - fit.rows.centre) @ fit.beta, 12)
    total, part = visit_pairs(time, event, risk, weight, entry, stratum)
    found = concordance(fit)
    counts = (found.concordant, found.discordant, found.tied_x, found.tied_y)
    np.testing.assert_allclose(counts, total, rtol=1e-12, atol=1e-9)
    pairs = total[:3].sum()
    c = (total[0] + 0.5 * total[2]) / pairs
    np.testing.assert_allclose(found.c, c, rtol=1e-12)
    influence = (part[:, 0] + 0.5 * part[:, 2] - c * part.sum(axis=1)) / pairs
    np.testing.assert_allclose(found.std_err, np.sqrt((influence**2).sum()), rtol=1e-10)
    cluster = np.arange(n) % 7
    summed = np.bincount(cluster, influence)
    np.testing.assert_allclose(
        concordance(fit, cluster=cluster).std_err, np.sqrt((summed**2).sum()), rtol=1e-10
    )


def test_no_event_in_a_stratum_adds_no_pairs():
    time, event = np.arange(1.0, 9.0), np.array([1, 1, 1, 0, 0, 0, 0, 0])
    stratum, x = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([2.0, 1, 3, 0, 5, 6, 7, 8])
    fit = fit_cox(time, event, x, ties="efron", conf_level=0.95, stratum=stratum)
    found = concordance(fit)
    assert found.concordant + found.discordant + found.tied_x == 6.0
