# SPDX-License-Identifier: Apache-2.0
"""The page's data in fewer bytes: a repeated word stands once, a set of patients is bits.

`page/elements.js` undoes both as the page opens.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Fields of a result that are always words: a number there is a place in the list of words.
WORD_FIELDS = ("a", "s", "w", "l", "u", "e", "c")
SHORT = 4  # a word of so many letters is no longer than its place


def with_words_once(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with `words`; in results and profiles a repeated word is its place there.

    A word of a profile's row becomes a list of one number, as a row holds numbers of its own.
    """
    results, profiles = content["results"], content.get("profiles", {})
    counts = Counter(_words(results.values(), profiles.values()))
    words = sorted(word for word, times in counts.items() if times > 1 and len(word) > SHORT)
    place = {word: at for at, word in enumerate(words)}
    short: dict[str, Any] = {
        **content,
        "words": words,
        "results": {
            name: {k: place.get(v, v) if k in WORD_FIELDS else v for k, v in result.items()}
            for name, result in results.items()
        },
    }
    if profiles:
        short["profiles"] = {
            name: {
                k: [[_placed(v, place) for v in row] for row in rows]
                if isinstance(rows, list)
                else rows
                for k, rows in profile.items()
            }
            for name, profile in profiles.items()
        }
    return short


def _placed(value: Any, place: Mapping[str, int]) -> Any:
    return [place[value]] if isinstance(value, str) and value in place else value


def _words(
    results: Iterable[Mapping[str, Any]], profiles: Iterable[Mapping[str, Any]]
) -> Iterable[str]:
    for result in results:
        yield from (result[field] for field in WORD_FIELDS if field in result)
    for profile in profiles:
        for rows in profile.values():
            if isinstance(rows, list):
                yield from (value for row in rows for value in row if isinstance(value, str))


def members(places: Sequence[int]) -> list[int] | str:
    """Places as a list, or where that is shorter as bits in base 64, the lowest place first."""
    bits = bytearray(max(places, default=-1) // 8 + 1)
    for place in places:
        bits[place // 8] |= 1 << place % 8
    text = b64encode(bytes(bits)).decode("ascii")
    listed = list(places)
    return text if len(text) + 2 < len(str(listed).replace(" ", "")) else listed
