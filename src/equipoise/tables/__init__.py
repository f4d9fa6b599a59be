# SPDX-License-Identifier: Apache-2.0
"""Hold each table's contract; check a table against it; say what differs."""

from equipoise.tables.check import check_tables
from equipoise.tables.conform import conform
from equipoise.tables.contract import Column, Contract, has_contract, load_contract, subject_key
from equipoise.tables.lesions import LesionChecks, check_accepted, check_lesions

__all__ = [
    "Column",
    "Contract",
    "LesionChecks",
    "check_accepted",
    "check_lesions",
    "check_tables",
    "conform",
    "has_contract",
    "load_contract",
    "subject_key",
]
