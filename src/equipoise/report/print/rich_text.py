# SPDX-License-Identifier: Apache-2.0
"""One table as an RTF file: landscape, titles and headings on every page, page x of y."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from equipoise.report.print.grid import Grid, Head, Line, Piece, Setting
from equipoise.report.print.typeset import document_date

# Lengths in twips, a twentieth of a point: A4 across, margins of an inch.
PAPER, MARGIN = (16838, 11906), 1440
WIDTH = PAPER[0] - 2 * MARGIN
INDENT, SIZE, SMALL = 200, 18, 16
THICK, THIN = 15, 8
# A number and the name it bears: a bookmark, which Word finds by Go To and prints nothing of.
BOOKMARK = re.compile(r"\{\\\*\\bkmkstart (\w+)\}(.*?)\{\\\*\\bkmkend \1\}")
ESCAPED = {"\\": r"\\", "{": r"\{", "}": r"\}", "\n": r"\line ", "\t": " ", "\r": " "}


def table_rtf(grid: Grid, setting: Setting, *, cutoff: str | None) -> bytes:
    """The table as RTF in ASCII; equal input gives equal bytes."""
    edges = _edges(grid.weights_across)
    rows = [*_titles(grid), *_headings(grid, edges)]
    rows += [
        _body_row(line, grid, edges, last=at == len(grid.lines))
        for at, line in enumerate(grid.lines, start=1)
    ]
    notes = [rf"\pard\plain\ql\sb40\fs{SMALL} {escaped(note)}\par" for note in grid.notes]
    text = "\n".join([_head(grid, setting, cutoff), *rows, *notes, "}"])
    return _named_once(text).encode("ascii")


def escaped(text: str) -> str:
    """Text that RTF reads back as it was: control signs escaped, other signs by their number."""
    done = []
    for sign in text:
        if sign in ESCAPED:
            done.append(ESCAPED[sign])
        elif sign.isascii():
            done.append(sign)
        else:
            units = sign.encode("utf-16-le")
            for at in range(0, len(units), 2):
                code = int.from_bytes(units[at : at + 2], "little", signed=True)
                done.append(rf"\u{code}?")
    return "".join(done)


def _named_once(text: str) -> str:
    """Every bookmark where it first stands: a name may not come twice in a document."""
    seen: set[str] = set()

    def once(found: re.Match[str]) -> str:
        kept = found[0] if found[1] not in seen else found[2]
        seen.add(found[1])
        return kept

    return BOOKMARK.sub(once, text)


def _head(grid: Grid, setting: Setting, cutoff: str | None) -> str:
    day = document_date(cutoff)
    made = rf"{{\creatim\yr{day[0]}\mo{day[1]}\dy{day[2]}}}" if day else ""
    title = escaped(f"Table {grid.number}. {grid.title}")
    tabs = rf"\tqc\tx{WIDTH // 2}\tqr\tx{WIDTH}"
    page = (
        r"Page {\field{\*\fldinst PAGE}{\fldrslt 1}} of {\field{\*\fldinst NUMPAGES}{\fldrslt 1}}"
    )
    label = rf"{{\b\cf1 {escaped(setting.label)}}}" if setting.label else ""
    return "\n".join(
        [
            r"{\rtf1\ansi\ansicpg1252\uc1\deff0\deflang2057",
            r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}}",
            r"{\colortbl;\red180\green35\blue24;}",
            rf"{{\info{{\title {title}}}{{\author equipoise}}{made}}}",
            rf"\paperw{PAPER[0]}\paperh{PAPER[1]}\landscape"
            rf"\margl{MARGIN}\margr{MARGIN}\margt{MARGIN}\margb{MARGIN}",
            rf"\sectd\lndscpsxn\pgwsxn{PAPER[0]}\pghsxn{PAPER[1]}",
            rf"{{\header\pard\plain{tabs}\fs{SMALL} {escaped(setting.study)}\tab {label}\tab "
            rf"{escaped(setting.cutoff.capitalize())}\par}}",
            rf"{{\footer\pard\plain{tabs}\fs{SMALL} Run {escaped(setting.run_id)}\tab\tab {page}"
            r"\par}",
        ]
    )


def _titles(grid: Grid) -> list[str]:
    """Rows over the whole width: as headings of the table they stand on every page."""
    return [
        _row([WIDTH], [_cell(text, r"\qc\b" if at == 0 else r"\qc", after=60 * at)], head=True)
        for at, text in enumerate((f"Table {grid.number}. {grid.title}", grid.subtitle))
    ]


def _headings(grid: Grid, edges: Sequence[int]) -> list[str]:
    rows = []
    if grid.groups:
        ends, at = [edges[0]], 0
        for group in grid.groups:
            at += group.span
            ends.append(edges[at])
        cells = [_cell("", r"\ql"), *(_head_cell(group) for group in grid.groups)]
        rows.append(_row(ends, cells, head=True, above=THICK))
    side = r"\qc" if grid.centred else r"\ql"
    cells = [_cell(grid.stub, r"\ql\b"), *(_head_cell(head, side) for head in grid.heads)]
    above = THIN if grid.groups else THICK
    rows.append(_row(edges, cells, head=True, above=above, below=THIN))
    return rows


def _head_cell(head: Head, side: str = r"\qc") -> str:
    text = escaped(f"{head.text}\n" if head.size else head.text)
    return _raw_cell(text + _named(head.size, head.size_id), rf"{side}\b")


def _body_row(line: Line, grid: Grid, edges: Sequence[int], *, last: bool) -> str:
    label = f"{line.label}, {line.unit}" if line.unit else line.label
    style = rf"\ql\li{INDENT * line.depth}" + (r"\b\keepn" if line.heading else "")
    below = THICK if last else 0
    if not line.cells:
        return _row([WIDTH], [_cell(label, style)], below=below)
    side, stand = (r"\qc", "b") if grid.centred else (r"\ql", "t")
    cells = [_cell(label, style), *(_raw_cell(_pieces(found), side) for found in line.pieces)]
    return _row(edges, cells, below=below, stand=stand)


def _pieces(found: Iterable[Piece]) -> str:
    return "".join(_named(text, result_id) for text, result_id in found)


def _named(text: str, result_id: str) -> str:
    """The text under the name of the result that it is."""
    if not result_id:
        return escaped(text)
    name = f"result_{result_id}"
    return rf"{{\*\bkmkstart {name}}}{escaped(text)}{{\*\bkmkend {name}}}"


def _cell(text: str, style: str, *, after: int = 0) -> str:
    return _raw_cell(escaped(text), style, after=after)


def _raw_cell(text: str, style: str, *, after: int = 0) -> str:
    return rf"\pard\plain\intbl{style}\sb20\sa{20 + after}\fs{SIZE} {text}\cell"


def _row(
    edges: Iterable[int],
    cells: Iterable[str],
    *,
    head: bool = False,
    above: int = 0,
    below: int = 0,
    stand: str = "b",
) -> str:
    rules = (rf"\clbrdrt\brdrs\brdrw{above}" if above else "") + (
        rf"\clbrdrb\brdrs\brdrw{below}" if below else ""
    )
    places = "".join(rf"\clvertal{stand}{rules}\cellx{edge}" for edge in edges)
    start = r"\trowd\trgaph60\trleft0\trkeep" + (r"\trhdr" if head else "")
    return "\n".join([start + places, *cells, r"\row"])


def _edges(weights: Sequence[int]) -> list[int]:
    """Where each column ends, in twips from the left margin."""
    total, at, edges = sum(weights), 0, []
    for weight in weights:
        at += weight
        edges.append(round(WIDTH * at / total))
    return edges
