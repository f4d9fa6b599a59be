# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside simulated trials: progression-free and overall survival together."""

import numpy as np
import pytest
from scipy.special import ndtr
from tests.design_by_simulation import RUNS, Z, rng, within

from equipoise.design.batch_tests import (
    batch_logrank,
)
from equipoise.design.graph import make_graph
from equipoise.design.pfs_os import Disease, draw_pfs_os, operate_pfs_os
from equipoise.design.piecewise import (
    Course,
    constant,
    make_accrual,
    times,
)
from equipoise.design.simulated_trials import see_at_events
from equipoise.design.spending import (
    obrien_fleming_spending,
)
from equipoise.design.two_arms import (
    Stratum,
    TwoArms,
    month_of_events,
)
from equipoise.design.weighted_logrank import logrank_moments


def sick(effect=1.0):
    return Disease(
        times(constant(0.12), effect), constant(0.01), times(constant(0.06), (1 + effect) / 2)
    )


def together(effect, seed):
    """PFS and OS of 400 patients; PFS has all of alpha and passes it to OS, epsilon back."""
    drawn = draw_pfs_os(
        sick(),
        sick(effect),
        accrual=make_accrual([18.0], [400 / 18]),
        dropout=constant(0.005),
        share=0.5,
        patients=400,
        replicates=RUNS,
        rng=rng(seed),
    )
    graph = make_graph([0.8, 0.2], [[0, 1], [1, 0]])
    spending = (obrien_fleming_spending, obrien_fleming_spending)
    return drawn, operate_pfs_os(
        drawn,
        looks=[(200, 0), (300, 150), (320, 230)],
        planned=(320, 230),
        spending=spending,
        graph=graph,
        alpha=0.025,
    )


def test_26_pfs_and_os_keep_the_family_wise_error_and_gain_from_each_other():
    _, null = together(1.0, 31)
    assert null.any_rejected <= 0.025 + 3 * np.sqrt(0.025 * 0.975 / RUNS)
    assert (null.correlation > 0.3).all()
    drawn, done = together(0.7, 32)
    assert (np.diff(done.rejected, axis=1) >= 0).all()
    course = Course(constant(0.13), constant(0.005)), Course(constant(0.094), constant(0.005))
    pfs = TwoArms((Stratum(make_accrual([18.0], [400 / 18]), *course),), 0.5)
    month = month_of_events(pfs, 320)
    power = ndtr(logrank_moments(pfs, month=month).mean_z[0] - Z)
    within(batch_logrank(see_at_events(drawn.pfs, 320))[0] >= Z, power)
    assert done.events[0, 0] == pytest.approx(200, abs=1)
