# SPDX-License-Identifier: Apache-2.0
"""The manifest of a run: what went in, what came out, by which versions."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

_PACKAGES = (
    "equipoise",
    "font-source-sans-pro",
    "numba",
    "numpy",
    "polars",
    "pydantic",
    "python-docx",
    "scipy",
    "typst",
    "vl-convert-python",
)


def sha256(content: bytes) -> str:
    """SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of every package that can move a number or a figure."""
    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def run_identifier(inputs: Mapping[str, str], arguments: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits that follow from inputs, arguments and versions alone."""
    content = json.dumps([dict(inputs), dict(arguments), versions()], sort_keys=True, default=str)
    return sha256(content.encode())[:12]


def manifest_json(
    *,
    run_id: str,
    verb: str,
    data_kind: str,
    inputs: Mapping[str, str],
    outputs: Mapping[str, bytes],
    arguments: Mapping[str, Any],
    cutoff: str | None,
    seed: int | None,
    note: str | None = None,
) -> bytes:
    """The manifest as JSON text; the clock is the only part that differs between equal runs.

    `note` says what the data are, where that needs saying.
    """
    content = {
        "run_id": run_id,
        "verb": verb,
        "clock": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data_kind,
        **({"note": note} if note else {}),
        "seed": seed,
        "data_cutoff": cutoff,
        "arguments": dict(arguments),
        "versions": versions(),
        "inputs": dict(inputs),
        "outputs": {name: sha256(content) for name, content in sorted(outputs.items())},
    }
    return (json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n").encode()
