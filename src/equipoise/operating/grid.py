# SPDX-License-Identifier: Apache-2.0
"""A grid of scenarios from a YAML file: one base, and the values that vary.

    title: Anlotinib with epirubicin
    base: {trial: ..., looks: ..., bounds: ...}
    vary:
      trial.strata.0.experimental.hazard_ratio: [0.65, 0.8, 1.0]

An arm states its hazard in one of three ways: `hazard`, pieces with a rate per month; or
`median_months`, the same in medians; or `hazard_ratio`, relative to the control arm of its stratum.
What varies takes the place of whichever form the base has. `*` in a path stands for every entry of
a list. A base may take trial, looks and bounds from a protocol: `{protocol: NAME, analysis: ID}`.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from equipoise.errors import Fault, ProtocolError
from equipoise.operating.scenario import Scenario
from equipoise.operating.stated_yaml import parse_stated
from equipoise.operating.trial import ArmTimes, Hazard

Base = Mapping[str, Any]
HAZARD_FORMS = ("hazard", "median_months", "hazard_ratio")


def no_protocol(name: str, _analysis: str) -> Base:
    """What `read_grid` is told about protocols when it is given no way to load them."""
    raise _fault(f"The base names the protocol `{name}`.", "base.protocol", "state the trial.")


def read_grid(
    text: str, *, source: str, base_of: Callable[[str, str], Base] = no_protocol
) -> list[Scenario]:
    """The scenarios of a grid, in the order of the file, the last factor fastest.

    Parameters    text : YAML;  source : how messages name the file
                  base_of : protocol and analysis to a base, see `protocol_trial.protocol_base`
    Raises        ProtocolError - every fault of the first scenario that has one
    """
    stated = parse_stated(text, source=source)
    if (
        not isinstance(stated, dict)
        or set(stated) - {"title", "base", "vary"}
        or "base" not in stated
    ):
        raise _fault(
            "A grid has the entries `base` and `vary`, and may have `title`.",
            source,
            "see the how-to on grids.",
        )
    vary = stated.get("vary") or {}
    _refuse_values_without_a_list(vary, source)
    base = _filled_base(stated["base"], source, base_of)
    cells = itertools.product(*vary.values())
    return [_scenario(base, dict(zip(vary, cell, strict=True)), source) for cell in cells]


def grid_title(text: str) -> str | None:
    """The title that a grid states, of a text that `read_grid` has taken."""
    title = yaml.safe_load(text).get("title")
    return None if title is None else str(title)


def _refuse_values_without_a_list(vary: Any, source: str) -> None:
    if not isinstance(vary, dict):
        raise _fault("`vary` is not a list of paths.", source, "write `path: [values]` under it.")
    faults = [
        Fault(
            what=f"`{path}` has no list of values.",
            where=f"{source}: vary",
            mend=f"write `{path}: [0.65, 0.8, 1.0]`.",
        )
        for path, values in vary.items()
        if not isinstance(values, list) or not values
    ]
    if faults:
        raise ProtocolError(faults)


def _filled_base(base: Any, source: str, base_of: Callable[[str, str], Base]) -> Base:
    """The base, with what it takes from a protocol; what it states itself goes first."""
    if not isinstance(base, dict):
        raise _fault("`base` is not a mapping.", source, "state trial, looks and bounds under it.")
    if "protocol" not in base:
        return base
    own = {key: value for key, value in base.items() if key not in {"protocol", "analysis"}}
    if "analysis" not in base:
        raise _fault(
            "The base names a protocol and no analysis.",
            f"{source}: base",
            "add `analysis: PFS.BIRC`, the analysis whose strata and endpoint are simulated.",
        )
    return {**base_of(base["protocol"], base["analysis"]), **own}


def _scenario(base: Any, cell: Mapping[str, Any], source: str) -> Scenario:
    stated = copy.deepcopy(base)
    for path, value in cell.items():
        _put(stated, path, value, source)
    names = _short_names(list(cell))
    levels = {names[path]: _label(value) for path, value in cell.items()}
    name = ", ".join(f"{key} {value}" for key, value in levels.items()) or "base"
    try:
        for stratum in stated["trial"]["strata"]:
            control = _arm(stratum["control"], None)
            stratum["experimental"] = _arm(stratum["experimental"], control)
            stratum["control"] = control
        return Scenario.model_validate({**stated, "name": name, "levels": levels})
    except ValidationError as error:
        raise ProtocolError(
            [
                Fault(
                    what=f"{item['msg']}.",
                    where=f"{source}, {name}: {'.'.join(map(str, item['loc']))}",
                    mend="see the how-to on operating characteristics for the fields.",
                )
                for item in error.errors()
            ]
        ) from error
    except (KeyError, TypeError) as error:
        mend = "state trial.strata with a control and an experimental arm each."
        raise _fault(f"The base lacks {error}.", source, mend) from error


def _short_names(paths: list[str]) -> dict[str, str]:
    """Each path by its last parts, as many as tell it from the others."""
    parts = {path: path.split(".") for path in paths}
    names = {}
    for path in paths:
        length = 1
        while sum(p[-length:] == parts[path][-length:] for p in parts.values()) > 1:
            length += 1
        names[path] = ".".join(parts[path][-length:])
    return names


def _label(value: Any) -> str:
    """A level in words: pieces as `1.0, from month 2 0.5`."""
    if not isinstance(value, list):
        return str(value)
    return ", ".join(_label_piece(piece) for piece in value)


def _label_piece(piece: Any) -> str:
    if not isinstance(piece, Mapping):
        return str(piece)
    start = piece.get("from_month")
    number = next((value for key, value in piece.items() if key != "from_month"), "")
    return f"from month {start} {number}" if start else str(number)


def _put(stated: Any, path: str, value: Any, source: str) -> None:
    """Set the entry that a dotted path names; numbers count list entries from 0, `*` is all."""
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    try:
        found = [stated]
        for part in parents:
            found = [item for place in found for item in (place if part == "*" else [place[part]])]
        for place in found:
            if last in HAZARD_FORMS:
                for form in HAZARD_FORMS:
                    place.pop(form, None)
            place[last] = value
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise _fault(
            f"`vary` names `{path}`, which the base does not have.",
            source,
            "write the path as in trial.strata.0.control.cured.",
        ) from error


def _arm(stated: Mapping[str, Any], control: ArmTimes | None) -> ArmTimes:
    """An arm with its hazard per month, from whichever form it is stated in."""
    fields = dict(stated)
    forms = [form for form in HAZARD_FORMS if form in fields]
    if len(forms) > 1:
        mend = "keep one of them."
        raise _fault(f"An arm states its hazard as {' and as '.join(forms)}.", "strata", mend)
    ratio, medians = fields.pop("hazard_ratio", None), fields.pop("median_months", None)
    if ratio is not None and control is not None:
        pieces = tuple(Hazard(from_month=t, per_month=r) for t, r in _pieces(ratio, "ratio"))
        relative = control.scaled(pieces)
        inherited = {"cured": control.cured, "dropout_per_month": control.dropout_per_month}
        fields = {"patients": control.patients, **inherited, "hazard": relative.hazard, **fields}
    elif medians is not None:
        fields["hazard"] = tuple(
            Hazard.of_median(m, from_month=t) for t, m in _pieces(medians, "months")
        )
    return ArmTimes.model_validate(fields)


def _pieces(stated: Any, key: str) -> list[tuple[float, float]]:
    """A number, or pieces {from_month, key}, as (from_month, number)."""
    if isinstance(stated, int | float):
        return [(0.0, float(stated))]
    return [(float(piece.get("from_month", 0.0)), float(piece[key])) for piece in stated]


def _fault(what: str, where: str, mend: str) -> ProtocolError:
    return ProtocolError(Fault(what=what, where=where, mend=mend))
