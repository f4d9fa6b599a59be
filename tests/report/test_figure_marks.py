# SPDX-License-Identifier: Apache-2.0
"""What stands for a number in a specification: found again, and made of signs that fonts have."""

import json
import unicodedata

from tests.readouts import RUN, simulated, tables

from equipoise.report.figures import Figure, bind_marks, mark
from equipoise.report.footnotes import resolved_args
from equipoise.report.numbers import index_results
from equipoise.report.origin import origin_of
from equipoise.report.sections import compose
from equipoise.report.words import variable_labels


def test_each_mark_becomes_its_own_number():
    known = list(index_results(tables("altn-iii-04")["results"]).by_id.values())[:12]
    used = []
    marks = [mark(used, number) for number in known]
    assert marks == [mark(used, number) for number in known], "the same number, the same mark"
    text = " ".join(reversed(marks))
    bound = bind_marks(text, used, lambda number: number.result_id)
    assert bound.split() == [number.result_id for number in reversed(known)]


def test_no_specification_has_a_sign_that_fonts_lack():
    found, protocol = tables("altn-iii-04"), simulated("altn-iii-04").trial.protocol
    numbers = index_results(found["results"])
    args = resolved_args(found["analysis"], variable_labels(protocol))
    sections = compose(found, protocol, numbers, args, origin=origin_of(RUN["data"]))
    figures = [b for section in sections for b in section.blocks if isinstance(b, Figure)]
    assert figures
    for figure in figures:
        for drawing in (*figure.drawings, *figure.sheets):
            signs = set(json.dumps(drawing.spec, ensure_ascii=False))
            strange = {sign for sign in signs if unicodedata.category(sign) in ("Co", "Cn")}
            assert not strange, f"{figure.id}: the renderer would search every font for {strange}"
