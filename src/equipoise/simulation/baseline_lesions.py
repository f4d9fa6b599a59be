# SPDX-License-Identifier: Apache-2.0
"""The target lesions that a patient brings: how many, where, how large.

Sizes are tenths of a millimetre.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from equipoise.simulation.streams import FloatArray, IntArray, Streams, draw_uniforms

MOST_TARGETS, MOST_NON_TARGETS = 4, 3
SITES = ("LUNG", "LIVER", "RETROPERITONEUM", "SOFT TISSUE", "PELVIS", "LYMPH NODE")
NODE_SITE = SITES.index("LYMPH NODE")
WIDTH = 24
"""Uniforms per subject in the stream `lesions`."""
LEAST, LEAST_NODE = 100, 150
"""Smallest target at baseline, and smallest node that is one (RECIST 1.1, 3.1)."""


def true_burden_mm(streams: Streams) -> FloatArray:
    """Sum of the true diameters of the target lesions at baseline: (subjects,) mm."""
    targets, _, size = true_targets(draw_uniforms(streams, "lesions", width=WIDTH))
    return np.asarray(
        np.where(np.arange(MOST_TARGETS) < targets[:, None], size, 0).sum(axis=1) / 10
    )


def true_targets(draws: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Number of targets; their sites and their diameters in 0.1 mm, (subjects, 4) each."""
    targets = 1 + np.floor(draws[:, 0] * MOST_TARGETS).astype(np.int64)
    site = _target_sites(draws[:, 2])
    least = np.where(site == NODE_SITE, LEAST_NODE, LEAST)
    return targets, site, least + np.exp(np.log(180.0) + 0.7 * ndtri(draws[:, 3:7]))


def _target_sites(uniform: FloatArray) -> IntArray:
    """Organs of the targets: at most two in one organ, and the first never a node."""
    first = np.floor(uniform * NODE_SITE).astype(np.int64)
    second = (first + 1) % NODE_SITE
    node = np.full_like(first, NODE_SITE)
    return np.stack([first, first, node, second], axis=1)
