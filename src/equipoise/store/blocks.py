# SPDX-License-Identifier: Apache-2.0
"""A folder of blocks: results of a long run that arrive one by one and survive its end."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import polars as pl

from equipoise.errors import Fault, OutputError


def write_block(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """Put `frame` into the folder as `name`.parquet, whole or not at all."""
    parquet = io.BytesIO()
    frame.write_parquet(parquet)
    unfinished = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(parquet.getvalue())
        unfinished.replace(folder / f"{name}.parquet")
    except OSError as error:
        raise OutputError(
            Fault(
                what=f"A block of results cannot be written: {error.strerror}.",
                where=str(folder / f"{name}.parquet"),
                mend="name a folder that can be written, with room in it.",
            )
        ) from error


def read_block(folder: Path, name: str) -> pl.DataFrame | None:
    """What `write_block` put there, or None."""
    path = folder / f"{name}.parquet"
    return pl.read_parquet(path) if path.exists() else None


def block_names(folder: Path, pattern: str) -> list[str]:
    """Names of the blocks that match the regular expression, in order of name."""
    names = (path.stem for path in folder.glob("*.parquet"))
    return sorted(name for name in names if re.fullmatch(pattern, name))
