# SPDX-License-Identifier: Apache-2.0
"""Write docs/reference/displays.md: which display of the list exists in which bundled trial.

Usage: python tools/displays_page.py altn-iii-04=DIR alter-s006=DIR cdiscpilot01=DIR
with the run folders that `equipoise readout` wrote; the third needs the data of the pilot study.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from equipoise.report.left_out import PAGE as PART_OF_PAGE
from equipoise.report.left_out import Display, catalogue

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "displays.md"
TRIALS = ("altn-iii-04", "alter-s006", "cdiscpilot01")
HEAD = """# Displays

The list is that of the FDA Standard Safety Tables and Figures guide, the TLG catalog and CONSORT,
numbered as in our plan. `equipoise readout` writes the same as the table `display`, and lists what
it leaves out. *yes*: the
readout of that trial has it; *page*: a part of the page that is no display of its own.
Made by `tools/displays_page.py`; a test holds it to what the readouts of the simulated trials show.

"""


def cell(display: Display, shown: Iterable[str]) -> str:
    """Whether a trial has the display."""
    if display.among(shown):
        return "yes"
    return "page" if PART_OF_PAGE in display.ids else "–"


def page(shown: Mapping[str, Iterable[str]]) -> str:
    """The page; `shown` are the output ids of each trial."""
    kept = {trial: list(names) for trial, names in shown.items()}
    lines = [f"| no. | display | {' | '.join(kept)} | note |", "| --- " * (3 + len(kept)) + "|"]
    for display in catalogue():
        cells = " | ".join(cell(display, names) for names in kept.values())
        takes = f"takes {display.takes}" if display.takes and "–" in cells else ""
        told = "; ".join(filter(None, (display.note, takes)))
        lines.append(f"| {display.number} | {display.name} | {cells} | {told} |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    """Read the run folders named on the command line and write the page."""
    import polars as pl

    folders = dict(item.split("=", 1) for item in sys.argv[1:])
    shown = {
        trial: pl.read_parquet(Path(folders[trial]) / "display.parquet")["output_id"].to_list()
        for trial in TRIALS
    }
    PAGE.write_text(page(shown), encoding="utf-8")


if __name__ == "__main__":
    main()
