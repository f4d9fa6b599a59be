# SPDX-License-Identifier: Apache-2.0
"""The search of a twin has one compiled form: what is compiled at set-up is what runs."""

import numpy as np
from numpy.random import Generator, Philox

from equipoise.twins import search as module


def test_arrays_that_may_not_be_written_do_not_compile_the_search_anew():
    module.compile_search()
    before = list(module._anneal.signatures)
    day = np.array([[1, 3], [2, 3]])
    one = np.ones((2, 2), dtype=np.int64)
    none = np.zeros((0, 9))
    targets = module.Targets(*(none,) * 4, np.zeros((0, 4)), np.array([[0.0, 2, 2]]), none, True)
    codes = np.array([0, 1])
    codes.flags.writeable = False  # as columns of a table come
    module.search(
        module.Choices(day, one, one, one, np.array([2, 2])),
        np.zeros(2, dtype=np.int64),
        arm=codes,
        stratum=codes,
        targets=targets,
        rng=Generator(Philox(1)),
        steps=2,
        rounds=1,
    )
    assert module._anneal.signatures == before
