# SPDX-License-Identifier: Apache-2.0
"""What is written about the results is what they are: columns, statistics, a recipe that runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.analysed import small_adam, small_analysis_protocol
from tests.oracles import REPOSITORY

from equipoise.protocol.model import Protocol
from equipoise.results.method_args import profiles
from equipoise.results.plan import plan_tasks
from equipoise.results.run import METHODS, analyse
from equipoise.results.schema import TABLES, contract, stats

REFERENCE = (REPOSITORY / "docs" / "reference" / "results.md").read_text(encoding="utf-8")
RECIPE = (REPOSITORY / "docs" / "how-to" / "trace-a-number.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [*TABLES, "display", "display_cell", "run"])
def test_the_reference_has_every_column_of_the_contract_and_no_other(table: str) -> None:
    section = REFERENCE.split(f"## `{table}`\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{name}` | {spec['type']} | {'yes' if spec.get('known') else ''} | {spec['label']} |"
        for name, spec in contract(table)["columns"].items()
    ]


def test_the_reference_has_every_statistic_and_profile() -> None:
    for name, known in stats().items():
        assert f"| `{name}` | {known['label']} | {known['unit']} | {known['fmt']} |" in REFERENCE
    for name in profiles():
        assert f"| `{name}` |" in REFERENCE


def test_every_convention_a_protocol_may_name_has_a_profile() -> None:
    allowed = Protocol.model_json_schema()["properties"]["convention"]["enum"]
    assert set(profiles()) == set(allowed)
    assert len({tuple(sorted(profile)) for profile in profiles().values()}) == 1


def test_every_planned_method_is_in_the_reference_and_has_its_function() -> None:
    for task in plan_tasks(small_analysis_protocol()):
        assert f"`{task.method_id.removesuffix('.unstratified')}" in REFERENCE
        assert task.method_id in METHODS or task.method_id.partition(".")[0] in METHODS
        module = REPOSITORY / "src" / "equipoise" / "results" / f"{task.module}.py"
        assert module.is_file()


def test_no_word_of_the_vocabulary_is_read_as_something_else() -> None:
    path = REPOSITORY / "src" / "equipoise" / "results" / "stats.yaml"
    assert all(isinstance(key, str) for key in yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_recipe_for_tracing_a_number_runs(tmp_path: Path) -> None:
    adam = small_adam()
    (tmp_path / "adam").mkdir()
    for name, frame in adam.items():
        frame.write_parquet(tmp_path / "adam" / f"{name.lower()}.parquet")
    for name, frame in analyse(adam, small_analysis_protocol(), run_id="test").items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
    code = "\n".join(re.findall(r"```python\n(.*?)```", RECIPE, flags=re.DOTALL))
    code = code.replace("readouts/altn-iii-04", str(tmp_path)).replace('"ANL"', '"EXP"')
    found: dict[str, object] = {}
    exec(code, found)
    assert found["rows"]["keys"] == ["S1"]
