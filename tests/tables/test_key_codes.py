"""Rows found, repeated and ordered by their keys are those that polars finds by the columns."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from equipoise.tables.key_codes import find_rows, repeated_rows, sort_order, take_rows

WIDE = 2**40


def keys(rng, rows, *, wide=False):
    """A key of a number, a text and a day, each missing here and there."""
    spread = WIDE if wide else 1
    frame = pl.DataFrame(
        {
            "number": rng.integers(-3, 4, rows) * spread,
            "text": rng.choice(["T1", "T10", "T2", "é", ""], rows),
            "day": rng.integers(-2, 3, rows).astype(np.int32),
        }
    ).with_columns(pl.col("day").cast(pl.Date))
    holes = {name: pl.Series(rng.random(rows) < 0.1) for name in frame.columns}
    return frame.with_columns(
        pl.when(~hole).then(pl.col(name)).alias(name) for name, hole in holes.items()
    )


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_found_rows_are_those_of_a_join(seed, wide):
    rng = np.random.default_rng(seed)
    left, right = keys(rng, 300, wide=wide), keys(rng, 60, wide=wide)
    for on in (["number"], ["text"], ["day", "text"], ["number", "text", "day"]):
        first = right.with_row_index("place").unique(on, keep="first", maintain_order=True)
        joined = left.join(first, on=on, how="left", maintain_order="left", suffix="_2")
        found = find_rows(left, right, on=on)
        assert found.to_list() == joined["place"].to_list(), on
        assert take_rows(right.select(on), found).equals(
            joined.select(pl.when(pl.col("place").is_not_null()).then(pl.col(on)))
        )


def test_nothing_is_found_in_an_empty_table_nor_from_one():
    some = pl.DataFrame({"number": [1, 2], "text": ["a", None]})
    assert find_rows(some, some.clear(), on=["number", "text"]).to_list() == [None, None]
    assert find_rows(some.clear(), some, on=["number", "text"]).to_list() == []
    assert find_rows(some, some, on=["number", "text"]).to_list() == [0, None]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_repeated_and_sorted_rows_are_those_of_polars(seed, wide):
    frame = keys(np.random.default_rng(seed), 200, wide=wide).with_row_index("row")
    for by in (["number"], ["day", "number"], ["number", "text", "day"]):
        assert repeated_rows(frame, on=by).tolist() == frame.select(by).is_duplicated().to_list()
        ordered = frame.sort(by, nulls_last=True, maintain_order=True)["row"]
        assert sort_order(frame, by=by).tolist() == ordered.to_list(), by


def test_a_table_may_have_no_repeated_key():
    frame = pl.DataFrame({"number": range(50), "text": ["a", "b"] * 25})
    assert not repeated_rows(frame, on=["number", "text"]).any()
    assert repeated_rows(frame, on=["text"]).all()


def test_numbers_with_decimals_are_ordered_too():
    frame = pl.DataFrame({"value": [2.5, None, -1.0, 2.25]})
    assert sort_order(frame, by=["value"]).tolist() == [2, 3, 0, 1]


def test_a_category_is_the_text_it_stands_for():
    day = dt.date(2020, 1, 1)
    one = pl.DataFrame({"text": pl.Series(["b", "a"], dtype=pl.Enum(["b", "a"])), "day": [day] * 2})
    other = pl.DataFrame({"text": ["a", "b"], "day": [day] * 2})
    assert find_rows(one, other, on=["text", "day"]).to_list() == [1, 0]
    assert sort_order(one, by=["text"]).tolist() == [1, 0]
