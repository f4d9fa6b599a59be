# SPDX-License-Identifier: Apache-2.0
"""Log-rank terms and Efron's numbers at risk for one lane whose events are tied."""

from __future__ import annotations

from equipoise.operating.compiling import stage
from equipoise.operating.plan import Floats, Words


@stage
def count_tied_lane(
    keys: Words, share: Floats, lane: int, start: int, end: int
) -> tuple[float, float]:
    """Expected events in arm 1, their variance, and Efron's share of arm 1 at each event.

    Parameters    keys : (rows, 8) uint64 - sorted follow-up with flags, see `draw`
                  share : (rows, 8) float64 - filled for this lane: arm 1 at risk over all at risk,
                  where the l-th of d tied events finds a fraction l / d of them gone; 0 elsewhere
    Returns       (expected, variance) of the log-rank statistic within these rows
    Source: Efron, JASA 1977, equation 6.2; the variance is hypergeometric: Mantel 1966.
    """
    expected = variance = 0.0
    at_risk = at_risk_1 = 0
    high = end
    while high > start:
        low = high - 1
        time = keys[low, lane] >> 2
        while low > start and keys[low - 1, lane] >> 2 == time:
            low -= 1
        events = events_1 = 0
        for row in range(low, high):
            at_risk += 1
            at_risk_1 += int(keys[row, lane] & 1)
            if keys[row, lane] & 2 == 0:
                events += 1
                events_1 += int(keys[row, lane] & 1)
        gone = 0
        for row in range(low, high):
            share[row, lane] = 0.0
            if keys[row, lane] & 2 == 0:
                part = gone / events
                share[row, lane] = (at_risk_1 - part * events_1) / (at_risk - gone)
                gone += 1
        if events > 0:
            p = at_risk_1 / at_risk
            expected += events * p
            if at_risk > 1:
                variance += events * p * (1.0 - p) * (at_risk - events) / (at_risk - 1)
        high = low
    return expected, variance
