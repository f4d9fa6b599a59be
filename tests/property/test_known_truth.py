"""The page on known truth: what it claims, and that its tool still makes it."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "known-truth.md"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("known_truth", ROOT / "tools" / "known_truth.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["known_truth"] = module
    spec.loader.exec_module(module)
    return module


def rows(text, start):
    """Cells of the table rows that begin with `start`, table by table."""
    lines = [line for line in text.splitlines() if line.startswith(f"| {start} |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def shape(text):
    """The page without its numbers."""
    return re.sub(r"[-+]?(\d[\d,]*\.?\d*|inf)( \([-+.\d]+\))?", "0", text)


def test_the_tool_makes_the_page_with_few_trials(tool, tmp_path):
    few = {"replicates": 2, "fast_replicates": 2000, "keep": tmp_path}
    text = tool.page(tool.measure(workers=1, **few), **few)
    assert shape(text) == shape(PAGE.read_text(encoding="utf-8"))


def test_size_is_the_level_within_three_errors():
    text = PAGE.read_text(encoding="utf-8")
    shares, distances, *_ = rows(text, "no effect")
    assert shares[1] == "0.0250"
    assert len(distances) == 5
    assert all(abs(float(cell.split()[0])) <= 3 for cell in distances[1:])


def test_enough_trials_stand_behind_it():
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    whole, fast = (
        int(re.search(pattern, text)[1].replace(",", ""))
        for pattern in (r"([\d,]+) trials of whole patients", r"([\d,]+) trials through the")
    )
    assert whole >= 2000
    assert fast >= 100_000


def test_with_perfect_scans_whole_patients_have_the_power_of_event_times():
    shares, distances, *_ = rows(PAGE.read_text(encoding="utf-8"), "planned effect, perfect scans")
    (scans, error), (patients, other) = (
        (float(x) for x in re.findall(r"[\d.]+", cell)) for cell in (shares[5], shares[6])
    )
    assert abs(scans - patients) <= 3 * (error**2 + other**2) ** 0.5
    assert all(abs(float(cell.split()[0])) <= 3 for cell in distances[1:])  # from the closed form
