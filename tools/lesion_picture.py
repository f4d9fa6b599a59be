# SPDX-License-Identifier: Apache-2.0
"""Draw a lesion history becoming a progression-free time: `make picture`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from equipoise.adam import derive_adam
from equipoise.report.figures import ALERT, ARM_COLOURS, MUTED, base_spec
from equipoise.report.renderer import draw_here
from equipoise.trial import load_trial, simulate_evidence

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "lesion-history.svg"
READER = pl.col("EVALUATOR") == "BIRC"


def history() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Sums of one simulated patient with the rule of each visit, and the time that follows."""
    trial = load_trial("altn-iii-04")
    response = trial.protocol.response.model_copy(update={"source": "lesions"})
    protocol = trial.protocol.model_copy(update={"response": response})
    adam = derive_adam(simulate_evidence(trial, seed=1).tables, protocol)
    times = adam["ADTTE"].filter((pl.col("PARAMCD") == "PFS") & READER & (pl.col("CNSR") == 0))
    visits = adam["ADRS"].filter((pl.col("PARAMCD") == "OVR") & READER)
    grown = visits.filter((pl.col("AVALC") == "PD") & pl.col("REASON").str.contains("above"))
    after_response = visits.filter(pl.col("AVALC") == "PR")
    chosen = times.join(grown.select("USUBJID"), on="USUBJID", how="semi").join(
        after_response.select("USUBJID"), on="USUBJID", how="semi"
    )
    time = chosen.sort("USUBJID").row(0, named=True)
    subject = pl.col("USUBJID") == time["USUBJID"]
    sums = adam["ADTR"].filter(subject & READER & (pl.col("PARAMCD") == "SDIAM"))
    rows = sums.join(visits.filter(subject), on="ADT", how="left").select(
        day=(pl.col("ADT") - time["STARTDT"]).dt.total_days() + 1,
        sum="AVAL",
        nadir=pl.coalesce("NADIR", "AVAL"),
        limit=pl.max_horizontal(pl.col("NADIR") * 1.2, pl.col("NADIR") + 5),
        response=pl.coalesce("AVALC", pl.lit("baseline")),
        reason="REASON",
    )
    return rows.filter(pl.col("day") <= time["AVAL"]), time


def specification(rows: pl.DataFrame, time: dict[str, Any]) -> dict[str, Any]:
    """Sums, the nadir before each visit, the limit of progression, and the time in days."""
    values = rows.to_dicts()
    x = {"field": "day", "type": "quantitative", "axis": {"title": "Day since randomisation"}}
    y = {"field": "sum", "type": "quantitative", "axis": {"title": "Sum of diameters (mm)"}}

    def layer(mark: dict[str, Any], **encoding: Any) -> dict[str, Any]:
        return {"data": {"values": values}, "mark": mark, "encoding": {"x": x, "y": y} | encoding}

    nadir = {"field": "nadir", "type": "quantitative"}
    limit = {"field": "limit", "type": "quantitative"}
    label = {"text": {"field": "response", "type": "nominal"}}
    last = values[-1]
    ending = [{"day": time["AVAL"], "sum": 10, "text": f"progression-free {time['AVAL']} days"}]
    spec = base_spec(width=640, height=320, font_size=12)
    spec["title"] = {
        "text": "A lesion history becomes a progression-free time",
        "subtitle": [
            f"SIMULATED patient {time['USUBJID']}, read by BIRC",
            "Grey: the nadir before each visit. Dashed: 20% and at least 5 mm above it.",
            f"Day {time['AVAL']}: {last['reason']}.",
        ],
        "subtitlePadding": 4,
        "offset": 12,
        "anchor": "start",
    }
    spec["layer"] = [
        layer({"type": "line", "interpolate": "step-before", "color": MUTED}, y=nadir),
        layer(
            {"type": "line", "interpolate": "step-before", "color": ALERT, "strokeDash": [4, 3]},
            y=limit,
        ),
        layer({"type": "line", "color": ARM_COLOURS[0], "strokeWidth": 2}),
        layer({"type": "point", "filled": True, "size": 60, "color": ARM_COLOURS[0]}),
        layer({"type": "text", "dy": -12, "fontWeight": "bold"}, **label),
        {
            "data": {"values": ending},
            "mark": {"type": "rule", "color": ALERT},
            "encoding": {"x": x},
        },
        {
            "data": {"values": ending},
            "mark": {"type": "text", "align": "right", "dx": -6, "dy": -8, "color": ALERT},
            "encoding": {"x": x, "y": y, "text": {"field": "text", "type": "nominal"}},
        },
    ]
    spec["background"] = "white"
    return spec


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    svg = draw_here(specification(*history()))()
    PICTURE.write_text(svg, encoding="utf-8")
