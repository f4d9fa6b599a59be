# SPDX-License-Identifier: Apache-2.0
"""Write docs/reference/command-line.md from the command line itself: `make docs`."""

from __future__ import annotations

from pathlib import Path

import click

from equipoise.cli import main

WIDTH = 90
PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "command-line.md"


def page() -> str:
    """The help texts of every command, as Markdown."""
    root = click.Context(
        main, info_name="equipoise", terminal_width=WIDTH, help_option_names=["-h", "--help"]
    )
    parts = ["# Command line", "Made from the program's own help by `make docs`."]
    parts += ["Exit status: 0 done, 1 the data or the protocol has faults, 2 wrong usage."]
    for name in ("", *main.commands):
        command = main.commands[name] if name else main
        context = root
        if name:
            context = click.Context(command, info_name=name, parent=root, terminal_width=WIDTH)
        title = f"equipoise {name}".strip()
        parts += [f"## `{title}`", f"```text\n{command.get_help(context)}\n```"]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
