# SPDX-License-Identifier: Apache-2.0
"""Make the gallery from the figures of a readout: `make picture`."""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"
WANTED = (
    ("km-pfs-birc", "Kaplan-Meier", "curves with bands, numbers at risk, events and censored"),
    ("forest-pfs-birc-anl", "Forest", "subgroups by events, one interaction test per factor"),
    ("waterfall-birc", "Waterfall", "best change, in the colour of the confirmed best response"),
    ("spider-birc", "Spider", "change over time, one line per patient"),
    ("ae-dots-anl", "Adverse events", "percentage in each arm and difference, largest first"),
    ("swimmer-anl-1", "Swimmer", "time on treatment, responses, death, who is still treated"),
)
HEAD = """# Gallery

Figures of one command, made by the software from ALTN-III-04 without data, so every one says whose
patients these are. `make picture` makes this page anew.

    equipoise readout altn-iii-04 --format figures
"""


def make(figures: Path) -> None:
    """Copy the wide drawings and write the page that shows them."""
    folder = DOCS / "images" / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    parts = [HEAD]
    for name, title, words in WANTED:
        found = sorted(figures.glob(f"figure-*-{name}-wide.svg"))
        if not found:
            sys.exit(f"no figure {name} in {figures}")
        (folder / f"{name}.svg").write_bytes(found[0].read_bytes())
        parts.append(f"## {title}\n\n{words[:1].upper()}{words[1:]}.\n")
        parts.append(f"![{title}: {words}](images/gallery/{name}.svg)\n")
    (DOCS / "gallery.md").write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
