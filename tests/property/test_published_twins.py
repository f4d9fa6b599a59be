# SPDX-License-Identifier: Apache-2.0
"""Twins of six further published trials, entered from the key of the kmdata collection."""

from pathlib import Path

import polars as pl
import pytest
from tests.oracles import oracle_file

import equipoise
from equipoise.trial import load_trial

FOLDER = Path(__file__).resolve().parents[2] / "protocols" / "published"
FILES = sorted(FOLDER.glob("*.yaml"))
QUICK = ("attention", "checkmate-017", "recourse")
KEYS = {
    "ATTENTION": ("ATTENTION_2A", "ATTENTION_2B"),
    "CHECKMATE-017": ("Checkmate017_1", "Checkmate017_2B"),
    "CHECKMATE-057": ("Checkmate057_1A",),
    "CLEOPATRA": ("CLEOPATRA_2A",),
    "RAISE": ("RAISE_2A", "RAISE_2B"),
    "RECOURSE": ("RECOURSE_1A", "RECOURSE_2A"),
}


def test_there_are_six():
    assert {load_trial(path).protocol.identity.id for path in FILES} == set(KEYS)


@pytest.mark.parametrize("name", QUICK)
def test_every_figure_prints_as_published(name):
    published = equipoise.twin(FOLDER / f"{name}.yaml").published
    assert published.filter(pl.col("verdict") != "agrees").rows() == []


@pytest.mark.oracle
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_sizes_and_ratios_are_those_of_the_key(path):
    """The figures entered are the collection's: arm sizes, hazard ratios, medians."""
    protocol = load_trial(path).protocol
    figures = {figure.id: figure for figure in protocol.published.figures}
    key = pl.read_csv(oracle_file("kmdata/key.csv"), infer_schema=False)
    medians = pl.read_csv(oracle_file("kmdata/published_medians.csv"), infer_schema=False)
    for name in KEYS[protocol.identity.id]:
        row = key.filter(dataset=name).row(0, named=True)
        sizes = figures["randomised"].arms
        assert (sizes["CTL"].value, sizes["EXP"].value) == (int(row["n1"]), int(row["n2"]))
        kind = row["endpoint"].lower()
        ratio = float(figures[f"{kind}.hr"].printed.value)
        assert ratio == pytest.approx(float(row["published_hr"]), abs=0.005)
        printed = medians.filter(dataset=name)
        if printed.height:
            _same_medians(figures[f"{kind}.median_months"], printed.row(0, named=True))


def _same_medians(figure, row):
    for arm, number in (("CTL", 1), ("EXP", 2)):
        assert float(figure.arms[arm].value) == float(row[f"pub_med{number}"])
        for limit, end in zip(figure.arms[arm].ci or (), ("lo", "hi"), strict=False):
            printed = row[f"pub_med{number}_{end}"]
            assert (limit is None) == (printed is None)
            assert limit is None or float(limit) == float(printed)
