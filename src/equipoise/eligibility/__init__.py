# SPDX-License-Identifier: Apache-2.0
"""Who may enter a trial: the protocol's criteria on patient data, in three-valued logic."""

from equipoise.eligibility.candidates import candidates_from_sdtm, check_candidates
from equipoise.eligibility.screen import screen_candidates

__all__ = ["candidates_from_sdtm", "check_candidates", "screen_candidates"]
