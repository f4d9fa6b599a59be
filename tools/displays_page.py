# SPDX-License-Identifier: Apache-2.0
"""Write docs/reference/displays.md: which display of the list exists in which bundled trial.

Usage: python tools/displays_page.py altn-iii-04=DIR alter-s006=DIR cdiscpilot01=DIR
with the run folders that `equipoise readout` wrote; the third needs the data of the pilot study.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "displays.md"
TRIALS = ("altn-iii-04", "alter-s006", "cdiscpilot01")
# Number and name in the list of displays, patterns of output ids, and what a reader should know.
DISPLAYS = (
    ("1", "Trial summary", ("page: summary",), "first screen of the page and cover of the PDF"),
    ("2", "Flow of patients (CONSORT)", ("flow",), ""),
    ("3", "Screening and enrolment", ("flow",), "screened and not enrolled, in the flow"),
    ("4", "Analysis populations", ("populations",), ""),
    ("5", "Disposition", ("disposition", "treatment-end"), "of study and treatment, by reason"),
    ("6", "Protocol deviations", (), "no bundled trial records them"),
    ("7", "Demographics and baseline", ("baseline",), ""),
    ("8", "Stratification factors", (), "strata stand in the baseline table; one source only"),
    ("9", "Prior and subsequent therapy", ("therapy-*",), "anticancer; from CM or PR"),
    ("10", "Duration of exposure", ("exposure",), ""),
    ("11", "Dose intensity, reductions, delays", ("dose-intensity",), "per drug"),
    ("12", "Time to discontinuation", ("km-TTD", "survival-TTD"), "endpoint kind ttd"),
    ("13", "Time-to-event summary", ("survival-*",), ""),
    ("14", "Kaplan-Meier, PFS", ("km-PFS*",), ""),
    ("15", "Kaplan-Meier, OS", ("km-OS",), ""),
    ("16", "Kaplan-Meier, DOR", ("km-DOR*",), ""),
    ("17", "Follow-up", ("follow-up",), "reverse Kaplan-Meier"),
    ("18", "Censoring reasons by arm", ("survival-*", "rules-endings-*"), ""),
    ("19", "Sensitivity to rule sets", ("rules-*",), "where the protocol names other rule sets"),
    ("20", "Forest of hazard ratios", ("forest-*", "subgroups-*"), "where it names subgroups"),
    ("21", "Multivariable Cox", (), "missing"),
    ("22", "Proportional hazards, RMST", (), "methods stand; no display"),
    ("23", "Assessment-schedule adherence", ("adherence",), ""),
    ("24", "BOR, ORR, DCR", ("response-*",), ""),
    ("25", "DOR and TTR", ("survival-DOR*", "responders-*"), ""),
    ("26, 27", "Response by subgroup", (), "missing"),
    ("28", "Waterfall", ("waterfall-*",), "needs lesion sums"),
    ("29", "Spider", ("spider-*",), "needs lesion sums"),
    ("30", "Swimmer", ("swimmer-*",), ""),
    ("31", "Concordance of evaluators", ("concordance-*",), "where two evaluators are declared"),
    ("32", "Individual efficacy", ("page: profiles",), "patient profiles of the page"),
    ("33", "Adverse events: overview", ("ae-overview",), ""),
    ("34", "By class and term", ("ae-all",), ""),
    ("35", "By worst grade", ("ae-grades",), ""),
    ("36", "Common", ("ae-common",), ""),
    ("37", "Related", ("ae-related",), ""),
    ("38", "Serious", ("ae-serious",), ""),
    ("39", "To discontinuation or modification", ("ae-discontinuation", "ae-modification"), ""),
    ("40", "Deaths", ("deaths",), "causes as far as they are recorded"),
    ("41", "Special interest", ("ae-interest",), "groups that the protocol names"),
    ("42", "Laboratory shifts", ("laboratory-shift",), "needs LB; the simulation has none"),
    ("43", "Dot plot of adverse events", ("ae-dots-*",), "where arms are compared"),
    (
        "44",
        "Listings and profiles",
        ("page: profiles",),
        "all and serious events, deaths, leavers, grave laboratory results; from `display_rows`",
    ),
    ("", "Published beside computed", ("published",), "where figures are published"),
    ("", "Two conventions", ("convention-*",), "with `--against`"),
    ("", "Abstract and key results", ("abstract-*", "key-*"), ""),
)
HEAD = """# Displays

The list is that of the FDA Standard Safety Tables and Figures guide, the TLG catalog and CONSORT,
numbered as in our plan. `equipoise readout` writes the same as the table `display`. *yes*: the
readout of that trial has it; *page*: a part of the page that is no display of its own.
Made by `tools/displays_page.py`; a test holds it to what the readouts of the simulated trials show.

"""


def cell(patterns: Iterable[str], shown: Iterable[str]) -> str:
    """Whether a trial has a display that falls under the patterns."""
    if any(fnmatch(name, pattern) for name in shown for pattern in patterns):
        return "yes"
    return "page" if any(pattern.startswith("page:") for pattern in patterns) else "–"


def page(shown: Mapping[str, Iterable[str]]) -> str:
    """The page; `shown` are the output ids of each trial."""
    kept = {trial: list(names) for trial, names in shown.items()}
    lines = [f"| no. | display | {' | '.join(kept)} | note |", "| --- " * (3 + len(kept)) + "|"]
    for number, name, patterns, note in DISPLAYS:
        cells = " | ".join(cell(patterns, names) for names in kept.values())
        lines.append(f"| {number} | {name} | {cells} | {note} |")
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
