# SPDX-License-Identifier: Apache-2.0
"""Figures a publication prints, each as printed: trailing zeros are part of the figure."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from equipoise.protocol.record import Name, Record, Text


class Printed(Record):
    """One printed figure: a value, a count with its denominator, an interval, in any combination.

    Numbers keep their printed decimals, so 0.30 is not 0.3.
    """

    value: Decimal | None = None
    n: int | None = None
    of: int | None = None
    pct: Decimal | None = None
    ci: tuple[Decimal | None, Decimal | None] | None = Field(
        default=None,
        description="95% interval on the scale of `value`, or of `pct`; null: not reached.",
    )
    iqr: tuple[Decimal, Decimal] | None = None
    p: str | None = None
    text: str | None = Field(default=None, description="Words instead of a number: not reached.")

    @property
    def limits(self) -> tuple[Decimal, Decimal] | None:
        """Both limits of the interval, where both are numbers."""
        low, high = self.ci or (None, None)
        return None if low is None or high is None else (low, high)


class Bind(Record):
    """Which computed result answers the figure."""

    analysis: Name
    stat: Name
    time_months: float | None = None
    level: str | None = Field(default=None, description="Level of a baseline factor, or AE term.")


class Figure(Record):
    """A published figure: overall (`printed`), or one per arm (`arms`)."""

    id: Name
    kind: Literal["count", "median", "rate", "proportion", "hazard-ratio", "statement"]
    label: Text
    unit: str | None = None
    bind: Bind | None = Field(default=None, description="Absent: nothing computed answers it.")
    printed: Printed | None = None
    arms: dict[Name, Printed] = Field(default_factory=dict)


class Derived(Record):
    """A number worked out from the published figures by others, kept for comparison."""

    id: Name
    value: Text
    method: Text


class Published(Record):
    """A publication and what it prints."""

    source: Text
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()
