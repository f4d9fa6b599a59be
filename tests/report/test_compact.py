# SPDX-License-Identifier: Apache-2.0
"""What the page undoes as it opens: words by their place, patients as bits."""

import base64

import pytest

from equipoise.report.compact import members, with_words_once


def opened(places):
    if isinstance(places, list):
        return places
    bits = base64.b64decode(places)
    return [8 * at + bit for at, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1]


@pytest.mark.parametrize(
    "places", [[], [0], [271], list(range(272)), list(range(0, 272, 3)), [5, 8, 9, 15, 16]]
)
def test_a_set_of_patients_returns_whole(places):
    assert opened(members(places)) == places


def test_the_shorter_of_list_and_bits_is_taken():
    assert members([271]) == [271]
    assert isinstance(members(list(range(272))), str)


def test_a_repeated_word_stands_once_and_a_single_one_where_it_was():
    content = {
        "results": {"r1": {"a": "PFS|cox", "d": "0.30", "w": "once only"}, "r2": {"a": "PFS|cox"}},
        "profiles": {
            "0": {"arm": "Placebo", "doses": [["Epirubicin", 0, None], ["Epirubicin", 3]]}
        },
    }
    found = with_words_once(content)
    assert found["words"] == ["Epirubicin", "PFS|cox"]
    assert found["results"] == {"r1": {"a": 1, "d": "0.30", "w": "once only"}, "r2": {"a": 1}}
    assert found["profiles"]["0"] == {"arm": "Placebo", "doses": [[[0], 0, None], [[0], 3]]}
