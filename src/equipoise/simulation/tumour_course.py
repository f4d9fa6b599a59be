# SPDX-License-Identifier: Apache-2.0
"""How far each patient's tumours shrink and how they grow again, in truth and as readers see it.

A response and a day of progression are given; what they leave free is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from equipoise.protocol.model import Tumour
from equipoise.simulation.baseline_lesions import BY_TARGET, Brought
from equipoise.simulation.streams import FloatArray, IntArray, Streams, draw_uniform
from equipoise.simulation.tumour_curve import TumourCurves, solve_tumour_curves

NO_RESPONSE, PARTIAL, COMPLETE = 0, 1, 2
GONE = 0.1
"""Sum against baseline below which lesions are no longer seen: an assumption of ours."""
_PARTIAL_AT_MOST = 0.7
_LEAST_DAYS = 21.0
"""A faster doubling than this allows would be no tumour's."""
_LEAST_GROWTH, _LEAST_TENTHS = 1.2, 50
"""What makes a progression by size (RECIST 1.1, 4.3.1)."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How far the tumours shrink, each (subjects,).

    `score` is uniform, low for the deepest; who lies below `complete` responds completely, below
    `response` at least partially. Both are 0 for those who cannot respond any more.
    """

    score: FloatArray
    complete: FloatArray
    response: FloatArray


@dataclass(frozen=True, slots=True)
class Seen:
    """Best response and smallest sum against baseline, as each reader sees it.

    Each (subjects, readers).
    """

    response: IntArray
    nadir: FloatArray


def see_depth(law: Tumour, depth: Depth) -> Seen:
    """The response and smallest sum that a score stands for; any shape."""
    complete, response = depth.complete, depth.response
    kind = np.select(
        [depth.score < complete, depth.score < response], [COMPLETE, PARTIAL], NO_RESPONSE
    )
    low = np.choose(kind, [response, complete, np.zeros_like(complete)])
    high = np.choose(kind, [np.ones_like(response), response, complete])
    place = (depth.score - low) / np.where(high > low, high - low, 1.0)
    return Seen(kind, smallest_sums(law, kind, place))


def smallest_sums(law: Tumour, response: IntArray, place: FloatArray) -> FloatArray:
    """Smallest sum against baseline: log-normal between patients, within what the response allows.

    Parameters    place : in [0, 1], rank among those with the same response, deepest first
    """
    limits = (np.log([GONE, _PARTIAL_AT_MOST]) - np.log(law.nadir)) / law.nadir_spread
    unseen, partial = ndtr(limits)
    low = np.where(response == PARTIAL, unseen, partial)
    high = np.where(response == PARTIAL, partial, 1.0)
    score = ndtri(np.clip(low + place * (high - low), 1e-9, 1 - 1e-9))
    sums = np.minimum(law.nadir * np.exp(law.nadir_spread * score), 1.0)
    # What is left of a complete response is below what is seen, and nobody knows how far.
    return np.asarray(np.where(response == COMPLETE, GONE * (0.1 + 0.8 * place), sums))


def read_depth(law: Tumour, depth: Depth, readers: Sequence[str], streams: Streams) -> Seen:
    """What each reader makes of it: scores of their own, correlated with the true one.

    Two readers' normal scores have the correlation `readers_agree`, so each one's with the truth
    has its square root. A reader's score is uniform as the true one is, so that responses come to
    every reader at the declared chance.
    """
    truth = ndtri(depth.score)
    share = np.sqrt(law.readers_agree)
    scores = np.empty((len(truth), len(readers)))
    for index, reader in enumerate(readers):
        own = ndtri(draw_uniform(streams, f"reading.{reader}.depth"))
        scores[:, index] = ndtr(share * truth + np.sqrt(1 - law.readers_agree) * own)
    return see_depth(law, Depth(scores, depth.complete[:, None], depth.response[:, None]))


def growth_ratio(law: Tumour, uniform: FloatArray) -> FloatArray:
    """Growth rate over shrinkage rate of each patient: log-normal."""
    spread = law.growth_to_shrinkage_spread
    return np.asarray(law.growth_to_shrinkage * np.exp(spread * ndtri(uniform)))


def day_of_growth(brought: Brought, progression: FloatArray) -> FloatArray:
    """Day on which the targets alone have grown to progression: (subjects,).

    It is that of progression where that shows in the targets; where another sign comes first, they
    take up to twice as long.
    """
    slower = np.where(brought.cause == BY_TARGET, 1.0, 1.0 + brought.excess)
    return np.maximum(progression * slower, _LEAST_DAYS)


def fit_tumour_curves(
    nadir: FloatArray, ratio: FloatArray, *, tenths: FloatArray | IntArray, day: FloatArray
) -> TumourCurves:
    """Curves that meet RECIST's progression by size on `day`.

    Parameters    tenths : baseline sum in 0.1 mm; all broadcast against one another
    """
    rise = np.maximum(_LEAST_GROWTH, 1 + _LEAST_TENTHS / (nadir * tenths))
    shape = np.broadcast_shapes(nadir.shape, ratio.shape, rise.shape, day.shape)
    return solve_tumour_curves(
        np.broadcast_to(nadir, shape), np.broadcast_to(ratio, shape), rise=rise, day=day
    )
