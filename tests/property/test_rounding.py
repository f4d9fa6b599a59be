# SPDX-License-Identifier: Apache-2.0
"""Rounding half away from zero, and the words for numbers that are missing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise.errors import MethodError
from equipoise.statistics.rounding import (
    format_interval,
    format_number,
    format_p,
    format_percent,
    format_ratio_percent,
    round_half_away,
)
from equipoise.statistics.states import State


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (2.675, 2, "2.68"),
        (0.125, 2, "0.13"),
        (-0.125, 2, "-0.13"),
        (1.005, 2, "1.01"),
        (-0.001, 2, "0.00"),
        (99.95, 1, "100.0"),
        (0.5, 0, "1"),
        (1e300, 0, "1" + "0" * 300),
    ],
)
def test_halves_go_away_from_zero(value, decimals, text):
    assert format_number(value, decimals) == text


@given(st.decimals(-1000, 1000, places=4), st.integers(0, 3))
def test_close_and_symmetric(value, decimals):
    up, down = (round_half_away(float(v), decimals) for v in (value, -value))
    assert up == -down or up == down == 0
    assert abs(up - value) <= Decimal(5).scaleb(-decimals - 1)


def test_states_are_different():
    assert format_number(None, 1, state=State.NR) == "NR"
    assert format_number(float("nan"), 1, state=State.NE) == "NE"
    assert format_interval(4.25, None, 1, upper_state=State.NR) == "(4.3, NR)"
    with pytest.raises(MethodError, match="has no state"):
        format_number(float("nan"), 1)


def test_p_and_percent():
    assert format_p(0.00004999) == "<0.0001"
    assert format_p(0.0001) == "0.0001"
    assert format_p(0.99999) == ">0.9999"
    assert format_p(0.05, 3) == "0.050"
    assert format_percent(0.125, 0) == "13"
    assert format_ratio_percent(1, 8, 0) == "13"
    assert format_ratio_percent(0, 0, 1) == "NA"
