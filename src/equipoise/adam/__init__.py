# SPDX-License-Identifier: Apache-2.0
"""Stage 5. What the analyses read."""

from equipoise.adam.adae import derive_adae
from equipoise.adam.adex import derive_adex
from equipoise.adam.adlb import derive_adlb
from equipoise.adam.adopt import adopt_adam
from equipoise.adam.adrs import derive_adrs
from equipoise.adam.adsl import derive_adsl
from equipoise.adam.adsubtx import derive_adsubtx
from equipoise.adam.adtte import derive_adtte
from equipoise.adam.derive import derive_adam
from equipoise.adam.subject_groups import derive_subject_groups

__all__ = [
    "adopt_adam",
    "derive_adae",
    "derive_adam",
    "derive_adex",
    "derive_adlb",
    "derive_adrs",
    "derive_adsl",
    "derive_adsubtx",
    "derive_adtte",
    "derive_subject_groups",
]
