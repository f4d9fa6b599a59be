# SPDX-License-Identifier: Apache-2.0
"""Reconstructed trials: every column R printed for every curve of the kmdata folder."""

from __future__ import annotations

import polars as pl
import pytest
from tests.oracles import Comparison, oracle_file

from equipoise.statistics.cox import cox, fit_cox
from equipoise.statistics.kaplan_meier import kaplan_meier
from equipoise.statistics.logrank import logrank, tabulate_risk
from equipoise.statistics.proportional_hazards import proportional_hazards_test
from equipoise.statistics.quantile import quantile
from equipoise.statistics.rmst import restricted_area
from equipoise.statistics.weighted_logrank import fleming_harrington

pytestmark = pytest.mark.oracle


def answers(time, event, arm):
    efron = fit_cox(time, event, arm, ties="efron", conf_level=0.95)
    breslow = cox(time, event, arm, ties="breslow", conf_level=0.95)
    fit = efron.result
    test = logrank(time, event, arm)
    table = tabulate_risk(time, event, arm)
    out = {
        "n1": table.n[0],
        "n2": table.n[1],
        "e1": test.observed[0],
        "e2": test.observed[1],
        "distinct_event_times": table.events.shape[0],
        "max_ties": table.events.sum(axis=1).max(),
        "loghr": fit.coef[0],
        "se": fit.se[0],
        "hr": fit.hr[0],
        "hr_lo": fit.lower[0],
        "hr_hi": fit.upper[0],
        "loglik0": fit.loglik_null,
        "loglik1": fit.loglik,
        "wald_p": fit.wald.p,
        "score_chisq": fit.score.statistic,
        "lrt_p": fit.lrt.p,
        "loghr_breslow": breslow.coef[0],
        "se_breslow": breslow.se[0],
        "lr_chisq": test.chi2,
        "lr_p": test.p,
        "lr_obs2": test.observed[1],
        "lr_exp2": test.expected[1],
        "lr_var": test.variance[1, 1],
        "peto_chisq": fleming_harrington(time, event, arm, rho=1, gamma=0).chi2,
        "zph_p": proportional_hazards_test(efron, transform="km").terms[0].p,
    }
    for number, code in ((1, 0), (2, 1)):
        in_arm = arm == code
        for suffix, conf_type in (("", "log-log"), ("_log", "log")):
            km = kaplan_meier(time[in_arm], event[in_arm], conf_type=conf_type, conf_level=0.95)
            median = quantile(km, 0.5, plateau="midpoint-to-last")
            out[f"med{number}_lo{suffix}"] = median.lower
            out[f"med{number}_hi{suffix}"] = median.upper
            out[f"med{number}"] = median.estimate
        # R's restricted mean runs to the last time of either arm and carries the curve forward
        out[f"rmean{number}"] = restricted_area(km, float(time.max()))[0]
    return out


def test_every_value_of_every_curve():
    rows = pl.read_csv(
        oracle_file("kmdata/reference_r.csv"), infer_schema_length=None, null_values=["NA"]
    )
    patients = pl.read_parquet(oracle_file("kmdata/ipd.parquet"))
    compare = Comparison("Kaplan-Meier, log-rank, Cox", "kmdata/reference_r.csv")
    for row in rows.iter_rows(named=True):
        one = patients.filter(pl.col("dataset") == row["dataset"])
        arm = one["arm_index"].to_numpy() - 1
        got = answers(one["time"].to_numpy(), one["event"].to_numpy(), arm)
        unknown = set(row) - set(got) - {"dataset"}
        assert not unknown, f"columns nobody compares: {unknown}"
        for name, value in got.items():
            label = f"{row['dataset']} {name}"
            check = compare.check_p if name.endswith("_p") else compare.check
            check(label, value, row[name])
    compare.close()
