# SPDX-License-Identifier: Apache-2.0
"""Progression-free and overall survival under one alpha, over simulated trials of the protocol."""

from __future__ import annotations

import numpy as np
import polars as pl

from equipoise.design.graph import make_graph
from equipoise.design.pfs_os import Disease, draw_pfs_os, operate_pfs_os
from equipoise.design.piecewise import patients_by, scale_accrual
from equipoise.design.plan import outline_of
from equipoise.design.plan_inputs import accrual_of, efficacy_spending, hazard_of, monthly
from equipoise.protocol.model import Course, Protocol, SurvivalDesign

_AT_ONCE = 20_000
"""Trials drawn at most: more only cost memory, and three thousand settle the second decimal."""


def endpoints_table(
    protocol: Protocol, *, replicates: int, rng: np.random.Generator
) -> pl.DataFrame:
    """ENDPOINTS: the looks of the plan and one at the deaths planned, both endpoints in the graph.

    Returns       look, month, mean events, correlation of the two Z, and the share of trials in
                  which each endpoint is rejected by then; empty where the protocol states no
                  `planned_events` of an overall survival beside its progression-free survival, or
                  no simulated world
    Notes         the world is that of the protocol's `simulation`, not the effect of its design
    Source: docs/methods/design-multiplicity.md
    Proof: tests/property/test_design_simulated_pfs_os.py
    """
    design, world = protocol.design, protocol.simulation
    if not isinstance(design, SurvivalDesign) or design.multiplicity is None or world is None:
        return pl.DataFrame()
    kinds = {endpoint.id: endpoint.kind for endpoint in protocol.endpoints}
    deaths = {
        name: count
        for name, count in design.multiplicity.planned_events.items()
        if kinds.get(name) == "os"
    }
    if kinds[design.endpoint] != "pfs" or len(deaths) != 1 or protocol.control is None:
        return pl.DataFrame()
    ((other, planned),) = deaths.items()
    plan = outline_of(protocol)
    pair, graph = (design.endpoint, other), design.multiplicity
    treated = next(arm.id for arm in protocol.arms if arm.id != protocol.control.id)
    ends = [piece.until_month for piece in design.accrual]
    accrual = accrual_of(ends, [piece.per_month for piece in design.accrual], start=0.0)
    drawn = draw_pfs_os(
        _disease(world.arms[protocol.control.id]),
        _disease(world.arms[treated]),
        accrual=scale_accrual(accrual, plan.patients / float(patients_by(accrual, np.inf)[0])),
        dropout=monthly(1 - (1 - world.dropout_per_year) ** (1 / 12)),
        share=plan.trial.share,
        patients=plan.patients,
        replicates=min(replicates, _AT_ONCE),
        rng=rng,
    )
    counts = [int(count) for count in plan.events]
    spending = efficacy_spending(design.efficacy, plan.bounds.fraction, alpha=design.alpha)
    done = operate_pfs_os(
        drawn,
        looks=[*((count, 0) for count in counts), (counts[-1], planned)],
        planned=(counts[-1], planned),
        spending=(spending, spending),
        graph=make_graph(
            [graph.weights.get(name, 0.0) for name in pair],
            [[graph.edges.get(one, {}).get(two, 0.0) for two in pair] for one in pair],
        ),
        alpha=design.alpha,
    )
    return pl.DataFrame(
        {
            "look": [*(str(look) for look in range(1, len(counts) + 1)), "deaths planned"],
            "month": done.month,
            f"{pair[0]}_events": done.events[0],
            f"{other}_events": done.events[1],
            "correlation": done.correlation,
            f"{pair[0]}_shown": done.rejected[0],
            f"{other}_shown": done.rejected[1],
        }
    )


def _disease(course: Course) -> Disease:
    return Disease(
        hazard_of(course.progression),
        hazard_of(course.death_before_progression),
        hazard_of(course.death_after_progression),
    )
