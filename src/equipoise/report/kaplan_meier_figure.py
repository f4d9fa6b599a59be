# SPDX-License-Identifier: Apache-2.0
"""Kaplan-Meier figure: curves with bands and censoring, a key with estimates, numbers at risk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from equipoise.protocol.model import Analysis, Arm, Protocol
from equipoise.report.direct_labels import Curve, place_labels
from equipoise.report.figures import (
    ALERT,
    ARM_COLOURS,
    ARM_DASHES,
    Drawing,
    Figure,
    arm_styles,
    base_spec,
    pixels,
    text_layer,
)
from equipoise.report.kaplan_meier_panels import (
    NARROW,
    RISK,
    WIDE,
    Layout,
    Plot,
    key_layers,
    risk_layers,
)
from equipoise.report.numbers import Number, Numbers
from equipoise.report.words import population_name

CURVE = "kaplan-meier.curve"
COARSE_MONTHS = 0.5
WITH = "Vertical ticks: censored times."
WITHOUT = (
    f"Without single patients: curves are read every {COARSE_MONTHS:g} months, and censored times "
    "are not drawn."
)
# A square of six pixels around a step, to point at; scale 1 at size 4.
TARGET = "M-3,-3H3V3H-3Z"
STARTS = {"randomisation": "Months since randomisation", "first-dose": "Months since first dose"}


def kaplan_meier_figure(
    analysis: Analysis,
    numbers: Numbers,
    protocol: Protocol,
    *,
    label: str,
    patients: bool = True,
) -> Figure | None:
    """The figure of one time-to-event analysis; None where no curve was computed.

    Without `patients` the curve is read every COARSE_MONTHS and no censored time is drawn.
    """
    styles = arm_styles(protocol)
    curves = tuple(_curve(analysis.id, numbers, arm, styles[arm.id]) for arm in protocol.arms)
    drawn = tuple(curve for curve in curves if curve.steps)
    if not patients:
        drawn = tuple(_coarse(curve) for curve in drawn)
    if not drawn:
        return None
    endpoint = next(item for item in protocol.endpoints if item.id == analysis.endpoint)
    of_response = endpoint.kind == "dor"
    start = "Months since the first response" if of_response else STARTS[endpoint.start]
    ticks = sorted({n.time for n in numbers.of(analysis.id, RISK) if n.time is not None})
    axis = "Still on treatment" if endpoint.kind == "ttd" else endpoint.label
    plot = Plot(analysis, protocol, numbers, drawn, tuple(ticks), axis, label)
    return Figure(
        id=f"km-{analysis.id}",
        title=f"Kaplan-Meier curves: {analysis.label}",
        population=population_name(protocol, analysis.population),
        description=(
            f"Step curves of {endpoint.label.lower()} by arm, falling from 100 percent, with 95 "
            "percent confidence bands and ticks at censored times. The key above gives events, "
            "medians and the comparison; below stand the numbers at risk, with an event and "
            "censored at each tick of the time axis."
        ),
        drawings=tuple(_drawing(plot, layout, start, steps=patients) for layout in (WIDE, NARROW)),
        footnotes=(
            f"Bands: pointwise 95% confidence intervals. {WITH if patients else WITHOUT} "
            f"{_stop_rule(protocol)} At risk at a time: everyone whose own "
            "time is that or later; events and censorings are those before it.",
        ),
    )


def _coarse(curve: Curve) -> Curve:
    """The curve as it stands at whole steps of time; times of single patients are gone."""
    last = int(curve.steps[-1][0] / COARSE_MONTHS)
    times = [COARSE_MONTHS * at for at in range(last + 1)]
    steps = [(time, *max(s for s in curve.steps if s[0] <= time)[1:]) for time in times]
    return replace(curve, steps=tuple(steps), censored=())


def _stop_rule(protocol: Protocol) -> str:
    least = protocol.curve_least_at_risk
    if least is None:
        return "Each curve stops at the last observed time of its arm."
    return (
        f"Each curve stops after the last time with at least {least} patients at risk; that of an "
        "arm of fewer patients at its last observed time."
    )


def _curve(analysis: str, numbers: Numbers, arm: Arm, index: int) -> Curve:
    """The steps of an arm and its censored times, at the height that the curve has there."""
    steps: list[tuple[float, float, float, float]] = []
    censored = []
    for number in numbers.of(analysis, CURVE):
        if number.arm != arm.id or number.time is None or number.value is None:
            continue
        if number.stat == "surv" and not number.ci_of:
            lower, upper = numbers.interval(number) or (None, None)
            low = lower.value if lower and lower.value is not None else number.value
            high = upper.value if upper and upper.value is not None else number.value
            steps.append((number.time, number.value, low, high))
        elif number.stat == "n_cens":
            censored.append(number.time)
    steps.sort()
    end = numbers.find(analysis, CURVE, "curve_end", arm.id)
    if steps and end and end.value is not None:
        steps = [step for step in steps if step[0] <= end.value]
        steps.append((end.value, *steps[-1][1:]))
        censored = [time for time in censored if time <= end.value]
    heights = [
        (time, max((s for s in steps if s[0] <= time), default=(0, 1.0, 0, 0))[1])
        for time in sorted(censored)
    ]
    return Curve(arm.id, arm.short, index, tuple(steps), tuple(heights))


def _drawing(plot: Plot, layout: Layout, x_title: str, *, steps: bool) -> Drawing:
    used: list[Number] = []
    pointed = _steps(plot) if steps else []
    end = max([curve.steps[-1][0] for curve in plot.curves] + list(plot.ticks))
    every = -(-len(plot.ticks) // layout.most_ticks)
    ticks = plot.ticks[::every]
    spec = base_spec(width=layout.width, height=layout.height, font_size=layout.font)
    x = {
        "field": "t",
        "type": "quantitative",
        "scale": {"domain": [0, end], "nice": False},
        "axis": {
            "values": list(ticks),
            "title": x_title,
            "grid": False,
            "format": "d",
            "labelFlush": False,
        },
    }
    spec["layer"] = [
        *_watermark(plot, layout),
        *(layer for curve in plot.curves for layer in _curve_layers(plot, curve, x)),
        *_label_layers(plot, layout, end),
        *key_layers(plot, layout, used),
        *risk_layers(plot, layout, used, ticks, end),
    ]
    if pointed:
        spec["layer"].append(_step_layer(pointed, x))
    return Drawing(spec, tuple(used), layout.size, tuple(pointed))


def _steps(plot: Plot) -> list[Number]:
    """Each step down of each curve: the result behind it, whose rows are who had the event."""
    arms = {curve.arm for curve in plot.curves}
    return [
        number
        for number in plot.numbers.of(plot.analysis.id, CURVE)
        if number.stat == "surv" and not number.ci_of and number.arm in arms and number.n_rows
    ]


def _step_layer(steps: list[Number], x: dict[str, Any]) -> dict[str, Any]:
    """Places to point at, one per step; a print style leaves them out by their name."""
    values = [{"t": n.time, "s": n.value, "id": f"step-{n.result_id}"} for n in steps]
    y = {"field": "s", "type": "quantitative"}
    return {
        "name": "pointer-steps",
        "data": {"values": values},
        "mark": {
            "type": "point",
            "shape": TARGET,
            "size": 4,
            "fill": "transparent",
            "stroke": None,
            "opacity": 1,
        },
        "encoding": {"x": x, "y": y, "description": {"field": "id", "type": "nominal"}},
    }


def _watermark(plot: Plot, layout: Layout) -> list[dict[str, Any]]:
    if not plot.watermark:
        return []
    middle = {"text": plot.watermark, "px": layout.width / 2, "py": layout.height / 2}
    big = text_layer([middle], x=pixels("px"), y=pixels("py"), align="center")
    big["mark"] |= {
        "fontSize": layout.width / 7 * min(1, 9 / len(plot.watermark)),
        "fontWeight": "bold",
        "opacity": 0.07,
        "angle": -18,
        "fill": ALERT,
    }
    return [big]


def _curve_layers(plot: Plot, curve: Curve, x: dict[str, Any]) -> list[dict[str, Any]]:
    colour = ARM_COLOURS[curve.index % len(ARM_COLOURS)]
    y = {
        "field": "s",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {
            "values": [0, 0.2, 0.4, 0.6, 0.8, 1],
            "labelExpr": "round(datum.value * 100)",
            "title": f"{plot.label} (%)",
        },
    }
    values = [{"t": t, "s": s, "l": low, "u": high} for t, s, low, high in curve.steps]
    censored = [{"t": t, "s": s} for t, s in curve.censored]
    band = {
        "data": {"values": values},
        "mark": {"type": "area", "interpolate": "step-after", "fill": colour, "opacity": 0.13},
        "encoding": {"x": x, "y": {**y, "field": "l"}, "y2": {"field": "u"}},
    }
    line = {
        "data": {"values": values},
        "mark": {
            "type": "line",
            "interpolate": "step-after",
            "stroke": colour,
            "strokeWidth": 2,
            "strokeDash": ARM_DASHES[curve.index % len(ARM_DASHES)],
        },
        "encoding": {"x": x, "y": y},
    }
    ticks = {
        "data": {"values": censored},
        "mark": {
            "type": "point",
            "shape": "M0,-1L0,1",
            "size": 40,
            "stroke": colour,
            "strokeWidth": 1.2,
            "opacity": 1,
        },
        "encoding": {"x": x, "y": y},
    }
    return [band, line, *([ticks] if censored else [])]


def _label_layers(plot: Plot, layout: Layout, end: float) -> list[dict[str, Any]]:
    """Names beside the curves: of two arms; more are told apart by the key above."""
    layers = []
    for label in place_labels(plot.curves, end=end, width=layout.width, font=layout.font):
        row = {
            "text": label.text,
            "px": label.time / end * layout.width,
            "py": (1 - label.height) * layout.height,
        }
        layer = text_layer([row], x=pixels("px"), y=pixels("py"), align="left")
        layer["mark"] |= {
            "fill": ARM_COLOURS[label.index % len(ARM_COLOURS)],
            "fontWeight": "bold",
            "fontSize": layout.font + 1,
        }
        layers.append(layer)
    return layers
