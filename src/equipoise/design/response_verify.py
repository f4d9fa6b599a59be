# SPDX-License-Identifier: Apache-2.0
"""Response designs beside simulated patients, and other tests at a calendar month beside trials."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from equipoise.design.many_arms import many_arm_bounds
from equipoise.design.plan import allocation, plan_design
from equipoise.design.plan_adaptive import predictive_looks
from equipoise.design.plan_one_arm import REGIONS
from equipoise.errors import Fault, MethodError
from equipoise.protocol.model import (
    BayesianResponseDesign,
    MultiArmDesign,
    Protocol,
    SingleArmResponseDesign,
    TwoArmResponseDesign,
)

Compared = tuple[str, float, float, float]


def verify_response(
    protocol: Protocol, *, replicates: int, rng: np.random.Generator
) -> list[Compared]:
    """Size and power of a response or many-arm design by simulation.

    Returns       quantity, formula, simulated, Monte-Carlo standard error under the formula
    Raises        MethodError - this kind of design is not simulated
    """
    design = protocol.design
    if isinstance(design, SingleArmResponseDesign | BayesianResponseDesign):
        return _one_arm(design, protocol, replicates, rng)
    if isinstance(design, TwoArmResponseDesign):
        return _two_arms(design, protocol, replicates, rng)
    if isinstance(design, MultiArmDesign):
        return [_many_arms(design, protocol, replicates, rng)]
    raise MethodError(
        Fault(
            what="a design of this kind is not verified by simulation",
            where="design",
            mend="its reference tests compare it with other software; see docs/methods",
        )
    )


def _row(quantity: str, formula: float, hits: npt.ArrayLike) -> Compared:
    each = np.asarray(hits, dtype=np.float64)
    error = float(np.sqrt(formula * (1 - formula) / len(each)))
    return quantity, formula, float(each.mean()), error


def _one_arm(
    design: SingleArmResponseDesign | BayesianResponseDesign,
    protocol: Protocol,
    replicates: int,
    rng: np.random.Generator,
) -> list[Compared]:
    """Patients respond one by one; a stage is passed with as many responses as its rule asks."""
    tables = plan_design(protocol).tables
    stages = tables["STAGES"]
    summary = dict(tables["SUMMARY"].select("item", "value").rows())
    sizes, needed = stages["patients"].to_numpy(), stages["go_on_from"].to_numpy()
    if isinstance(design, BayesianResponseDesign):
        assert sizes.tolist() == predictive_looks(design)
    found = []
    for name, rate, formula in (
        ("size", design.p0, summary["one-sided size"]),
        ("power", design.p1, summary["power"]),
    ):
        seen = rng.binomial(np.diff(sizes, prepend=0), rate, (replicates, len(sizes))).cumsum(
            axis=1
        )
        found.append(_row(name, float(formula), (seen >= needed).all(axis=1)))
    return found


def _two_arms(
    design: TwoArmResponseDesign, protocol: Protocol, replicates: int, rng: np.random.Generator
) -> list[Compared]:
    summary = dict(plan_design(protocol).tables["SUMMARY"].select("item", "value").rows())
    control, experimental = (int(summary[f"{arm} patients"]) for arm in ("control", "experimental"))
    reject = REGIONS[design.kind](control, experimental, design.alpha)
    x0 = rng.binomial(control, design.p0, replicates)
    x1 = rng.binomial(experimental, design.p1, replicates)
    return [_row("power", float(summary["power"]), reject[x0, x1])]


def _many_arms(
    design: MultiArmDesign, protocol: Protocol, replicates: int, rng: np.random.Generator
) -> Compared:
    """Family-wise error: correlated walks of every comparison, none of them with an effect."""
    arms = len(protocol.arms) - 1
    experimental, control = allocation(protocol)
    ratio = experimental / arms / control
    bounds = many_arm_bounds(
        design.looks, arms=arms, alpha=design.alpha, shape=design.shape, ratio=ratio
    )
    rho, t = ratio / (1 + ratio), bounds.fraction
    step = np.sqrt(np.diff(t, prepend=0.0))[:, None, None]
    own = (step * rng.standard_normal((len(t), replicates, arms))).cumsum(axis=0)
    shared = (step * rng.standard_normal((len(t), replicates, 1))).cumsum(axis=0)
    z = (np.sqrt(1 - rho) * own + np.sqrt(rho) * shared) / np.sqrt(t)[:, None, None]
    crossed = (z >= bounds.upper[:, None, None]).any(axis=(0, 2))
    return _row("family-wise error", design.alpha, crossed)
