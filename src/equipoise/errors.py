# SPDX-License-Identifier: Apache-2.0
"""Every exception the package raises, as one tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: what, where, and how to mend it.

    `where` is a place a person can open: `rs.csv, row 17, column RSDTC` or `trial.yaml:12:5`.
    Rows are counted from 1 without the header line.
    """

    what: str
    where: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}\n  where: {self.where}\n  mend:  {self.mend}"


class EquipoiseError(Exception):
    """Root of the tree. Carries every fault found, not only the first."""

    def __init__(self, faults: Sequence[Fault] | Fault) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[EquipoiseError], tuple[tuple[Fault, ...]]]:
        """A worker process sends its faults, not their text."""
        return type(self), (self.faults,)


class TrialNotFoundError(EquipoiseError):
    """No bundled protocol and no file bears that name."""


class ProtocolError(EquipoiseError):
    """The protocol file cannot be read or contradicts itself."""


class DataError(EquipoiseError):
    """A trial's tables break their contract."""


class MethodError(EquipoiseError):
    """A statistical method has no answer for these arguments."""


class ResultError(EquipoiseError):
    """A result failed a check on the door from analysis to report."""


class OutputError(EquipoiseError):
    """An output cannot be written."""
