# SPDX-License-Identifier: Apache-2.0
"""Broken inputs: one clear error with file, row and column, exit status 1, and no output."""

from importlib.resources import files

import polars as pl
import pytest
from click.testing import CliRunner

import equipoise
from equipoise.cli import main

PROTOCOL = (files("equipoise") / "protocols" / "altn-iii-04.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sound_tables():
    return equipoise.simulate("altn-iii-04", seed=3)


@pytest.fixture
def folder(tmp_path, sound_tables):
    (tmp_path / "sdtm").mkdir()
    for name, frame in sound_tables.items():
        frame.write_csv(tmp_path / "sdtm" / f"{name.lower()}.csv")
    (tmp_path / "trial.yaml").write_text(PROTOCOL)
    return tmp_path


def run(folder):
    result = CliRunner().invoke(
        main,
        [
            "readout",
            str(folder / "trial.yaml"),
            "--data",
            str(folder / "sdtm"),
            "--out",
            str(folder / "out"),
        ],
    )
    assert not (folder / "out").exists() or result.exit_code == 0
    return result


def edit(folder, table, change):
    path = folder / "sdtm" / f"{table}.csv"
    change(pl.read_csv(path, infer_schema=False)).write_csv(path)


def put(column, row, value):
    return lambda frame: frame.with_columns(
        pl.when(pl.int_range(pl.len()) == row - 1)
        .then(pl.lit(value))
        .otherwise(pl.col(column))
        .alias(column)
    )


def missing_file(folder):
    (folder / "sdtm" / "rs.csv").unlink()
    return ["table RS has no file", "put rs.csv there", "--table RS=NAME"]


def missing_column(folder):
    edit(folder, "rs", lambda frame: frame.drop("RSDTC"))
    return ["RSDTC", "where: rs.csv"]


def wrong_type(folder):
    edit(folder, "dm", put("AGE", 5, "old"))
    return ["old", "where: dm.csv, row 5, column AGE"]


def duplicate_key(folder):
    edit(folder, "dm", lambda frame: pl.concat([frame, frame.head(1)]))
    rows = pl.read_csv(folder / "sdtm" / "dm.csv", infer_schema=False).height
    return ["same key", f"where: dm.csv, rows 1, {rows}, column USUBJID", "keep one row"]


def unknown_subject(folder):
    edit(folder, "rs", put("USUBJID", 2, "NOBODY-1"))
    return ["NOBODY-1", "where: rs.csv, row 2, column USUBJID"]


def impossible_date(folder):
    edit(folder, "rs", put("RSDTC", 7, "2023-02-30"))
    return ["2023-02-30", "where: rs.csv, row 7, column RSDTC"]


def unknown_response(folder):
    rows = pl.read_csv(folder / "sdtm" / "rs.csv", infer_schema=False)
    row = rows.with_row_index("i", 1).filter(pl.col("RSTESTCD") == "OVRLRESP")["i"][3]
    edit(folder, "rs", put("RSSTRESC", row, "MARVELLOUS"))
    return ["MARVELLOUS", f"where: rs.csv, row {row}, column RSSTRESC", "CR"]


def protocol_typo(folder):
    path = folder / "trial.yaml"
    path.write_text(PROTOCOL.replace("analysis_sets:", "analysis_set:"))
    return ["`analysis_set` is not a field", "trial.yaml:", "did you mean `analysis_sets`?"]


def event_before_randomisation(folder):
    edit(folder, "dm", put("DTHDTC", 4, "2001-01-01"))
    return ["2001-01-01", "where: dm.csv, row 4, column DTHDTC", "randomisation"]


def empty_table(folder):
    edit(folder, "rs", lambda frame: frame.clear())
    return ["no rows", "where: rs.csv"]


BROKEN = [
    missing_file,
    missing_column,
    wrong_type,
    duplicate_key,
    unknown_subject,
    impossible_date,
    unknown_response,
    protocol_typo,
    event_before_randomisation,
    empty_table,
]


def test_the_sound_folder_runs(folder):
    result = run(folder)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip().endswith("readout.html")


@pytest.mark.parametrize("breaking", BROKEN, ids=lambda f: f.__name__)
def test_broken_input_gives_one_clear_error_and_no_output(folder, breaking):
    expected = breaking(folder)
    result = run(folder)
    assert result.exit_code == 1
    assert result.stderr.startswith("equipoise: 1 fault\n"), result.stderr
    for words in expected:
        assert words in result.stderr, result.stderr
    assert "  mend:  " in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def test_faults_of_several_tables_come_together(folder):
    wrong_type(folder)
    impossible_date(folder)
    edit(folder, "rs", put("USUBJID", 2, "NOBODY-1"))
    result = run(folder)
    assert result.stderr.startswith("equipoise: 3 faults\n"), result.stderr


def test_a_trial_that_is_not_there_is_wrong_usage(tmp_path):
    result = CliRunner().invoke(main, ["readout", "altn-iii-4", "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "did you mean `altn-iii-04`?" in result.stderr


@pytest.mark.parametrize("arguments", [["readout"], ["readout", "x", "--table", "RS"], ["fly"]])
def test_wrong_usage_is_status_2(arguments):
    assert CliRunner().invoke(main, arguments).exit_code == 2
