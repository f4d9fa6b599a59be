# SPDX-License-Identifier: Apache-2.0
"""A protocol of two arms and one reader, small enough to change a field at a time."""

from __future__ import annotations

from typing import Any

from equipoise.protocol.model import Protocol


def small_protocol(
    *, rule_set: str = "R0", confirmed: bool | None = False, **changes: Any
) -> Protocol:
    """A valid protocol; `changes` replace whole fields, except that `response` is merged."""
    response = {
        "criteria": "RECIST 1.1",
        "source": "recorded",
        "sd_min_days": 42,
        "confirmation": {"min_days": 28, "max_ne": 1, "sd_between": False},
        "confirmed_is_primary": True,
    } | changes.pop("response", {})
    timed = {"role": "primary", "start": "randomisation"}
    read = timed | {"evaluator": "INV", "censoring": rule_set}
    fields: dict[str, Any] = {
        "equipoise": 1,
        "identity": {
            "id": "SMALL",
            "title": "A small trial",
            "short_title": "Small",
            "phase": "2",
            "blinding": "open-label",
            "multicentre": False,
        },
        "eligibility": {"population": "Anyone", "include": [{"id": "I1", "text": "Anyone"}]},
        "arms": [
            {"id": "EXP", "label": "Experimental", "short": "Exp", "role": "experimental"},
            {"id": "CTRL", "label": "Control", "short": "Ctrl", "role": "control"},
        ],
        "randomisation": {"ratio": {"EXP": 1, "CTRL": 1}, "blocks": [4]},
        "analysis_sets": [
            {
                "id": "ITT",
                "label": "Randomised",
                "flag": "ITTFL",
                "where": [{"variable": "RANDDT", "known": True}],
            }
        ],
        "assessments": {
            "schedule": [{"every_days": 42}],
            "window_days": 7,
            "baseline_window_days": 28,
        },
        "evaluators": [{"id": "INV", "label": "Investigator", "where": {"RSEVAL": "INVESTIGATOR"}}],
        "response": response,
        "endpoints": [
            read | {"id": "PFS", "paramcd": "PFS", "label": "Progression-free", "kind": "pfs"},
            timed | {"id": "OS", "paramcd": "OS", "label": "Survival", "kind": "os"},
            read
            | {
                "id": "DOR",
                "paramcd": "RSD",
                "label": "Duration of response",
                "kind": "dor",
                "confirmed": confirmed,
            },
        ],
        "analyses": [
            {
                "id": "PFS",
                "label": "Progression-free",
                "endpoint": "PFS",
                "population": "ITT",
                "methods": ["kaplan-meier"],
                "purpose": "primary",
            }
        ],
        "adverse_events": {
            "population": "ITT",
            "emergent_days_after_last_dose": 30,
            "grading": "CTCAE",
        },
        "convention": "equipoise",
    }
    return Protocol.model_validate(fields | changes)
