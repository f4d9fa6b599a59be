# SPDX-License-Identifier: Apache-2.0
"""Results are the same to the last bit for any number of threads the machine offers."""

import os
import subprocess
import sys

import pytest

GROUPED_CALLS = """
import hashlib
import numpy as np
from equipoise.statistics.concordance import concordance
from equipoise.statistics.cox import fit_cox
from equipoise.statistics.kaplan_meier import kaplan_meier_by_group
from equipoise.statistics.logrank import logrank
from equipoise.statistics.many_trials import hazard_ratios, logranks, sort_trials

def digest(*parts):
    data = b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    return hashlib.sha256(data).hexdigest()

rng = np.random.default_rng(7)
n = 45_000
x = rng.normal(size=(n, 5))
exact = rng.exponential(10.0 * np.exp(0.3 * x[:, 0]))
event, arm, stratum = rng.random(n) < 0.7, rng.integers(0, 2, n), rng.integers(0, 4, n)
for time in (exact, np.ceil(4.0 * exact) / 4.0):
    for curve in kaplan_meier_by_group(
        time, event, stratum, conf_type="log-log", conf_level=0.95
    ).curves:
        print("curve", digest(curve.time, curve.n_risk, curve.survival, curve.std_err, curve.lower))
    test = logrank(time, event, arm, stratum=stratum)
    print("logrank", digest(test.chi2, test.p, test.expected, test.variance))
    several = logrank(time, event, stratum)
    print("four groups", digest(several.chi2, several.variance))
    trials = sort_trials(time, event, arm, offsets=np.arange(0, n + 1, 300))
    ratios = hazard_ratios(trials, ties="efron", strata=1)
    print("trials", digest(logranks(trials, strata=1).z, ratios.log_hr, ratios.std_err))
    fit = fit_cox(time, event, x, ties="efron", conf_level=0.95, stratum=stratum, robust=True)
    model = fit.result
    print("cox", digest(model.coef, model.se, model.loglik, model.score.statistic))
    print("robust", digest(model.robust_se))
    print("concordance", digest(concordance(fit).c, concordance(fit).std_err))
"""
VARIABLES = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def printed(threads):
    done = subprocess.run(
        [sys.executable, "-c", GROUPED_CALLS],
        env=os.environ | dict.fromkeys(VARIABLES, str(threads)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="this machine has one processor")
def test_results_do_not_depend_on_the_number_of_threads():
    one, two = printed(1), printed(2)
    assert len(one) == 20
    assert two == one
