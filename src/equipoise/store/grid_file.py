# SPDX-License-Identifier: Apache-2.0
"""Read the file of a scenario grid."""

from __future__ import annotations

from pathlib import Path

from equipoise.errors import Fault, TrialNotFoundError


def read_grid_text(grid: str | Path) -> str:
    """The text of a grid.

    Raises        TrialNotFoundError - the file is not there, or is not text
    """
    try:
        return Path(grid).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise TrialNotFoundError(
            Fault(
                what=f"The grid cannot be read: {reason}.",
                where=str(grid),
                mend="give the path of a YAML file with `base` and `vary`.",
            )
        ) from error
