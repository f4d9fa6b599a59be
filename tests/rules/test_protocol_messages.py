# SPDX-License-Identifier: Apache-2.0
"""What a person reads when a protocol file is wrong: what, where to the column, how to mend."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from equipoise.adam.censoring import bundled_rule_sets
from equipoise.errors import ProtocolError
from equipoise.protocol.check import check_protocol
from equipoise.protocol.read import read_protocol

PROTOCOLS = Path(str(files("equipoise") / "protocols"))
BUNDLED = sorted(PROTOCOLS.rglob("*.yaml"))
TEXT = (files("equipoise") / "protocols" / "altn-iii-04.yaml").read_text(encoding="utf-8")


def faults_of(text):
    try:
        protocol, positions = read_protocol(text, file="trial.yaml")
    except ProtocolError as error:
        return list(error.faults)
    return check_protocol(protocol, positions, rule_sets=bundled_rule_sets())


def line_of(text, needle):
    return next(i for i, line in enumerate(text.splitlines(), 1) if needle in line)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda p: p.name)
def test_bundled_protocols_are_sound(path):
    assert faults_of(path.read_text(encoding="utf-8")) == []


def replaced(old, new):
    assert TEXT.count(old) >= 1
    return TEXT.replace(old, new, 1)


CASES = {
    "a misspelt field names the closest one": (
        replaced("randomisation:\n", "randomization:\n"),
        "`randomization` is not a field of a protocol",
        "randomization:",
        "did you mean `randomisation`?",
    ),
    "a misspelt field inside a list": (
        replaced("    role: control\n", "    rol: control\n"),
        "`arms.1.rol` is not a field of a protocol",
        "    rol: control",
        "did you mean `role`?",
    ),
    "a word where a number belongs": (
        replaced("    dose: 12\n", "    dose: twelve\n"),
        "`regimens.anlotinib.dose`",
        "    dose: twelve",
        "give a value of that form",
    ),
    "an unknown regimen": (
        replaced("regimens: [anlotinib, epirubicin]", "regimens: [anlotinb, epirubicin]"),
        "regimen `anlotinb` is not declared",
        "regimens: [anlotinb",
        "did you mean `anlotinib`?",
    ),
    "a block that cannot hold the ratio": (
        replaced("blocks: [4]", "blocks: [5]"),
        "a block of 5 cannot hold the ratio 1:1",
        "blocks: [5]",
        "use a multiple of 2",
    ),
    "an unknown censoring rule set": (
        replaced("censoring: R0", "censoring: R9"),
        "censoring rule set `R9` is not declared",
        "censoring: R9",
        "R0",
    ),
    "a date that no calendar has": (
        replaced("cutoff: 2024-02-15", "cutoff: 2024-02-30"),
        "2024-02-30 is not a date of the calendar",
        "cutoff: 2024-02-30",
        "write YYYY-MM-DD",
    ),
    "probabilities that do not add up": (
        replaced("SEX: {F: 0.5, M: 0.5}", "SEX: {F: 0.5, M: 0.4}"),
        "the probabilities of `SEX` add up to 0.9",
        "SEX: {F: 0.5, M: 0.4}",
        "they have to add up to 1",
    ),
    "an assumption about nothing": (
        replaced("path: randomisation.blocks", "path: randomisation.bloks"),
        "the assumption names `randomisation.bloks`, which this protocol does not hold",
        "path: randomisation.bloks",
        "write the path of a field",
    ),
    "a test of arms in a trial of one": (
        replaced("  - id: PBO\n", "  - id: PBX\n"),
        "no ratio for arm `PBX`",
        "  ratio:",
        "give every arm its share",
    ),
    "a field that stands twice": (
        replaced("convention: equipoise\n", "convention: equipoise\nconvention: sas94\n"),
        "the field `convention` stands twice",
        "convention: sas94",
        "keep one of the two",
    ),
    "a control character": (
        replaced("short: Placebo", 'short: "Pla\\x07cebo"'),
        "`arms.1.short` holds a control character",
        'short: "Pla',
        "visible characters",
    ),
    "text that is not YAML": (
        replaced("identity:\n", "identity: {\n"),
        "this is not YAML",
        "",
        "check indentation",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_says_what_where_and_how_to_mend(name):
    text, what, needle, mend = CASES[name]
    faults = [f for f in faults_of(text) if what in f.what]
    assert faults, [f.what for f in faults_of(text)]
    assert mend in faults[0].mend
    place = re.fullmatch(r"trial\.yaml:(\d+):(\d+)", faults[0].where)
    assert place
    if needle:
        assert int(place[1]) == line_of(text, needle)


def test_all_faults_come_at_once():
    text = replaced("    dose: 12\n", "    dose: twelve\n")
    text = text.replace("  - id: ANL\n", "  - ident: ANL\n").replace('phase: "3"', "phase: nine")
    found = faults_of(text)
    assert len({f.where for f in found}) >= 3


def test_numbers_keep_their_printed_decimals():
    protocol, _ = read_protocol(TEXT, file="trial.yaml")
    ratio = next(f for f in protocol.published.figures if f.id == "pfs.birc.hr")
    assert str(ratio.printed.value) == "0.30"


def test_yaml_1_2_words_stay_words():
    text = replaced("title: Anlotinib or placebo", "title: NO")
    protocol, _ = read_protocol(text, file="trial.yaml")
    assert protocol.identity.title.startswith("NO")


def test_the_json_schema_accepts_what_the_model_accepts():
    import json

    import jsonschema
    import yaml

    from equipoise.protocol.schema import protocol_json_schema

    schema = json.loads(protocol_json_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in BUNDLED:
        content = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
        content["equipoise"] = 1
        jsonschema.validate(content, schema)
