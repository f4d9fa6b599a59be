"""Reading back what was printed: cells of RTF and DOCX, pixels of PNG, words of PDF."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import zlib

from docx import Document
from docx.oxml.ns import qn

SIGN = re.compile(r"\\'([0-9a-f]{2})|\\u(-?\d+)\??|\\line ?|\\([\\{}])|([^\\{}])")


def rtf_cells(content: bytes) -> list[str]:
    """The text of every table cell."""
    text = re.sub(r"\{\\\*\\bkmk(start|end) \w+\}", "", content.decode("ascii"))
    found = re.findall(r"\\intbl\S*\\fs\d+ (.*?)\\cell$", text, flags=re.M)
    return [unescaped(cell) for cell in found]


def unescaped(text: str) -> str:
    units = []
    for byte, code, sign, other in SIGN.findall(text):
        if code:
            units.append(int(code) % 65536)
        elif byte:
            units.append(int(byte, 16))
        else:
            units.append(ord(sign or other or "\n"))
    return b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le")


def rtf_bookmarks(content: bytes) -> list[tuple[str, str]]:
    """Each bookmark's name with the text it holds."""
    found = re.findall(
        r"\{\\\*\\bkmkstart (\w+)\}(.*?)\{\\\*\\bkmkend \1\}", content.decode("ascii")
    )
    return [(name, unescaped(text)) for name, text in found]


def docx_controls(content: bytes) -> list[tuple[str, str]]:
    """Each content control's tag with the text it holds."""
    body = Document(io.BytesIO(content)).element.body
    return [
        (sdt.find(f"./{qn('w:sdtPr')}/{qn('w:tag')}").get(qn("w:val")), _docx_text(sdt))
        for sdt in body.iter(qn("w:sdt"))
    ]


def docx_tables(content: bytes) -> list[list[list[str]]]:
    tables = Document(io.BytesIO(content)).tables
    found = []
    for table in tables:
        rows = [row.xpath("./w:tc") for row in table._tbl.xpath("./w:tr")]
        found.append([[_docx_text(cell) for cell in row] for row in rows])
    return found


def _docx_text(cell) -> str:
    found = cell.iter(qn("w:t"), qn("w:br"))
    return "".join("\n" if e.tag.endswith("}br") else e.text or "" for e in found)


def pdf_pages(content: bytes) -> list[str] | None:
    """The text of each page; None where poppler's pdftotext is not installed."""
    text = _pdf_text(content, "-layout")
    return text.split("\f")[:-1] if text is not None else None


def pdf_words(content: bytes) -> list[tuple[float, float, float, float]] | None:
    """How far each word stands from the edges of its page, in mm: left, top, right, bottom."""
    text = _pdf_text(content, "-bbox")
    if text is None:
        return None
    found, size = [], (1.0, 1.0)
    for kind, inner in re.findall(r"<(page|word) ([^>]*)>", text):
        places = [float(value) for value in re.findall(r'"([-0-9.]+)"', inner)]
        if kind == "page":
            size = (places[0], places[1])
        else:
            left, top, right, bottom = places
            gaps = (left, top, size[0] - right, size[1] - bottom)
            found.append(tuple(gap / 72 * 25.4 for gap in gaps))
    return found


def _pdf_text(content: bytes, layout: str) -> str | None:
    if shutil.which("pdftotext") is None:
        return None
    command = ["pdftotext", layout, "-", "-"]
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    return done.stdout.decode()


def png_rows(content: bytes) -> list[list[tuple[int, ...]]]:
    """The pixels of an 8-bit picture, by row."""
    wide, high, depth, colour = struct.unpack(">IIBB", content[16:26])
    assert depth == 8
    size = {2: 3, 6: 4}[colour]
    data, at = b"", 8
    while at < len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        if name == b"IDAT":
            data += content[at + 8 : at + 8 + length]
        at += length + 12
    raw, stride = zlib.decompress(data), wide * size
    rows, above = [], bytes(stride)
    for line in range(high):
        start = line * (stride + 1)
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + stride], above, size)
        rows.append([tuple(above[p : p + size]) for p in range(0, stride, size)])
    return rows


def _unfiltered(kind: int, line: bytes, above: bytes, size: int) -> bytes:
    done = bytearray()
    for at, value in enumerate(line):
        left = done[at - size] if at >= size else 0
        up, corner = above[at], above[at - size] if at >= size else 0
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        done.append((value + guess) % 256)
    return bytes(done)


def _paeth(left: int, up: int, corner: int) -> int:
    start = left + up - corner
    return min((left, up, corner), key=lambda value: abs(start - value))
