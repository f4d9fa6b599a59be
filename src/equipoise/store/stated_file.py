# SPDX-License-Identifier: Apache-2.0
"""Read the file that states a scenario grid, or a batch queue."""

from __future__ import annotations

from pathlib import Path

from equipoise.errors import Fault, TrialNotFoundError

MEND = {
    "grid": "give the path of a YAML file with `base` and `vary`.",
    "queue": "give the path of a YAML file with `system`, `jobs`, `cores` and `memory`.",
}


def read_stated(path: str | Path, *, kind: str) -> str:
    """The text of a file; `kind` is what it states, a key of MEND.

    Raises        TrialNotFoundError - the file is not there, or is not text
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise TrialNotFoundError(
            Fault(what=f"The {kind} cannot be read: {reason}.", where=str(path), mend=MEND[kind])
        ) from error
