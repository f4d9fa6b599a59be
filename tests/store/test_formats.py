# SPDX-License-Identifier: Apache-2.0
"""One table, six formats, the same content."""

import json

import polars as pl
import pyreadstat
import pytest

from equipoise.errors import DataError
from equipoise.store.read_tables import READERS, read_tables

TABLE = pl.DataFrame(
    {
        "STUDYID": ["X", "X"],
        "USUBJID": ["X-1", "X-2"],
        "RSSEQ": [1.0, 2.0],
        "RSSTRESC": ["PR", None],
    }
)


def write(folder, ending):
    path = folder / f"rs{ending}"
    columns = [
        {"itemOID": f"IT.{name}", "name": name, "label": name, "dataType": kind}
        for name, kind in zip(TABLE.columns, ["string", "string", "float", "string"], strict=True)
    ]
    if ending == ".csv":
        TABLE.write_csv(path)
    elif ending == ".parquet":
        TABLE.write_parquet(path)
    elif ending == ".xpt":
        pyreadstat.write_xport(TABLE, str(path), table_name="RS", file_format_version=5)
    elif ending == ".json":
        path.write_text(
            json.dumps({"datasetJSONVersion": "1.1.0", "columns": columns, "rows": TABLE.rows()})
        )
    elif ending == ".ndjson":
        lines = [{"datasetJSONVersion": "1.1.0", "columns": columns}, *TABLE.rows()]
        path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.mark.parametrize("ending", [e for e in READERS if e != ".sas7bdat"])
def test_every_format_gives_the_same_table(tmp_path, ending):
    write(tmp_path, ending)
    read = read_tables(tmp_path, wanted=["RS"], names={})
    frame = read.tables["RS"].with_columns(
        pl.col("RSSEQ").cast(pl.Float64), pl.col("RSSTRESC").replace("", None)
    )
    assert frame.select(TABLE.columns).equals(TABLE)
    assert read.files == {"RS": f"rs{ending}"}
    assert len(read.sha256[f"rs{ending}"]) == 64


def test_the_typed_format_goes_first(tmp_path):
    write(tmp_path, ".csv")
    write(tmp_path, ".parquet")
    assert read_tables(tmp_path, wanted=["RS"], names={}).files["RS"] == "rs.parquet"


def test_a_table_may_lie_under_another_name(tmp_path):
    write(tmp_path, ".csv").rename(tmp_path / "rs_onco.csv")
    assert read_tables(tmp_path, wanted=["RS"], names={}).tables == {}
    read = read_tables(tmp_path, wanted=["RS"], names={"RS": "rs_onco"})
    assert read.files == {"RS": "rs_onco.csv"}


def test_every_unreadable_file_is_named(tmp_path):
    (tmp_path / "dm.parquet").write_text("not parquet")
    (tmp_path / "ae.xpt").write_text("not a transport file")
    read = read_tables(tmp_path, wanted=["DM", "AE", "RS"], names={"RS": "rs_onco"})
    assert read.tables == {}
    assert [fault.where for fault in read.faults] == ["dm.parquet", "ae.xpt"]
    assert "cannot be read" in read.faults[0].what


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="there is no folder"):
        read_tables(tmp_path / "none", wanted=["DM"], names={})
