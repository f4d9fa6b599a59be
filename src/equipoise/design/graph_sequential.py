# SPDX-License-Identifier: Apache-2.0
"""Several endpoints tested at several looks: one sequential p-value each, into the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from equipoise.design.array import FloatArray, floats
from equipoise.design.boundaries import efficacy_bounds
from equipoise.design.graph import Graph, GraphResult, graphical_test
from equipoise.design.root import find_root
from equipoise.design.spending import Spending


@dataclass(frozen=True, slots=True)
class SequentialEvidence:
    """One hypothesis at the looks held: one-sided `p` (k,), information `fraction` (k,) of its plan
    (may exceed 1), and its `spending` function.
    """

    p: FloatArray
    fraction: FloatArray
    spending: Spending


def sequential_p(p: npt.ArrayLike, *, fraction: npt.ArrayLike, spending: Spending) -> float:
    """The smallest alpha at which the looks so far would have crossed a bound.

    Parameters    p        : (k,) float - one-sided, one per look
                  fraction : (k,) float - information fractions of those looks
                  spending : the hypothesis's spending function
    Returns       float - 1 where not even alpha 0.5 rejects
    Source: Liu and Anderson (2008) Statistics in Medicine 27:4593-4606.
    Notes         Testing it in the graph is the procedure of Maurer and Bretz (2013).
    """
    value, t = floats(p), floats(fraction)

    def excess(log_alpha: float) -> float:
        alpha = float(np.exp(log_alpha))
        upper = efficacy_bounds(t, np.maximum(spending(t, alpha), 1e-300)).upper
        return float(np.max(np.log(ndtr(-upper) + 1e-300) - np.log(value + 1e-300)))

    low, high = float(np.log(1e-14)), float(np.log(0.5))
    if excess(high) < 0:
        return 1.0
    if excess(low) >= 0:
        return float(np.exp(low))
    root = find_root(excess, low, high, what="the sequential p-value", tolerance=1e-9)
    return float(np.exp(root))


def graphical_sequential_test(
    graph: Graph, evidence: Sequence[SequentialEvidence], *, alpha: float
) -> GraphResult:
    """The graphical procedure across looks: alpha passed on also reopens earlier looks.

    Parameters    evidence : one per hypothesis, in the order of the graph
                  alpha    : float - family-wise, one-sided
    Source: Maurer and Bretz (2013) Statistics in Biopharmaceutical Research 5:311-320.
    """
    values = [sequential_p(e.p, fraction=e.fraction, spending=e.spending) for e in evidence]
    return graphical_test(graph, values, alpha=alpha)
