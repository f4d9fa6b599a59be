# SPDX-License-Identifier: Apache-2.0
"""The bias taken from the odds ratio's score is the mean of that score over all tables."""

import numpy as np
import pytest
from scipy.stats import binom

from equipoise.statistics.score_intervals import odds_ratio_bias, score_parts
from equipoise.statistics.two_proportions import Counts


@pytest.mark.parametrize(("p2", "theta"), [(0.3, 2.0), (0.5, 0.25), (0.4, 1.0)])
def test_bias_is_the_mean_of_the_score(p2, theta):
    p1 = p2 * theta / (1 + p2 * (theta - 1))
    errors = []
    for n1, n2 in ((40, 60), (80, 120)):
        one, two = binom.pmf(np.arange(n1 + 1), n1, p1), binom.pmf(np.arange(n2 + 1), n2, p2)
        mean = total = bias = 0.0
        for a, b in np.argwhere(np.outer(one, two) > 1e-10):
            chance, table = one[a] * two[b], Counts(int(a), n1, int(b), n2)
            mean += chance * score_parts(table, "odds ratio", theta)[0]
            bias += chance * odds_ratio_bias(table, theta)
            total += chance
        errors.append(abs(mean - bias) / total)
    assert errors[0] < 2e-4
    assert errors[1] < 0.5 * errors[0] + 1e-9  # what remains is of a higher order in 1 / n
