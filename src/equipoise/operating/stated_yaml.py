# SPDX-License-Identifier: Apache-2.0
"""YAML that a user wrote, of a grid or of a batch queue, or a fault that names the place."""

from __future__ import annotations

from typing import Any

import yaml

from equipoise.errors import Fault, ProtocolError


def parse_stated(text: str, *, source: str) -> Any:
    """What the text states.

    Parameters    source : how messages name the file
    Raises        ProtocolError - it is not YAML; the fault gives line and column
    """
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        fault = Fault("The file is not YAML.", f"{source}{place}", "mend the place named.")
        raise ProtocolError(fault) from error
