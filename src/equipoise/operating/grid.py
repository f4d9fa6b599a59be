# SPDX-License-Identifier: Apache-2.0
"""A grid of scenarios from a YAML file: one base, and the values that vary.

    base: {trial: ..., looks: ..., bounds: ...}
    vary:
      trial.strata.0.experimental.hazard_ratio: [0.65, 0.8, 1.0]

An arm states its hazard in one of three ways: `hazard`, pieces with a rate per month; or
`median_months`, the same in medians; or `hazard_ratio`, relative to the control arm of its stratum.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from equipoise.errors import Fault, ProtocolError
from equipoise.operating.scenario import Scenario
from equipoise.operating.trial import ArmTimes, Hazard


def read_grid(text: str, *, source: str) -> list[Scenario]:
    """The scenarios of a grid, in the order of the file, the last factor fastest.

    Parameters    text : YAML;  source : how messages name the file
    Raises        ProtocolError - every fault of the first scenario that has one
    """
    try:
        stated = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise _fault("The file is not YAML.", f"{source}{line}", "mend the place named.") from error
    if not isinstance(stated, dict) or set(stated) - {"base", "vary"} or "base" not in stated:
        raise _fault(
            "A grid has the entries `base` and `vary`.", source, "see the how-to on grids."
        )
    vary: dict[str, list[Any]] = stated.get("vary") or {}
    cells = itertools.product(*vary.values())
    return [_scenario(stated["base"], dict(zip(vary, cell, strict=True)), source) for cell in cells]


def _scenario(base: Any, cell: Mapping[str, Any], source: str) -> Scenario:
    stated = copy.deepcopy(base)
    for path, value in cell.items():
        _put(stated, path, value, source)
    levels = {path.rpartition(".")[2]: _label(value) for path, value in cell.items()}
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
    """Set the entry that a dotted path names; numbers count list entries from 0."""
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    try:
        for part in parents:
            stated = stated[part]
        stated[last] = value
    except (KeyError, IndexError, TypeError) as error:
        raise _fault(
            f"`vary` names `{path}`, which the base does not have.",
            source,
            "write the path as in trial.strata.0.control.cured.",
        ) from error


def _arm(stated: Mapping[str, Any], control: ArmTimes | None) -> ArmTimes:
    """An arm with its hazard per month, from whichever form it is stated in."""
    fields = dict(stated)
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
