# SPDX-License-Identifier: Apache-2.0
"""The choices RECIST leaves to a protocol when many assessments become one best response."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

import yaml

AfterCR = Literal["pd", "first_was_pr", "as_recorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseOptions:
    """One choice per field; without defaults: take a profile and `replace` what differs.

    sd_min_days          SD (or NON-CR/NON-PD) counts from so many elapsed days after RANDDT
    confirm_days         elapsed days between a response and the assessment that confirms it
    confirm_max_ne       NE tolerated between the two
    accept_sd_between    one SD tolerated between a PR and its confirmation
    missing_as_ne        a subject without assessment has best response NE instead of MISSING
    stop_at_pd           assessments after the first PD do not count
    uncounted_pd_stops   so does a PD that itself does not count (before RANDDT)
    after_cr             disease after CR: `pd` = progression, `first_was_pr` = the reader corrects
                         the CR to PR, `as_recorded` = the sequence stands
    pr_after_cr_confirms a PR after a CR inside a span does not break the confirmation of a PR
    from_reference_date  assessments before RANDDT do not count
    stop_at_new_therapy  assessments after NACTDT do not count (needs that column)
    benefit_responses    late responses that count as clinical benefit
    report_not_done      a subject with nothing but `ND` has best response ND instead of MISSING
    """

    sd_min_days: int
    confirm_days: int
    confirm_max_ne: int
    accept_sd_between: bool
    missing_as_ne: bool
    stop_at_pd: bool
    uncounted_pd_stops: bool
    after_cr: AfterCR
    pr_after_cr_confirms: bool
    from_reference_date: bool
    stop_at_new_therapy: bool
    benefit_responses: tuple[str, ...]
    report_not_done: bool


def _read() -> dict[str, Any]:
    text = files(__package__).joinpath("best_response.yaml").read_text(encoding="utf-8")
    rules: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return rules


def _profile(rules: dict[str, Any], name: str) -> ResponseOptions:
    options = dict(rules["profiles"][name]["options"])
    options["benefit_responses"] = tuple(options["benefit_responses"])
    return ResponseOptions(**options)


_RULES = _read()

ADMIRALONCO: ResponseOptions = _profile(_RULES, "admiralonco")
RECIST_1_1: ResponseOptions = _profile(_RULES, "recist_1_1")
RESPONSE_CODES: dict[str, int] = dict(_RULES["responses"]["codes"])
WORST_OF_ONE_DAY: tuple[str, ...] = tuple(_RULES["worst_of_one_day"]["order"])
