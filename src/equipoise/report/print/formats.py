# SPDX-License-Identifier: Apache-2.0
"""Which formats a readout is written in."""

from __future__ import annotations

from collections.abc import Collection

from equipoise.errors import Fault, OutputError

FORMATS = ("html", "pdf", "rtf", "docx", "figures", "ars", "cards")


def wanted_formats(formats: Collection[str]) -> list[str]:
    """The formats in their own order; "all" is every one of them.

    Raises OutputError for a format that there is not, or where none is named.
    """
    unknown = [name for name in formats if name not in (*FORMATS, "all")]
    if unknown or not formats:
        raise OutputError(
            Fault(
                what=f"there is no format `{unknown[0]}`" if unknown else "no format is named",
                where="--format",
                mend=f"give some of: {', '.join(FORMATS)}; or: all",
            )
        )
    return [name for name in FORMATS if name in formats or "all" in formats]
