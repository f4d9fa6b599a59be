# SPDX-License-Identifier: Apache-2.0
"""The fast event-time simulator against the readable one, and what must hold for any trial."""

import hashlib
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tests import event_time_trials as trials

from equipoise.operating.reference import simulate_reference
from equipoise.operating.simulate_events import simulate_replicates

FIRST = 2**32 - 5  # so that both halves of the replicate number move
CASES = {
    "plain": (trials.plain_trial(0.65), trials.THREE_LOOKS),
    "strong effect": (trials.plain_trial(0.1), trials.THREE_LOOKS),
    "strata, delay, cure": (trials.rich_trial(), trials.MANY_LOOKS),
    "many patients": (trials.large_trial(), trials.Looks(events=(100, 400))),
    "scan grid with ties": (trials.rich_trial(trials.SCANS), trials.MANY_LOOKS),
}


@pytest.mark.parametrize("case", CASES)
def test_fast_and_readable_agree(case):
    trial, looks = CASES[case]
    fast = simulate_replicates(trial, looks=looks, seed=11, first=FIRST, replicates=25)
    for k in range(25):
        plain = simulate_reference(trial, looks=looks, seed=11, replicate=FIRST + k)
        rows = np.array([[r.cut, r.events, r.enrolled, r.z, r.log_hr, r.se] for r in plain])
        np.testing.assert_allclose(fast[k, : len(plain)], rows, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_a_replicate_is_the_same_alone_and_in_any_batch(case):
    trial, looks = CASES[case]
    whole = simulate_replicates(trial, looks=looks, seed=3, first=100, replicates=37)
    for first, number in ((100, 1), (101, 1), (103, 9), (117, 20)):
        part = simulate_replicates(trial, looks=looks, seed=3, first=first, replicates=number)
        assert part.tobytes() == whole[first - 100 : first - 100 + number].tobytes()


def test_threads_give_the_same_bytes():
    trial, looks = CASES["plain"]
    whole = simulate_replicates(trial, looks=looks, seed=3, first=0, replicates=4000)
    parts = {}

    def run(first):
        parts[first] = simulate_replicates(trial, looks=looks, seed=3, first=first, replicates=1000)

    threads = [threading.Thread(target=run, args=(first,)) for first in range(0, 4000, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    joined = np.concatenate([parts[first] for first in sorted(parts)])
    assert joined.tobytes() == whole.tobytes()


def test_every_replicate_has_exactly_the_planned_events():
    out = simulate_replicates(
        trials.plain_trial(0.65), looks=trials.THREE_LOOKS, seed=1, first=0, replicates=100_000
    )
    for look, events in enumerate(trials.THREE_LOOKS.events):
        assert np.all(out[:, look, 1] == events)


def test_a_look_that_never_comes_is_missing_and_one_at_the_latest_month_is_not():
    trial = trials.plain_trial(0.65)
    never = trials.Looks(events=(100, 272))
    out = simulate_replicates(trial, looks=never, seed=1, first=0, replicates=50)
    assert np.all(np.isinf(out[:, 1, 0]))
    assert np.all(np.isnan(out[:, 1, 1:]))
    assert np.all(np.isfinite(out[:, 0]))
    capped = trials.Looks(events=(100, 272), latest_month=20.0)
    out = simulate_replicates(trial, looks=capped, seed=1, first=0, replicates=50)
    assert np.all(out[:, 1, 0] == 20.0)
    assert np.all(np.isfinite(out))


def test_no_events_on_one_arm_has_no_hazard_ratio():
    trial = trials.plain_trial(1e-9)
    looks = trials.Looks(events=(5,))
    out = simulate_replicates(trial, looks=looks, seed=1, first=0, replicates=40)
    assert np.all(np.isnan(out[:, 0, 4:]))
    assert np.all(out[:, 0, 3] < 0)


DIGEST = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from equipoise.operating.simulate_events import simulate_replicates
from tests.event_time_trials import MANY_LOOKS, SCANS, rich_trial
out = simulate_replicates(rich_trial(SCANS), looks=MANY_LOOKS, seed=5, first=0, replicates=200)
print(hashlib.sha256(out.tobytes()).hexdigest())
"""


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="names an x86 processor")
def test_an_older_processor_gives_the_same_bytes(tmp_path):
    """Compiled for AVX2 (2013) and for plain SSE2: other instructions, the same numbers."""
    root = Path(__file__).parents[2]
    found = set()
    for name in ("haswell", "generic"):
        cpu = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST, str(root)],
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | cpu,
        )
        found.add(done.stdout.strip())
    trial, looks = CASES["scan grid with ties"]
    out = simulate_replicates(trial, looks=looks, seed=5, first=0, replicates=200)
    assert found == {hashlib.sha256(out.tobytes()).hexdigest()}
