# SPDX-License-Identifier: Apache-2.0
"""The natural logarithm of eight numbers at once, the same bits on every machine.

log x = e log 2 + log m with m in [sqrt(1/2), sqrt(2)); with s = (m - 1) / (m + 1),
log m = 2 (s + s**3 / 3 + s**5 / 5 + ...). |s| is below 0.1716, so that the terms up to s**19 leave
less than one unit in the 54th binary place. No branch, no table, no call into the C library.

Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 4.1.27.
Proof: tests/property/test_event_time_parts.py (within 2 units in the last place of numpy's).
"""

from __future__ import annotations

import numpy as np

from equipoise.operating.compiling import part
from equipoise.operating.lanes import Eight, bits_of, float_of_bits

_ROOT_HALF = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
_LIFT = np.uint64(0x3FF0000000000000 - _ROOT_HALF)
_EXPONENT, _MANTISSA = np.uint64(52), np.uint64(0x000FFFFFFFFFFFFF)
_ROOT = np.uint64(_ROOT_HALF)
_TWO_52 = np.uint64(0x4330000000000000)  # the bits of 2**52: below it, an integer becomes a float
_BIAS = 2.0**52 + 1023.0
_LN2_HIGH = 0.6931467056274414  # log 2, its last 32 bits zero: a whole multiple is exact
_LN2_LOW = 4.7493250390316726e-07  # the rest of log 2


@part
def log_lanes(x: Eight) -> Eight:
    """Log x for eight positive normal numbers (F8); what others give means nothing."""
    lifted = bits_of(x) + _LIFT
    exponent = float_of_bits(lifted >> _EXPONENT | _TWO_52) - _BIAS
    m = float_of_bits((lifted & _MANTISSA) + _ROOT)
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    z2 = z * z
    z4 = z2 * z2
    first = z * (1.0 / 5.0) + 1.0 / 3.0 + z2 * (z * (1.0 / 9.0) + 1.0 / 7.0)
    second = z * (1.0 / 13.0) + 1.0 / 11.0 + z2 * (z * (1.0 / 17.0) + 1.0 / 15.0)
    series = first + z4 * (second + z4 * (1.0 / 19.0))
    twice = s + s
    return exponent * _LN2_HIGH + (twice + (twice * z * series + exponent * _LN2_LOW))
