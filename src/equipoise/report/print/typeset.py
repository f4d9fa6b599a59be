# SPDX-License-Identifier: Apache-2.0
"""Typst templates to PDF and PNG with one font that travels with the package, and no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

FONT = "Source Sans Pro"


def font_folder() -> str:
    """Where the font's files lie."""
    return str(files("font_source_sans_pro").joinpath("files"))


@cache
def _fonts() -> Any:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[font_folder()])


def document_date(cutoff: str | None) -> list[int] | None:
    """The date a document bears: the data cut-off, never the clock's."""
    if not cutoff:
        return None
    day = date.fromisoformat(cutoff)
    return [day.year, day.month, day.day]


def typeset(
    template: str,
    data: Mapping[str, Any],
    *,
    drawings: Mapping[str, str],
    kind: Literal["pdf", "png"],
    ppi: int = 300,
    standards: tuple[str, ...] = (),
) -> bytes:
    """One template filled with data; what the data hold is text and is never read as markup.

    Parameters
    ----------
        template  : a file of the folder templates
        data      : what the template reads as data.json
        drawings  : SVG by the file name the data call it
        kind, ppi : of the output; resolution counts for PNG
        standards : PDF standards to keep; breaking one is an error
    """
    import typst  # 75 MB of native code: only print pays for it

    folder = files("equipoise.report.print") / "templates"
    sources = {
        "main.typ": folder.joinpath(template).read_bytes(),
        "flow.typ": folder.joinpath("flow.typ").read_bytes(),
        "data.json": json.dumps(dict(data) | {"font": FONT}, ensure_ascii=False).encode(),
    }
    sources |= {name: svg.encode() for name, svg in drawings.items()}
    made = typst.compile(
        sources,  # type: ignore[call-overload]  # takes files by name, which its stub leaves out
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format=kind,
        ppi=float(ppi),
        pdf_standards=list(standards),
        timestamp=0,
    )
    assert isinstance(made, bytes)  # a list only for several PNG pages
    return made
