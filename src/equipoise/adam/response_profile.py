# SPDX-License-Identifier: Apache-2.0
"""The protocol's choices on a named profile of best response."""

from __future__ import annotations

from dataclasses import replace

from equipoise.protocol.model import Protocol
from equipoise.recist.response_options import ADMIRALONCO, RECIST_1_1, ResponseOptions


def response_options(protocol: Protocol) -> ResponseOptions:
    """The profile that fits the source of the responses, with the protocol's choices."""
    response, confirmation = protocol.response, protocol.response.confirmation
    named = response.best or ("admiralonco" if response.source == "recorded" else "recist-1.1")
    profile = ADMIRALONCO if named == "admiralonco" else RECIST_1_1
    stop, label = response.stop_at_new_therapy, response.no_assessment
    return replace(
        profile,
        sd_min_days=response.sd_min_days,
        confirm_days=confirmation.min_days,
        confirm_max_ne=confirmation.max_ne,
        accept_sd_between=confirmation.sd_between,
        stop_at_new_therapy=profile.stop_at_new_therapy if stop is None else stop,
        missing_as_ne=profile.missing_as_ne if label is None else label == "NE",
    )
