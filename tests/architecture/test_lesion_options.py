# SPDX-License-Identifier: Apache-2.0
"""Every option of responses from lesions is on the page that lists them, with its default."""

from __future__ import annotations

import pytest
from tests.oracles import REPOSITORY

from equipoise.protocol.model import Adjudication, Lesions, RuleSet

PAGE = (REPOSITORY / "docs" / "how-to" / "derive-from-lesions.md").read_text(encoding="utf-8")
CENSORING = (REPOSITORY / "docs" / "methods" / "censoring.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Lesions.model_fields)
def test_the_option_stands_on_its_page_with_its_default(name):
    (line,) = [line for line in PAGE.splitlines() if f"`{name}`" in line and line.startswith("|")]
    default = Lesions.model_fields[name].default
    told = line.split("|")[2]
    if default != ():
        assert str(default).lower() in told.lower()


def test_the_adjudication_variables_stand_there():
    for name in Adjudication.model_fields["variables"].default:
        assert name in PAGE


@pytest.mark.parametrize("name", [n for n in RuleSet.model_fields if n not in ("label", "source")])
def test_every_field_of_a_rule_set_is_explained(name):
    assert f"| `{name}` |" in CENSORING
