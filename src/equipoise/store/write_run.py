# SPDX-License-Identifier: Apache-2.0
"""Write a run folder whole, or not at all."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from equipoise.errors import Fault, OutputError

MANIFEST = "manifest.json"


def table_files(tables: Mapping[str, pl.DataFrame], *, folder: str = "") -> dict[str, bytes]:
    """Each table as Parquet and, for people, as CSV; keyed by path within the run folder."""
    files: dict[str, bytes] = {}
    for name, frame in tables.items():
        stem = f"{folder}/{name.lower()}" if folder else name.lower()
        parquet = io.BytesIO()
        frame.write_parquet(parquet)
        files[f"{stem}.parquet"] = parquet.getvalue()
        files[f"{stem}.csv"] = _flat(frame).write_csv().encode()
    return files


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """CSV has no lists: their items stand side by side, parted by blanks; absent is NA."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    text = pl.element().cast(pl.String).fill_null("NA")
    return frame.with_columns(pl.col(lists).list.eval(text).list.join(" ")) if lists else frame


def write_run(out: Path, files: Mapping[str, bytes]) -> None:
    """Put `files` into the folder `out`, replacing an earlier run there.

    Everything is written beside `out` first and moved into place at the end, so that a failure
    leaves what was there before.

    Raises OutputError when `out` holds something that is not a run of equipoise, or cannot be
    written.
    """
    _refuse_foreign(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            for name, content in files.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            fresh.chmod(0o755)
            _swap(fresh, out)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            Fault(
                what=f"the outputs cannot be written: {error.strerror or error}",
                where=str(out),
                mend="give a folder that can be written: --out DIR",
            )
        ) from error


def _swap(fresh: Path, out: Path) -> None:
    if not out.exists():
        fresh.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    out.rename(old / out.name)
    try:
        fresh.rename(out)
    except OSError:
        (old / out.name).rename(out)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _refuse_foreign(out: Path) -> None:
    if out.is_file():
        what = f"`{out}` is a file"
    elif out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        what = f"`{out}` holds files that no run of equipoise made"
    else:
        return
    raise OutputError(Fault(what=what, where="--out", mend="give a new or empty folder: --out DIR"))
