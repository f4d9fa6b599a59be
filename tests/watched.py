# SPDX-License-Identifier: Apache-2.0
"""A reference whose every value knows whether it was compared, so that none is skipped silently."""

from __future__ import annotations

from collections.abc import Iterator

# what a record says about itself: labels, settings and inputs of the calculation, not answers
SETTINGS = {
    "case", "conf_type", "dist", "gamma", "groups", "id", "level", "newdata", "note", "note_ci",
    "order", "probs", "r_precision_note", "r_warnings", "rho", "se_includes_log_scale_last",
    "state", "strata", "stratum", "tau", "term", "terms", "ties", "why",
}  # fmt: skip


class Number(float):
    """A reference number; `place` is where it stands, `open` the places nobody compared yet."""

    place: str
    open: set[str]


class Word(str):
    """A reference text such as NaN or Inf, watched as a number is."""

    place: str
    open: set[str]

    def __hash__(self) -> int:
        return str.__hash__(self)


def watch(tree: object, open_places: set[str], place: str = "") -> object:
    """The tree with numbers and texts that can be ticked off; settings stay as they are."""
    if isinstance(tree, dict):
        return {
            key: value if key in SETTINGS else watch(value, open_places, f"{place}/{key}")
            for key, value in tree.items()
        }
    if isinstance(tree, list):
        return [watch(value, open_places, f"{place}[{i}]") for i, value in enumerate(tree)]
    if tree is None or isinstance(tree, bool):
        return tree
    leaf = Word(tree) if isinstance(tree, str) else Number(tree)
    leaf.place, leaf.open = place, open_places
    open_places.add(place)
    return leaf


def tick(value: object) -> None:
    """A value was compared, or stated as a difference on purpose."""
    if isinstance(value, Number | Word):
        value.open.discard(value.place)


def leaves(tree: object) -> Iterator[object]:
    """Every watched value below."""
    if isinstance(tree, dict):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from leaves(value)
    elif isinstance(tree, Number | Word):
        yield tree
