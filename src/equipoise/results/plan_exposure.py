# SPDX-License-Identifier: Apache-2.0
"""The plan of exposure: duration of treatment, and per drug dose, intensity and changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from equipoise.protocol.model import Protocol
from equipoise.results.method_args import summary_args
from equipoise.results.task import SPECIFIED, Task

# Lengths of treatment that are counted: in months, and one day. Source: FDA Standard Safety
# Tables and Figures Integrated Guide, table 6.
LENGTHS_MONTHS = (1, 3, 6, 12)
# Parameters of ADEX that are summarised, and their unit where ADEX gives none.
PARAMETERS = {"DURD": None, "NCYC": "cycles", "TDOSE": None, "DI": None, "RDI": None}
# Patients that are counted, by a condition on a parameter of ADEX.
COUNTS = {
    "Relative dose intensity of 90% or more": ("RDI", "AVAL >= 90"),
    "Relative dose intensity of 70% to less than 90%": ("RDI", "AVAL >= 70 AND AVAL < 90"),
    "Relative dose intensity of less than 70%": ("RDI", "AVAL < 70"),
    "Dose reduced at least once": ("NRED", "AVAL >= 1"),
    "Cycle delayed at least once": ("NDELAY", "AVAL >= 1"),
    "Cycle interrupted at least once": ("NINTERR", "AVAL >= 1"),
}


def plan_exposure(protocol: Protocol) -> Iterator[Task]:
    """Duration over all drugs from ADSL; each drug from ADEX."""
    months = protocol.days_per_month
    quantile = summary_args(protocol, None)["quantile"]
    lengths = {"At least 1 day": 1}
    for month in LENGTHS_MONTHS:
        # the first whole day that is so many months or more
        lengths[f"At least {month} month{'s' * (month > 1)}"] = -int(-month * months // 1)
    shared = {"quantile": quantile, "sd": "divisor n - 1"}
    yield _task(
        protocol,
        "EXPOSURE",
        "exposure.duration",
        "Duration of exposure",
        ("ADSL", "TRTEDT"),
        {**shared, "days_per_month": months, "at_least_days": lengths},
    )
    if protocol.regimens:
        yield _task(
            protocol,
            "EXPOSURE.DRUG",
            "exposure.drug",
            "Dose and dose intensity by drug",
            ("ADEX", "AVAL"),
            {**shared, "parameters": PARAMETERS, "counts": COUNTS},
        )


def _task(
    protocol: Protocol,
    analysis_id: str,
    method_id: str,
    label: str,
    source: tuple[str, str],
    args: dict[str, Any],
) -> Task:
    return Task(
        analysis_id,
        method_id,
        label=label,
        reason=SPECIFIED,
        purpose="DESCRIPTIVE",
        protocol_ref="regimens" if source[0] == "ADEX" else "adverse_events.population",
        population=protocol.adverse_events.population,
        dataset=source[0],
        variable=source[1],
        where="" if source[0] == "ADSL" else "PARCAT1 = 'OVERALL'",
        args={**args, "denominator": "all patients of the population"},
        module="exposure",
        convention=protocol.convention,
    )
