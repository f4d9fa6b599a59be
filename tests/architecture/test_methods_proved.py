# SPDX-License-Identifier: Apache-2.0
"""Every method of equipoise.statistics has its page, its equation, its source and its proof."""

import re
from functools import cache
from pathlib import Path

import pytest
from tests.statistics_functions import PARTS, methods, public_functions
from tests.validation import where_compared

ROOT = Path(__file__).resolve().parents[2]
PAGES = {p.name: p.read_text(encoding="utf-8") for p in (ROOT / "docs/methods").glob("*.md")}
# proved by a property test instead: many trials at once equal the same trials one by one; text
BY_PROPERTY = {
    "kaplan_meier.kaplan_meier_by_group", "many_quantiles.many_quantiles",
    "many_trials.hazard_ratios", "many_trials.logranks", "many_trials.sort_trials",
    "multivariate_normal.half_sphere", "conventions.prepared_times", "rounding.format_interval",
    "rounding.format_number", "rounding.format_p", "rounding.format_percent",
    "rounding.format_ratio_percent", "rounding.round_half_away",
}  # fmt: skip


@cache
def page_of(method):
    module, name = method.split(".")
    found = [
        page
        for page, text in PAGES.items()
        if re.search(rf"\b{name}\b", text) and re.search(rf"\b{module}\.py\b", text)
    ]
    return found[0] if found else None


@pytest.mark.parametrize("method", sorted(methods()))
def test_a_method_has_its_page(method):
    page = page_of(method)
    assert page, f"no page in docs/methods names `{method}` and its file"
    text = PAGES[page]
    assert "```text" in text or "| source |" in text, f"{page} has no equation"
    assert "Source.**" in text or "| source |" in text, f"{page} has no source"


@pytest.mark.parametrize("method", sorted(methods()))
def test_a_method_is_compared_with_numbers_made_elsewhere(method):
    files = where_compared()[method]
    assert files or method in BY_PROPERTY, f"no test in tests/reference calls `{method}`"
    assert not (files and method in BY_PROPERTY), f"`{method}` has a reference: strike it here"


@pytest.mark.parametrize("method", sorted(BY_PROPERTY))
def test_what_has_no_reference_has_a_property(method):
    name = method.split(".")[1]
    tests = [*(ROOT / "tests/property").glob("*.py"), *(ROOT / "tests/reference").glob("*.py")]
    others = "join_near_times" if name == "prepared_times" else name
    others = "largest_exceeds" if name == "half_sphere" else others
    assert any(re.search(rf"\b{others}\b", p.read_text(encoding="utf-8")) for p in tests)


def test_the_validation_page_lists_every_method():
    text = (ROOT / "docs/validation.md").read_text(encoding="utf-8")
    missing = [name for name in sorted(methods() - BY_PROPERTY) if f"`{name}`" not in text]
    assert not missing, f"run `python tests/validation.py`; it lacks {missing}"


def test_parts_exist():
    assert public_functions() >= PARTS, f"no such functions: {PARTS - public_functions()}"
