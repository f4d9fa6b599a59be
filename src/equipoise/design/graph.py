# SPDX-License-Identifier: Apache-2.0
"""Several hypotheses, one alpha: the graphical procedure that passes alpha on after a rejection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from equipoise.design.array import BoolArray, FloatArray, floats
from equipoise.errors import Fault, MethodError


@dataclass(frozen=True, slots=True)
class GraphResult:
    """`adjusted_p` (m,) compares with the family-wise alpha; `rejected` (m,); `order` of rejection;
    `weights` (m,) is each remaining hypothesis's share of alpha after all rejections.
    """

    adjusted_p: FloatArray
    rejected: BoolArray
    order: tuple[int, ...]
    weights: FloatArray


@dataclass(frozen=True, slots=True)
class Graph:
    """`weights` (m,) initial shares of alpha; `edges` (m, m) share passed from row to column."""

    weights: FloatArray
    edges: FloatArray


def make_graph(weights: npt.ArrayLike, edges: npt.ArrayLike) -> Graph:
    """A checked graph.

    Parameters    weights : (m,) float - at least 0, adding up to at most 1
                  edges   : (m, m) float - zero diagonal, rows adding up to at most 1; an epsilon
                            edge is a small number such as 1e-6, the row still at most 1
    Raises        MethodError - every condition that does not hold
    """
    share, passed = floats(weights), np.asarray(edges, dtype=np.float64)
    size = len(share)
    faults = []
    if passed.shape != (size, size):
        faults.append(f"edges have shape {passed.shape}, weights name {size} hypotheses")
    else:
        if np.any(np.diag(passed) != 0):
            faults.append("a hypothesis passes alpha to itself")
        if np.any(passed < 0) or np.any(passed.sum(axis=1) > 1 + 1e-9):
            faults.append("a row of edges is negative or adds up to more than 1")
    if np.any(share < 0) or share.sum() > 1 + 1e-9:
        faults.append("weights are negative or add up to more than 1")
    if faults:
        mend = "alpha can be passed on once, and never out of nothing"
        raise MethodError([Fault(what=f, where="multiplicity graph", mend=mend) for f in faults])
    return Graph(share, passed)


def remove_node(graph: Graph, node: int) -> Graph:
    """The graph after `node` is rejected: its weight and edges go to its heirs.

    Notes         w_l + w_j g_jl;  (g_lk + g_lj g_jk) / (1 - g_lj g_jl), 0 where the denominator is
    Source: Bretz, Maurer, Brannath and Posch (2009) Statistics in Medicine 28:586-604, algorithm 1.
    """
    w, g = graph.weights, graph.edges
    weights = w + w[node] * g[node]
    weights[node] = 0.0
    through = np.outer(g[:, node], g[node])
    rest = 1 - g[:, node] * g[node]
    edges = np.where(rest[:, None] > 1e-12, (g + through) / np.maximum(rest[:, None], 1e-12), 0.0)
    np.fill_diagonal(edges, 0.0)
    edges[node, :] = 0.0
    edges[:, node] = 0.0
    return Graph(weights, edges)


def graphical_test(graph: Graph, p: npt.ArrayLike, *, alpha: float) -> GraphResult:
    """Reject, pass alpha on, and go on until nothing is left that can be rejected.

    Parameters    p     : (m,) float - one p-value each, all one-sided or all two-sided like alpha
                  alpha : float - family-wise
    Returns       GraphResult
    Source: Bretz et al. (2009) algorithms 1 and 2.   Proof: tests/reference/design_adaptive.yaml
    """
    value = floats(p)
    size = len(value)
    adjusted, left, highest = np.ones(size), list(range(size)), 0.0
    order: list[int] = []
    final, now = graph.weights, graph
    for _ in range(size):
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(now.weights > 0, value / now.weights, np.where(value > 0, np.inf, 0.0))
        node = min(left, key=lambda j: (ratio[j], j))
        highest = max(highest, float(ratio[node]))
        adjusted[node] = min(highest, 1.0)
        now = remove_node(now, node)
        left.remove(node)
        if adjusted[node] <= alpha:
            order.append(node)
            final = now.weights
    return GraphResult(adjusted, adjusted <= alpha, tuple(order), final)
