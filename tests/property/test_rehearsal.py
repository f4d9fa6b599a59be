"""Many whole-patient trials at once: each as if alone, the same from any number of workers."""

import math
import pickle

import polars as pl
import pytest
from click.testing import CliRunner

import equipoise
from equipoise.adam import derive_adam
from equipoise.adam.response_records import TRACE
from equipoise.cli import main
from equipoise.errors import DataError, Fault, OutputError, ProtocolError
from equipoise.operating.spread import in_processes, in_this_process
from equipoise.rehearsal.block import READ, RehearsalBlock, rehearse_block, without_sensitivity
from equipoise.rehearsal.run import Effort, rehearse_protocol
from equipoise.rehearsal.summary import join_sums, sum_block
from equipoise.rehearsal.truth import Truth, declared_truths
from equipoise.rehearsal.world import with_hazard_ratio, without_effect
from equipoise.results.replicates import analyse_replicates
from equipoise.results.run import analyse
from equipoise.simulated import simulate_replicates
from equipoise.trial import load_trial

PROTOCOL = load_trial("altn-iii-04").protocol
EFFORT = Effort(replicates=5, seed=11, block_size=2)


@pytest.fixture(scope="module")
def together():
    block = RehearsalBlock(protocol=PROTOCOL, seed=11, index=0, first=1, replicates=3)
    return rehearse_block(block).numbers


@pytest.mark.parametrize("replicate", [1, 3])
def test_every_number_is_that_of_the_replicate_alone(together, replicate):
    patients = simulate_replicates(PROTOCOL, seed=11, replicates=[replicate])
    adam = derive_adam({n: t.drop("REPID") for n, t in patients.items()}, PROTOCOL)
    alone = analyse(adam, PROTOCOL, run_id="x")["results"].filter(pl.col("g1_level").is_null())
    names = dict(alone.select("result_id", "stat").iter_rows())
    known = {
        (*key, f"{names[of]}.{stat}" if of else stat): value
        for *key, stat, of, value in alone.select(
            "analysis_id", "method_id", "arm", "comparator", "stat", "ci_of", "value"
        ).iter_rows()
    }
    mine = together.filter(pl.col("stat") != "log_hr", REPID=replicate)
    assert mine.height > 100
    for *key, stat, value in mine.drop("REPID", "data").iter_rows():
        expected = known[*key, stat]
        if expected is None:
            assert value is None, (key, stat)
        else:
            assert value == pytest.approx(expected, rel=1e-9, abs=1e-12), (key, stat)


@pytest.mark.parametrize("source", ["recorded", "lesions"])
def test_what_a_rehearsal_leaves_out_changes_nothing_that_it_reads(source):
    response = PROTOCOL.response.model_copy(update={"source": source})
    protocol = without_sensitivity(PROTOCOL.model_copy(update={"response": response}))
    patients = simulate_replicates(protocol, seed=11, replicates=[1, 2])
    whole = derive_adam(patients, protocol)
    part = derive_adam(patients, protocol, only=READ, traced=False)
    assert set(part) == set(READ)
    for name, table in part.items():
        left_out = set(whole[name].columns) - set(table.columns)
        assert left_out == (set(TRACE) if name == "ADRS" else set())
        assert table.equals(whole[name].drop(left_out)), name
    assert analyse_replicates(part, protocol).equals(analyse_replicates(whole, protocol))


def test_two_processes_and_an_interruption_give_the_same_bytes(tmp_path):
    whole = rehearse_protocol(PROTOCOL, effort=EFFORT, folder=tmp_path / "one")
    rehearse_protocol(PROTOCOL, effort=EFFORT, folder=tmp_path / "two", spread=in_processes(2))
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 3
    for name in files:
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name
    (tmp_path / "two" / files[1]).unlink()
    computed = []

    def counted(run, blocks):
        return in_this_process(lambda block: computed.append(block.index) or run(block), blocks)

    again = rehearse_protocol(PROTOCOL, effort=EFFORT, folder=tmp_path / "two", spread=counted)
    assert computed == [1]
    assert again.equals(whole)


def test_a_fault_found_by_a_worker_is_told_as_it_was_found():
    found = DataError([Fault("one", "here", "so"), Fault("two", "there", "thus")])
    told = pickle.loads(pickle.dumps(found))
    assert (str(told), told.faults) == (str(found), found.faults)


def test_another_seed_or_protocol_is_not_taken_from_the_folder(tmp_path):
    small = Effort(replicates=1, seed=11, block_size=2)
    one = rehearse_protocol(PROTOCOL, effort=small, folder=tmp_path)
    other = rehearse_protocol(
        PROTOCOL, effort=Effort(replicates=1, seed=12, block_size=2), folder=tmp_path
    )
    null = rehearse_protocol(without_effect(PROTOCOL), effort=small, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert not one["value"].equals(other["value"])
    assert not one["value"].equals(null["value"])


def numbers_of(values, stat, *, method="cox", low=None, high=None):
    """Numbers of one statistic in as many replicates, and its limits."""
    columns = {stat: values}
    if low is not None:
        columns |= {"hr.lcl": low, "hr.ucl": high}
    return pl.concat(
        pl.DataFrame(
            {
                "REPID": range(1, len(found) + 1),
                "analysis_id": "A",
                "method_id": method,
                "arm": pl.Series([None] * len(found), dtype=pl.String),
                "comparator": "X",
                "stat": name,
                "value": pl.Series(found, dtype=pl.Float64),
            }
        )
        for name, found in columns.items()
    )


def test_means_errors_and_rejections_by_hand():
    blocks = [[-2.5, -1.0], [-1.97, None], [0.5, 3.0]]
    sums = [sum_block(numbers_of(part, "z", method="logrank"), [], alpha=0.025) for part in blocks]
    mean, reject = join_sums(sums).iter_rows(named=True)
    assert (mean["quantity"], mean["n"], mean["replicates"]) == ("mean", 5, 6)
    # z = -2.5 -1 -1.97 0.5 3: squares 6.25 + 1 + 3.8809 + 0.25 + 9 = 20.3809, less 1.97^2 / 5
    assert mean["value"] == pytest.approx(-0.394)
    assert mean["sd"] == pytest.approx(math.sqrt(19.60472 / 4))
    assert mean["se"] == pytest.approx(math.sqrt(19.60472 / 20))
    assert (reject["quantity"], reject["value"], reject["n"]) == ("reject", 0.4, 5)
    assert reject["se"] == pytest.approx(math.sqrt(0.4 * 0.6 / 4))


def test_bias_and_coverage_by_hand():
    numbers = numbers_of(
        [-0.5, 0.1, None, 0.4], "log_hr", low=[0.4, 0.9, None, None], high=[0.9, 1.5, None, 2.0]
    )
    truth = Truth("A", "cox", None, "X", "log_hr", 0.0)
    table = join_sums([sum_block(numbers, [truth], alpha=None)])
    bias = table.row(by_predicate=pl.col("quantity") == "bias", named=True)
    covered = table.row(by_predicate=pl.col("quantity") == "coverage", named=True)
    assert bias["value"] == pytest.approx(0.0, abs=1e-15)
    # (0.4, 0.9) misses 1; (0.9, 1.5) and an interval without lower end cover it; one has none
    assert (covered["value"], covered["n"]) == (pytest.approx(2 / 3), 3)


def test_the_truth_is_what_the_hazards_say():
    truths = {
        (t.analysis_id, t.method_id, t.arm, t.stat): t.value for t in declared_truths(PROTOCOL)
    }
    # hazards add: progression median 8.4 or 2.6 months, death before it 90 months
    drug, control = 1 / 8.4 + 1 / 90, 1 / 2.6 + 1 / 90
    assert truths["PFS.BIRC", "cox", None, "log_hr"] == pytest.approx(math.log(drug / control))
    assert truths["PFS.INV", "kaplan-meier", "ANL", "median"] == pytest.approx(1 / drug)
    assert truths["PFS.BIRC", "kaplan-meier", "PBO", "median"] == pytest.approx(1 / control)
    assert truths["ORR.BIRC", "clopper-pearson", "ANL", "pct"] == pytest.approx(20)
    assert not any(t.analysis_id == "OS" for t in declared_truths(PROTOCOL))


def test_worlds_change_what_they_say_and_no_more():
    null = without_effect(PROTOCOL).simulation
    before = PROTOCOL.simulation
    assert null.arms["ANL"] == before.arms["PBO"].model_copy(update={"patients": 135})
    assert null.arms["PBO"] == before.arms["PBO"]
    assert all(len({str(g) for g in e.worst_grade.values()}) == 1 for e in null.adverse_events)
    ratios = {
        (t.analysis_id, t.stat): t.value for t in declared_truths(with_hazard_ratio(PROTOCOL, 0.65))
    }
    assert ratios["PFS.BIRC", "log_hr"] == pytest.approx(math.log(0.65))


def test_the_command_prints_every_number_with_its_error(tmp_path):
    run = CliRunner().invoke(
        main,
        ["rehearse", "altn-iii-04", "--replicates", "2", "--workers", "1", "--out", str(tmp_path)],
    )
    assert run.exit_code == 0, run.output
    head, *lines = run.stdout.splitlines()
    assert head.split("\t")[:7] == [
        "analysis_id",
        "method_id",
        "arm",
        "stat",
        "quantity",
        "value",
        "se",
    ]
    assert any(line.startswith("PFS.BIRC\tcox\tANL\tlog_hr\tcoverage\t") for line in lines)
    written = pl.read_csv(tmp_path / "rehearsal.csv")
    assert written["run_id"].str.starts_with("SIMULATED-").all()


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="none of this run"):
        equipoise.rehearse("altn-iii-04", replicates=1, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_protocol_without_patients_cannot_be_rehearsed():
    with pytest.raises(ProtocolError, match="declares no `simulation`"):
        equipoise.rehearse("cdiscpilot01", replicates=1)
