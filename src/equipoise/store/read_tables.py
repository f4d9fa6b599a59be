# SPDX-License-Identifier: Apache-2.0
"""Read a folder of SDTM or ADaM tables, whatever format each is in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from equipoise.errors import DataError, Fault


@dataclass(frozen=True, slots=True)
class TablesRead:
    """Tables as they lay on disk, the file of each, its SHA-256, and files that failed to read."""

    tables: dict[str, pl.DataFrame]
    files: dict[str, str]
    sha256: dict[str, str]
    faults: list[Fault]


def _read_csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)


def _read_xpt(path: Path) -> pl.DataFrame:
    import pyreadstat

    frame: pl.DataFrame = pyreadstat.read_xport(str(path), output_format="polars")[0]
    return frame


def _read_sas7bdat(path: Path) -> pl.DataFrame:
    import pyreadstat

    frame: pl.DataFrame = pyreadstat.read_sas7bdat(str(path), output_format="polars")[0]
    return frame


_JSON_TYPES: Mapping[str, type[pl.DataType]] = {
    "integer": pl.Int64,
    "float": pl.Float64,
    "double": pl.Float64,
    "boolean": pl.Boolean,
}


def _from_dataset_json(
    columns: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[Any]]
) -> pl.DataFrame:
    schema = {str(c["name"]): _JSON_TYPES.get(c.get("dataType", ""), pl.String) for c in columns}
    return pl.DataFrame(list(rows), schema=schema, orient="row", strict=True)


def _read_dataset_json(path: Path) -> pl.DataFrame:
    """Dataset-JSON 1.1: one object with `columns` and `rows`."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return _from_dataset_json(content["columns"], content["rows"])


def _read_dataset_ndjson(path: Path) -> pl.DataFrame:
    """Dataset-JSON 1.1, line form: the first line describes, each further line is a row."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return _from_dataset_json(json.loads(lines[0])["columns"], [json.loads(r) for r in lines[1:]])


READERS: Mapping[str, Callable[[Path], pl.DataFrame]] = {
    ".parquet": pl.read_parquet,
    ".json": _read_dataset_json,
    ".ndjson": _read_dataset_ndjson,
    ".xpt": _read_xpt,
    ".sas7bdat": _read_sas7bdat,
    ".csv": _read_csv,
}
"""Formats by file ending; where a table lies in several, the first in this order is read."""


def read_tables(folder: Path, *, wanted: Sequence[str], names: Mapping[str, str]) -> TablesRead:
    """Read those of the `wanted` tables that lie in `folder`.

    Parameters
    ----------
        folder : where the files are
        wanted : table names such as "DM"; a table without a file is left out of the result
        names  : file name without ending, for tables that lie under another: {"RS": "rs_onco"}

    Raises DataError when there is no such folder. Text is kept as it is; the table contracts give
    it its type.
    """
    if not folder.is_dir():
        raise DataError(
            Fault(
                what=f"there is no folder `{folder}`",
                where="--data",
                mend="give the folder that holds the tables: dm.csv, ex.csv, rs.csv, ...",
            )
        )
    present = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    read = TablesRead({}, {}, {}, [])
    for table in wanted:
        path = _find(present, names.get(table, table))
        if path is None:
            continue
        try:
            read.tables[table] = _read_file(path)
        except ValueError as error:
            read.faults.append(
                Fault(
                    what=str(error),
                    where=path.name,
                    mend=f"check that it is a whole {path.suffix} file with one header line",
                )
            )
        read.files[table] = path.name
        read.sha256[path.name] = _sha256(path)
    return read


def _read_file(path: Path) -> pl.DataFrame:
    """The table in a file of a known format; ValueError, saying why, when there is none."""
    try:
        return READERS[path.suffix.lower()](path)
    except Exception as error:  # each reader raises its own; all mean: not such a file
        raise ValueError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _find(present: Mapping[str, Path], stem: str) -> Path | None:
    for ending in READERS:
        path = present.get(f"{stem.lower()}{ending}")
        if path is not None:
            return path
    return None


def read_one_table(path: Path) -> TablesRead:
    """One table from a file of any of the formats, under the name of the file.

    Raises DataError when it is not there, of no known format, or cannot be read.
    """
    what = None
    if not path.is_file():
        what = f"there is no file or folder `{path}`"
    elif path.suffix.lower() not in READERS:
        what = f"`{path.name}` is of no known format"
    else:
        try:
            frame, name = _read_file(path), path.name
            return TablesRead({name: frame}, {name: name}, {name: _sha256(path)}, [])
        except ValueError as error:
            what = str(error)
    mend = f"give a folder of tables or one file: {', '.join(READERS)}"
    raise DataError(Fault(what=what, where="--data", mend=mend))
