# SPDX-License-Identifier: Apache-2.0
"""Data flow one way: who may import whom, and what every file has to have."""

import ast
from pathlib import Path

import pytest

import equipoise

SOURCE = Path(equipoise.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
LEAVES = {"statistics", "recist", "tables", "errors"}
STAGES = {"protocol", "grouping", "design", "simulation", "sdtm", "adam", "results", "report"}
STAGES |= {"eligibility"}
SHELL = {
    "cli",
    "verbs",
    "pipeline",
    "looks",
    "planning",
    "operating",
    "rehearsal",
    "screening",
    "screening_page",
    "simulated",
    "sources",
    "terminal",
    "trial",
    "twins",
    "twin_lines",
    "store",
    "__init__",
    "__main__",
}


def part_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_modules(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.append(node.module)
    return [name for name in names if name.startswith("equipoise.")]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_follow_the_direction(path):
    part = part_of(path)
    for module in imported_modules(path):
        target = module.split(".")[1]
        if target == part:
            continue
        if part in LEAVES:
            assert target in LEAVES, f"leaf {part} imports {module}"
        elif part in STAGES and target != "protocol":
            assert target in LEAVES | {"grouping"}, f"stage {part} imports {module}"
        elif part in STAGES:
            assert module == "equipoise.protocol.model", f"stage {part} imports {module}"
        else:
            assert part in SHELL, f"{part} is neither leaf, stage nor shell"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_file_says_what_it_holds(path):
    text = path.read_text()
    assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
    assert ast.get_docstring(ast.parse(text)), "a module docstring says what the file holds"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_file_holds_one_idea(path):
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}
    assert len(path.read_text().splitlines()) <= 350


def test_only_the_store_touches_the_disk():
    for path in FILES:
        if part_of(path) == "store":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"write_text", "write_bytes", "mkdir", "unlink"}, (
                    f"{path.name} line {node.lineno} touches the disk"
                )


def test_every_command_is_documented():
    from equipoise.cli import main

    documents = "\n".join(p.read_text() for p in (SOURCE.parents[1] / "docs").rglob("*.md"))
    for name in main.commands:
        assert f"equipoise {name}" in documents, f"no page in docs shows `equipoise {name}`"
