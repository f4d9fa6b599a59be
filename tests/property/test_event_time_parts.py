# SPDX-License-Identifier: Apache-2.0
"""The parts of the event-time kernel: random numbers, logarithm, sorting network."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from numba import njit

from equipoise.operating.lanes import count_up, load, store
from equipoise.operating.logarithm import log_lanes
from equipoise.operating.philox import LOW, SHIFT, philox, philox_lanes, philox_uniforms
from equipoise.operating.sorting import sort_columns

KNOWN = yaml.safe_load((Path(__file__).parents[1] / "reference" / "philox.yaml").read_text())


@pytest.mark.parametrize("case", KNOWN["cases"], ids=lambda c: hex(c["counter"][0]))
def test_philox_gives_the_published_answers(case):
    counter = tuple(np.array([word], dtype=np.uint64) for word in case["counter"])
    words = philox(counter, seed=case["key"][0] | case["key"][1] << 32)
    assert [int(word[0]) for word in words] == case["answer"]


@njit
def _lanes_of(out, patients, first, seed):
    replicates = count_up(np.uint64(first))
    for i in range(patients):
        u, v, w = philox_lanes(
            np.uint64(i), replicates & LOW, replicates >> SHIFT, np.uint64(1), np.uint64(seed)
        )
        store(out, 3 * i, u)
        store(out, 3 * i + 1, v)
        store(out, 3 * i + 2, w)


def test_lanes_draw_the_same_bits_as_numpy():
    first, seed = 2**32 - 3, 2**63 + 12345
    out = np.empty((3 * 40, 8))
    _lanes_of(out, 40, first, seed)
    for lane in range(8):
        plain = philox_uniforms(40, seed=seed, replicate=first + lane, purpose=1)
        for k in range(3):
            np.testing.assert_array_equal(out[k::3, lane], plain[k])
            assert np.all((plain[k] > 0) & (plain[k] < 1))


def test_uniform_numbers_are_uniform():
    draws = [philox_uniforms(1000, seed=5, replicate=r, purpose=0) for r in range(200)]
    for numbers in np.concatenate([np.stack(d) for d in draws], axis=1):
        count, _ = np.histogram(numbers, bins=50, range=(0, 1))
        assert ((count - 4000) ** 2 / 4000).sum() < 95  # 0.9999 quantile of chi-square, 49 df


@njit
def _logs(x, out):
    for row in range(x.shape[0]):
        store(out, row, log_lanes(load(x, row)))


def test_logarithm_is_within_two_units_in_the_last_place():
    generator = np.random.default_rng(1)
    x = np.concatenate(
        [
            generator.random(80_000),
            1 + generator.normal(size=80_000) * 1e-9,
            np.exp(generator.uniform(-600, 600, size=80_000)),
            [2.0**-53, 0.5, 1.0, 2.0, np.sqrt(0.5), np.nextafter(np.sqrt(0.5), 0), 1e300, 3.0],
        ]
    ).reshape(-1, 8)
    out = np.empty_like(x)
    _logs(x, out)
    expected = np.log(x)
    assert np.max(np.abs(out - expected) / np.spacing(np.abs(expected) + 1e-300)) <= 2


@pytest.mark.parametrize("rows", [16, 32, 48, 128, 144, 256, 272, 400, 528, 1040])
def test_network_sorts_any_multiple_of_sixteen(rows):
    keys = np.random.default_rng(rows).random((rows, 8)).view(np.uint64)
    keys[::3] = keys[0]  # ties
    keys[-5:] = 0x7FF0000000000000  # padding
    expected = np.sort(keys, axis=0)
    sort_columns(keys, 0, rows)
    np.testing.assert_array_equal(keys, expected)


def test_network_touches_no_other_rows():
    keys = np.random.default_rng(2).random((80, 8)).view(np.uint64)
    before = keys.copy()
    sort_columns(keys, 16, 64)
    np.testing.assert_array_equal(keys[:16], before[:16])
    np.testing.assert_array_equal(keys[64:], before[64:])
    np.testing.assert_array_equal(keys[16:64], np.sort(before[16:64], axis=0))


def test_without_room_for_a_cache_the_kernel_compiles_all_the_same(monkeypatch):
    from numba.core import caching

    from equipoise.operating.compiling import whole

    def double(x):
        return 2 * x

    with monkeypatch.context() as patch:  # as where no folder can be written
        patch.setattr(caching.CacheImpl, "_locator_classes", [])
        with pytest.raises(RuntimeError, match="cannot cache function"):
            njit(cache=True)(double)
        assert whole(double)(21) == 42
