# SPDX-License-Identifier: Apache-2.0
"""What joining near-equal times joins, and that whole days are never touched (decision 0030)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from equipoise.statistics.near_times import join_near_times


@given(st.lists(st.integers(0, 60_000_000), min_size=1, max_size=60))
def test_whole_days_stay(days):
    assert np.array_equal(join_near_times(np.array(days, float)), days)


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=40), st.integers(0, 2**32 - 1))
def test_rounding_error_is_joined(tenths, seed):
    exact = np.array(tenths, float) / 10
    blurred = exact * (1 + 1e-15 * np.random.default_rng(seed).integers(-3, 4, exact.size))
    joined = join_near_times(blurred)
    assert np.unique(joined).size == np.unique(exact).size
    assert np.allclose(joined, exact, rtol=1e-12)
