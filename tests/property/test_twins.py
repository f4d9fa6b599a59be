# SPDX-License-Identifier: Apache-2.0
"""Twins of published trials: every printed figure comes out of the unchanged pipeline."""

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from click.testing import CliRunner

import equipoise
from equipoise.cli import main
from equipoise.errors import ProtocolError
from equipoise.pipeline import analyse_stage, derive_stage
from equipoise.tables import check_accepted, check_tables
from equipoise.trial import TWIN_NOTE, load_trial, twin_evidence

TWINS = [("alter-s006", 1), ("alter-s006", 2**63), ("altn-iii-04", 1), ("altn-iii-04", 77)]
COMPUTED = {"alter-s006": 27, "altn-iii-04": 49}


def changed(trial, **parts):
    return replace(trial, protocol=trial.protocol.model_copy(update=parts))


def published(trial, evidence):
    return analyse_stage(trial, evidence, derive_stage(trial, evidence)).published


@pytest.fixture(scope="module", params=TWINS, ids=lambda p: f"{p[0]}-{p[1]}")
def twin(request):
    name, seed = request.param
    trial = load_trial(name)
    return trial, twin_evidence(trial, seed=seed), name


@pytest.mark.parametrize("source", ["recorded", "lesions"])
def test_every_figure_prints_as_published(twin, source):
    trial, evidence, name = twin
    response = trial.protocol.response.model_copy(update={"source": source})
    table = published(changed(trial, response=response), evidence)
    differs = table.filter(pl.col("verdict") == "differs")
    assert not differs.rows()
    assert table.filter(pl.col("verdict") == "agrees").height == COMPUTED[name]


def test_the_tables_keep_their_contracts(twin):
    _, evidence, _ = twin
    names = {name: name for name in evidence.tables}
    assert not check_tables(evidence.tables, files=names)
    assert not list(check_accepted(evidence.tables, files=names))


def test_nobody_is_seen_or_treated_after_the_end(twin):
    _, evidence, _ = twin
    ends = evidence.tables["DM"].select("USUBJID", "RFPENDTC", "RFICDTC")
    for name, column in (("RS", "RSDTC"), ("EX", "EXENDTC"), ("AE", "AESTDTC"), ("CM", "CMSTDTC")):
        rows = evidence.tables[name].join(ends, on="USUBJID")
        late = rows.filter(
            (pl.col(column) > pl.col("RFPENDTC")) | (pl.col(column) < pl.col("RFICDTC"))
        )
        assert not late.rows(), name


def test_scans_keep_their_distance(twin):
    _, evidence, _ = twin
    days = (
        evidence.tables["RS"]
        .select("USUBJID", day=pl.col("RSDTC").str.to_date())
        .unique()
        .sort("USUBJID", "day")
    )
    gap = days.select(pl.col("day").diff().over("USUBJID").dt.total_days())["day"].drop_nulls()
    assert gap.min() >= 21


def test_readers_disagree_about_some_and_agree_about_most():
    trial = load_trial("altn-iii-04")
    adam = derive_stage(trial, twin_evidence(trial, seed=3))
    times = adam["ADTTE"].filter(PARAMCD="PFS", RULESET="R0")
    wide = times.pivot("EVALUATOR", index="USUBJID", values="AVAL")
    same = (wide["BIRC"] == wide["INV"]).mean()
    assert 0.5 < same < 0.95


def test_the_benefit_in_words_holds_too():
    trial = load_trial("altn-iii-04")
    evidence = twin_evidence(trial, seed=1)
    results = analyse_stage(trial, evidence, derive_stage(trial, evidence)).results
    ratios = results.filter((pl.col("method_id") == "cox.subgroup") & (pl.col("stat") == "hr"))
    assert ratios.filter(pl.col("value") < 1).height > ratios.height / 2


def test_a_seed_gives_one_twin_and_another_seed_another():
    trial = load_trial("alter-s006")
    first, again, other = (twin_evidence(trial, seed=seed).tables for seed in (5, 5, 6))
    assert all(first[name].equals(again[name]) for name in first)
    assert not first["RS"].equals(other["RS"])


def test_figures_that_contradict_one_another_are_named_with_how_close_it_came():
    """A ratio outside its own interval cannot be printed; the interval still is."""
    trial = load_trial("altn-iii-04")
    figures = tuple(
        item.model_copy(
            update={"printed": item.printed.model_copy(update={"value": Decimal("0.60")})}
        )
        if item.id == "os.hr"
        else item
        for item in trial.protocol.published.figures
    )
    wrong = changed(
        trial, published=trial.protocol.published.model_copy(update={"figures": figures})
    )
    differs = published(wrong, twin_evidence(wrong, seed=1)).filter(pl.col("verdict") == "differs")
    assert set(differs["figure"]) == {"os.hr"}
    assert differs["difference"].abs().max() < 0.2


def test_a_trial_without_published_figures_has_no_twin():
    with pytest.raises(ProtocolError, match="no `published`"):
        equipoise.twin("cdiscpilot01")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("twin") / "run"
    done = CliRunner().invoke(main, ["twin", "alter-s006", "--out", str(out)])
    return done, out


def test_the_command_lists_every_figure(written):
    done, _ = written
    assert done.exit_code == 0
    assert "27 of 27 figures print as published" in done.output
    assert TWIN_NOTE in done.output


def test_every_file_says_what_it_is(written):
    _, out = written
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {"dm.csv", "tr.parquet", "published.csv", "manifest.json"} <= {p.name for p in files}
    for path in files:
        if path.suffix == ".parquet":
            assert (pl.read_parquet(path)["ORIGIN"] == TWIN_NOTE).all(), path
        else:
            assert TWIN_NOTE in path.read_text(), path
    for path in (out / "sdtm").glob("*.csv"):
        table = pl.read_csv(path, infer_schema=False)
        assert (table["STUDYID"] == "ALTER-S006-TWIN").all(), path
        assert table["USUBJID"].str.starts_with("ALTER-S006-TWIN-").all(), path
