# SPDX-License-Identifier: Apache-2.0
"""Typst templates to PDF and PNG with one font that travels with the package, and no other."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from equipoise.errors import Fault, OutputError
from equipoise.report.renderer import font_folder

FONT = "Source Sans Pro"


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

    Raises OutputError where the font lacks a sign: better no PDF than one with a box for a name.

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
    try:
        made = typst.compile(
            sources,  # type: ignore[call-overload]  # takes files by name, which its stub leaves out
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format=kind,
            ppi=float(ppi),
            pdf_standards=list(standards),
            timestamp=0,
        )
    except typst.TypstError as error:
        raise _refused(error.message) from error
    assert isinstance(made, bytes)  # a list only for several PNG pages
    return _with_resolution(made, ppi) if kind == "png" else made


def _refused(message: str) -> OutputError:
    return OutputError(
        Fault(
            what=f"the PDF cannot be set: {message}",
            where="--format pdf, figures",
            mend=f"write the label in signs that {FONT} has (Latin, Greek, Cyrillic), "
            "or leave these formats out: --format html,rtf,docx",
        )
    )


def _with_resolution(png: bytes, ppi: int) -> bytes:
    """The picture saying how large it is: a pHYs chunk, in pixels per metre, after the header."""
    per_metre = round(ppi / 0.0254)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    header = 8 + 25  # signature, then the IHDR chunk, which is always this long
    return png[:header] + chunk + png[header:]
