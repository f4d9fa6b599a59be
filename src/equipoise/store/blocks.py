# SPDX-License-Identifier: Apache-2.0
"""A folder of blocks: results of a long run that arrive one by one and survive its end."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from equipoise.errors import Fault, OutputError


def write_block(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """Put `frame` into the folder as `name`.parquet, whole or not at all."""
    parquet = io.BytesIO()
    frame.write_parquet(parquet)
    write_beside(folder, {f"{name}.parquet": parquet.getvalue()})


def write_beside(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files into the folder beside what is there, each whole or not at all."""
    for name, content in files.items():
        unfinished = folder / f".{name}.{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(content)
            unfinished.replace(folder / name)
        except OSError as error:
            raise OutputError(
                Fault(
                    what=f"A block of results cannot be written: {error.strerror}.",
                    where=str(folder / name),
                    mend="name a folder that can be written, with room in it.",
                )
            ) from error


def refuse_other_folder(folder: Path, *, blocks: str) -> None:
    """Raise OutputError where the folder holds files, and none that is a block of this name."""
    if folder.is_dir() and any(folder.iterdir()) and not block_names(folder, f"{blocks}.*"):
        raise OutputError(
            Fault(
                what=f"`{folder}` holds files that are none of this run",
                where="--out",
                mend="give a new or empty folder: --out DIR",
            )
        )


def read_block(folder: Path, name: str) -> pl.DataFrame | None:
    """What `write_block` put there, or None."""
    path = folder / f"{name}.parquet"
    return pl.read_parquet(path) if path.exists() else None


def block_names(folder: Path, pattern: str) -> list[str]:
    """Names of the blocks that match the regular expression, in order of name."""
    names = (path.stem for path in folder.glob("*.parquet"))
    return sorted(name for name in names if re.fullmatch(pattern, name))
