# SPDX-License-Identifier: Apache-2.0
"""YAML text to Protocol, keeping line numbers for messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from equipoise.errors import Fault, ProtocolError
from equipoise.protocol.model import Protocol

Path = tuple[str | int, ...]

_NULL = re.compile(r"(~|null|Null|NULL|)$")
_BOOL = {"true": True, "false": False, "True": True, "False": False}
_INT = re.compile(r"[-+]?\d+$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$")


class Positions:
    """Line and column of every place in a YAML document."""

    def __init__(self, file: str, root: yaml.Node | None) -> None:
        self._file = file
        self._root = root

    def where(self, path: Sequence[str | int]) -> str:
        """`file:line:column` of the deepest part of `path` that is there."""
        node, key = self._root, None
        for step in path:
            found = _child(node, step)
            if found is None:
                continue  # pydantic names union members too; they are not in the file
            key, node = found
        place = key or node
        if place is None:
            return self._file
        mark = place.start_mark
        return f"{self._file}:{mark.line + 1}:{mark.column + 1}"


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None


def _scalar(node: yaml.ScalarNode) -> Any:
    """A plain scalar by the YAML 1.2 core schema; numbers with a point keep their decimals."""
    text = node.value
    if node.style:  # quoted
        return text
    if _NULL.match(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return Decimal(text)
    return text


def _value(node: yaml.Node, positions: Positions, path: Path, faults: list[Fault]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        scalar = _scalar(node)
        if isinstance(scalar, str) and _CONTROL.search(scalar):
            faults.append(
                Fault(
                    what=f"`{'.'.join(map(str, path))}` holds a control character",
                    where=positions.where(path),
                    mend="write visible characters only",
                )
            )
        return scalar
    if isinstance(node, yaml.SequenceNode):
        return [_value(n, positions, (*path, i), faults) for i, n in enumerate(node.value)]
    value: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if not isinstance(_scalar(key_node), int) else _scalar(key_node)
        if key in value:
            mark = key_node.start_mark
            faults.append(
                Fault(
                    what=f"the field `{key}` stands twice",
                    where=f"{positions.where(()).split(':')[0]}:{mark.line + 1}:{mark.column + 1}",
                    mend="keep one of the two",
                )
            )
        value[key] = _value(value_node, positions, (*path, key), faults)
    return value


def parse_yaml(text: str, *, file: str) -> tuple[Any, Positions]:
    """YAML text to plain values and their positions.

    Raises ProtocolError for a syntax error or a field that stands twice.
    """
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise ProtocolError(
            Fault(
                what=f"this is not YAML: {error.problem or error.context}",
                where=where,
                mend="check indentation, colons and quotes on this line and the one before",
            )
        ) from error
    positions = Positions(file, root)
    if not isinstance(root, yaml.MappingNode):
        raise ProtocolError(
            Fault(
                what="a protocol is a mapping of fields; this file holds none",
                where=file,
                mend="start from a bundled protocol: equipoise check altn-iii-04",
            )
        )
    faults: list[Fault] = []
    value = _value(root, positions, (), faults)
    if faults:
        raise ProtocolError(faults)
    return value, positions


def _composed(text: str) -> yaml.Node | None:
    """The nodes of the text; where it is not YAML the slower loader says why, and more plainly."""
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    return root


def read_protocol(text: str, *, file: str) -> tuple[Protocol, Positions]:
    """The protocol that `text` states, and where each part of it stands.

    Parameters    text : the YAML document; file : its name, for messages
    Raises        ProtocolError - with every fault of form; `check_protocol` finds those of sense
    """
    value, positions = parse_yaml(text, file=file)
    try:
        return Protocol.model_validate(value), positions
    except ValidationError as error:
        raise ProtocolError(list(_faults(error, positions))) from error


def _faults(error: ValidationError, positions: Positions) -> Iterable[Fault]:
    items = error.errors(include_url=False)
    missing = {item["loc"] for item in items if item["type"] == "missing"}
    misspelt = {
        (*item["loc"][:-1], close)
        for item in items
        if item["type"] == "extra_forbidden" and (close := _closest(item["loc"]))
    }
    for item in items:
        if item["loc"] not in missing & misspelt:  # said once, where the misspelt field stands
            yield _fault(item["type"], item["loc"], item["msg"], item["input"], positions)


def _fault(kind: str, path: Path, message: str, found: Any, positions: Positions) -> Fault:
    field = ".".join(str(step) for step in path)
    if kind == "extra_forbidden":
        close = _closest(path)
        what = f"`{field}` is not a field of a protocol"
        known = ", ".join(_fields_at(path[:-1]))
        mend = f"did you mean `{close}`?" if close else f"known here: {known}"
    elif kind == "missing":
        what = f"`{field}` is missing"
        mend = f"add the field `{path[-1]}` here"
    else:
        what = f"`{field}`: {message[0].lower()}{message[1:]}"
        shown = found if isinstance(found, Decimal) else repr(found)
        what += f"; found {shown}" if not isinstance(found, dict) else ""
        mend = "give a value of that form; `equipoise schema` tells what the field means"
    return Fault(what=what, where=positions.where(path), mend=mend)


def _closest(path: Path) -> str | None:
    close = get_close_matches(str(path[-1]), _fields_at(path[:-1]), n=1)
    return close[0] if close else None


def _fields_at(path: Sequence[str | int]) -> list[str]:
    """Names of the fields that may stand at `path`."""
    model: Any = Protocol
    for step in path:
        if isinstance(step, int):
            continue
        if isinstance(model, type) and issubclass(model, BaseModel) and step in model.model_fields:
            model = _record_in(model.model_fields[step].annotation)
        # a step that names no field is the key of a mapping of records: stay with that record
    if isinstance(model, type) and issubclass(model, BaseModel):
        return list(model.model_fields)
    return []


def _record_in(annotation: Any) -> Any:
    """The record type inside an annotation such as `tuple[Arm, ...]` or `dict[str, Regimen]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _record_in(inner)
        if found is not None:
            return found
    return None
