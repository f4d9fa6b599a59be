# SPDX-License-Identifier: Apache-2.0
"""The array types of the design stage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def floats(values: npt.ArrayLike) -> FloatArray:
    """The values as a one-dimensional array of floats."""
    return np.atleast_1d(np.asarray(values, dtype=np.float64))
