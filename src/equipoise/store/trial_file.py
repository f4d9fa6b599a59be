# SPDX-License-Identifier: Apache-2.0
"""Find a protocol file: a bundled name or a path."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from equipoise.errors import Fault, TrialNotFoundError


def bundled_trials() -> list[str]:
    """Names of the protocols that come with the package."""
    folder = files("equipoise") / "protocols"
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    )


def read_trial_text(trial: str | Path) -> tuple[str, str]:
    """The text of a protocol and the name to call its file by.

    Parameters    trial : a bundled name such as "altn-iii-04", or the path of a YAML file
    Raises        TrialNotFoundError - neither is there
    """
    name = str(trial)
    if name in bundled_trials():
        resource = files("equipoise") / "protocols" / f"{name}.yaml"
        return resource.read_text(encoding="utf-8"), f"{name}.yaml"
    path = Path(trial)
    if path.is_file():
        return path.read_text(encoding="utf-8"), str(path)
    close = get_close_matches(name, bundled_trials(), n=1)
    hint = f"did you mean `{close[0]}`? " if close else ""
    names = ", ".join(bundled_trials())
    raise TrialNotFoundError(
        Fault(
            what=f"there is no trial `{name}`",
            where="TRIAL",
            mend=f"{hint}give the path of a protocol file, or one of: {names}",
        )
    )
