# SPDX-License-Identifier: Apache-2.0
"""One measurement of one Python tool; prints {"seconds": ..., "mb": ...}. See compare.py.

Seconds are those of the processor (user and system), so that other work on the machine counts
little; every tool has one thread.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np

Call = Callable[..., object]  # time, event, covariates (n, 5), arm as integers


def equipoise(method: str) -> Call:
    """Our own calls."""
    from equipoise.statistics import compile_kernels
    from equipoise.statistics.cox import cox
    from equipoise.statistics.kaplan_meier import kaplan_meier
    from equipoise.statistics.logrank import logrank

    compile_kernels()  # as `make setup` does; those of many rows are not met in the warm-up

    def curve(t: np.ndarray, e: np.ndarray, *_: np.ndarray) -> object:
        km = kaplan_meier(t, e, conf_type="log-log", conf_level=0.95)
        return km.time, km.n_risk, km.n_event, km.survival, km.std_err  # what statsmodels computes

    calls: dict[str, Call] = {
        "kaplan_meier": curve,
        "logrank": lambda t, e, _, arm: logrank(t, e, arm),
        "cox1": lambda t, e, x, _: cox(t, e, x[:, 0], ties="efron", conf_level=0.95),
        "cox5": lambda t, e, x, _: cox(t, e, x, ties="efron", conf_level=0.95),
    }
    return calls[method]


def statsmodels(method: str) -> Call:
    """The statsmodels calls."""
    import statsmodels.api as sm
    from statsmodels.duration.survfunc import survdiff

    calls: dict[str, Call] = {
        "kaplan_meier": lambda t, e, *_: sm.SurvfuncRight(t, e),
        "logrank": lambda t, e, _, arm: survdiff(t, e, arm),
        "cox1": lambda t, e, x, _: sm.PHReg(t, x[:, :1], status=e, ties="efron").fit(),
        "cox5": lambda t, e, x, _: sm.PHReg(t, x, status=e, ties="efron").fit(),
    }
    return calls[method]


def lifelines(method: str) -> Call:
    """The lifelines calls."""
    import pandas as pd
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import logrank_test

    def cox(columns: int) -> Call:
        def fit(t: np.ndarray, e: np.ndarray, x: np.ndarray, _: np.ndarray) -> object:
            frame = pd.DataFrame(x[:, :columns], columns=[f"x{i}" for i in range(columns)])
            frame["t"], frame["e"] = t, e
            return CoxPHFitter().fit(frame, "t", "e")

        return fit

    def rank(t: np.ndarray, e: np.ndarray, _: np.ndarray, group: np.ndarray) -> object:
        arm = group == 1
        return logrank_test(t[arm], t[~arm], e[arm], e[~arm])

    calls: dict[str, Call] = {
        "kaplan_meier": lambda t, e, *_: KaplanMeierFitter().fit(t, e),
        "logrank": rank,
        "cox1": cox(1),
        "cox5": cox(5),
    }
    return calls[method]


def sksurv(method: str) -> Call:
    """The scikit-survival calls."""
    from sksurv.compare import compare_survival
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.nonparametric import kaplan_meier_estimator

    def outcome(t: np.ndarray, e: np.ndarray) -> np.ndarray:
        pairs = np.empty(t.size, dtype=[("event", bool), ("time", float)])
        pairs["event"], pairs["time"] = e == 1, t
        return pairs

    calls: dict[str, Call] = {
        "kaplan_meier": lambda t, e, *_: kaplan_meier_estimator(e == 1, t),
        "logrank": lambda t, e, _, arm: compare_survival(outcome(t, e), arm),
        "cox1": lambda t, e, x, _: CoxPHSurvivalAnalysis(ties="efron").fit(x[:, :1], outcome(t, e)),
        "cox5": lambda t, e, x, _: CoxPHSurvivalAnalysis(ties="efron").fit(x, outcome(t, e)),
    }
    return calls[method]


def main() -> None:
    """Read the rows, warm up on a few of them, then time."""
    warnings.simplefilter("ignore")
    tool, method, folder, n = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    time, event = (np.fromfile(folder / f"{name}.bin") for name in ("time", "event"))
    x = np.fromfile(folder / "x.bin").reshape(n, 5, order="F").copy()
    arm = x[:, 0].astype(np.int64)
    call = globals()[tool](method)
    few = slice(0, min(n, 200))
    call(time[few], event[few], x[few], arm[few])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = process_time()
    call(time, event, x, arm)
    best = process_time() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spent = best
    while spent < min(3.0, 30 * best):
        began = process_time()
        call(time, event, x, arm)
        seconds = process_time() - began
        best, spent = min(best, seconds), spent + seconds
    print(json.dumps({"seconds": best, "mb": (after - before) / 1024}))


if __name__ == "__main__":
    main()
