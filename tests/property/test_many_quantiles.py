"""Quantiles of many curves in one call equal those of each curve alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.statistics.curve_limits import CURVE_TRANSFORMS
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.many_quantiles import many_quantiles
from equipoise.statistics.quantile import PLATEAU_RULES, quantile

PATIENT = st.tuples(st.integers(0, 12), st.integers(0, 1))
CURVES = st.lists(st.lists(PATIENT, max_size=14), min_size=1, max_size=6)


@pytest.mark.parametrize("plateau", PLATEAU_RULES)
@settings(max_examples=60, deadline=None)
@given(CURVES, st.sampled_from(CURVE_TRANSFORMS), st.sampled_from([0.25, 0.5, 0.75]))
def test_each_curve_is_as_if_alone(plateau, curves, conf_type, p):
    rows = np.array([row for curve in curves for row in curve] or np.empty((0, 2)))
    offsets = np.cumsum([0, *map(len, curves)])
    choices = {"conf_type": conf_type, "conf_level": 0.95}
    if not len(rows):
        return
    found = many_quantiles(rows[:, 0], rows[:, 1], offsets=offsets, p=p, plateau=plateau, **choices)
    for place, curve in enumerate(curves):
        mine = (found.estimate[place], found.lower[place], found.upper[place])
        if not curve:
            assert np.isnan(mine).all()
            continue
        time, event = np.array(curve).T
        alone = quantile(kaplan_meier(time, event, **choices), p, plateau=plateau)
        np.testing.assert_array_equal(mine, (alone.estimate, alone.lower, alone.upper))
