# SPDX-License-Identifier: Apache-2.0
"""Documents point at what is there, and every decision and method page has its parts."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda p: p.name
)
def test_a_decision_states_situation_choice_and_reversal(page):
    text = page.read_text(encoding="utf-8")
    for part in ("Situation", "Choice", "reverse"):
        assert part in text, f"{page.name} lacks {part}"


def test_every_page_is_reachable_from_the_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for folder in ("how-to", "reference", "tutorial"):
        for page in (ROOT / "docs" / folder).glob("*.md"):
            assert f"{folder}/{page.name}" in index, f"docs/README.md does not list {page.name}"


PROOF = re.compile(r"(?:Proof|\*\*Proof\.\*\*).*?(?=\n\n|\"\"\"|\Z)", re.DOTALL)
NAMED = re.compile(r"tests/[\w/*]+\.(?:py|yaml)")
WITH_PROOF = [
    path
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "docs" / "methods").glob("*.md")]
    if "Proof" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("page", WITH_PROOF, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_proof_that_is_named_is_there(page):
    for passage in PROOF.findall(page.read_text(encoding="utf-8")):
        for name in NAMED.findall(passage):
            assert list(ROOT.glob(name)), f"{page.name} names {name}"
