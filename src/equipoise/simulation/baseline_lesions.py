# SPDX-License-Identifier: Apache-2.0
"""The lesions that a patient brings: how many, where, how large, and which one will grow.

Sizes are tenths of a millimetre.
"""

from __future__ import annotations

from dataclasses import dataclass

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
LARGEST = 2000
"""Largest target at baseline, 20 cm: an assumption of ours, met by one target in three thousand."""
BY_TARGET, BY_NEW_LESION, BY_NON_TARGET = 0, 1, 2
_PROGRESSION_CHANCES = (0.55, 0.35, 0.10)


@dataclass(frozen=True, slots=True)
class Brought:
    """The lesions of each patient at baseline, and what its progression shows itself by.

    `targets`, `non_targets` : (subjects,) number of measurable and of other lesions
    `target_site`, `size` : (subjects, 4) site and true diameter in 0.1 mm, 0 past `targets`
    `non_target_site` : (subjects, 3), `new_site` : (subjects,) index into SITES
    `cause` : (subjects,) BY_TARGET, BY_NEW_LESION or BY_NON_TARGET
    `excess` : (subjects,) in (0, 1), how much slower targets grow that are not the cause
    `pace` : (subjects, 4) normal score of each measurable lesion's change against the others'
    """

    targets: IntArray
    non_targets: IntArray
    target_site: IntArray
    size: FloatArray
    non_target_site: IntArray
    new_site: IntArray
    cause: IntArray
    excess: FloatArray
    pace: FloatArray

    @property
    def tenths(self) -> FloatArray:
        """Sum of the true diameters of the measurable lesions: (subjects,) in 0.1 mm."""
        return np.asarray(self.size.sum(axis=1))


def bring_lesions(streams: Streams) -> Brought:
    """Lesions of every patient; the same from the same streams."""
    draws = draw_uniforms(streams, "lesions", width=WIDTH)
    targets = 1 + np.floor(draws[:, 0] * MOST_TARGETS).astype(np.int64)
    site = _target_sites(draws[:, 2])
    least = np.where(site == NODE_SITE, LEAST_NODE, LEAST)
    size = np.minimum(least + np.exp(np.log(180.0) + 0.7 * ndtri(draws[:, 3:7])), LARGEST)
    non_targets = np.floor(draws[:, 1] * (MOST_NON_TARGETS + 1)).astype(np.int64)
    cause = np.searchsorted(np.cumsum(_PROGRESSION_CHANCES)[:-1], draws[:, 7], side="right")
    cause = np.where((cause == BY_NON_TARGET) & (non_targets == 0), BY_TARGET, cause)
    return Brought(
        targets=targets,
        non_targets=non_targets,
        target_site=site,
        size=np.where(np.arange(MOST_TARGETS) < targets[:, None], size, 0.0),
        non_target_site=np.floor(draws[:, 11:14] * len(SITES)).astype(np.int64),
        new_site=np.floor(draws[:, 14] * NODE_SITE).astype(np.int64),
        cause=cause.astype(np.int64),
        excess=draws[:, 10],
        pace=ndtri(draws[:, 15:19]),
    )


def _target_sites(uniform: FloatArray) -> IntArray:
    """Organs of the targets: at most two in one organ, and the first never a node."""
    first = np.floor(uniform * NODE_SITE).astype(np.int64)
    second = (first + 1) % NODE_SITE
    node = np.full_like(first, NODE_SITE)
    return np.stack([first, first, node, second], axis=1)
