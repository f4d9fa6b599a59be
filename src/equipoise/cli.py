# SPDX-License-Identifier: Apache-2.0
"""One command per stage; parses, calls, prints; no science.

Only click is imported here: `--help` has to answer at once, so each command imports what it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

import equipoise
from equipoise.errors import EquipoiseError, TrialNotFoundError
from equipoise.terminal import bar, spinner

DONE, FAULTY, MISUSED = 0, 1, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(equipoise.__version__, message="equipoise %(version)s")
def main() -> None:
    """Execute an oncology trial from one protocol file.

    TRIAL is the name of a bundled protocol (alter-s006, altn-iii-04, cdiscpilot01) or the path of
    a protocol file. Without --data a published trial is read as its synthetic twin and any
    other is simulated from its declared assumptions; everything says so.
    """


def _table_option(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    for item in given:
        table, equals, name = item.partition("=")
        if not (table and equals and name):
            raise click.BadParameter(f"`{item}` is not of the form RS=rs_onco")
        names[table.upper()] = name
    return names


def _trial_options(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.argument("trial"),
        click.option("--data", type=click.Path(), help="Folder of SDTM (or ADaM) tables."),
        click.option(
            "--table",
            "tables",
            multiple=True,
            callback=_table_option,
            metavar="TABLE=NAME",
            help="A table that lies under another file name: RS=rs_onco. May be repeated.",
        ),
        click.option("--out", type=click.Path(), help="Folder to write. [readouts/TRIAL]"),
        click.option(
            "--seed", type=int, default=1, show_default=True, help="Of the twin or the simulation."
        ),
        click.option(
            "--simulated",
            is_flag=True,
            help="Without --data: simulate from the assumptions, even where a twin can be made.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@main.command()
@click.argument("trial")
def check(trial: str) -> None:
    """Check a protocol and recompute its published figures."""
    with _exit_status():
        lines = equipoise.check(trial)
        click.echo(f"{trial}: the protocol is sound")
        for line in lines:
            click.echo(str(line))
        if any(line.verdict == "contradicts" for line in lines):
            sys.exit(FAULTY)


@main.command()
@click.argument("trial")
@click.option("--out", type=click.Path(), help="Folder to write. [readouts/TRIAL]")
@click.option("--seed", type=int, default=1, show_default=True)
def simulate(trial: str, out: str | None, seed: int) -> None:
    """Simulate patients from the declared assumptions: SDTM tables."""
    with _exit_status(), spinner() as progress:
        folder = _folder(trial, out)
        equipoise.simulate(trial, seed=seed, out=folder, progress=progress)
        click.echo(folder / "sdtm")


@main.command()
@click.argument("trial")
@click.option("--out", type=click.Path(), help="Folder to write. [twins/TRIAL]")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another twin.")
def twin(trial: str, out: str | None, seed: int) -> None:
    """Construct patients whose readout prints the published figures: SDTM tables.

    A synthetic twin is no patient data, and every file says so. Exit status 1: some figure does
    not come out; each one is listed with how close it came.
    """
    with _exit_status(), spinner() as progress:
        from equipoise.twin_lines import twin_lines

        folder = Path(out) if out else Path("twins") / Path(trial).stem
        made = equipoise.twin(trial, seed=seed, out=folder, progress=progress)
        lines, agrees = twin_lines(made)
        click.echo("\n".join(lines))
        click.echo(folder / "sdtm")
        if not agrees:
            sys.exit(FAULTY)


def _cluster_option(command: Callable[..., None]) -> Callable[..., None]:
    text = "Of a Dask scheduler, or a .yaml file that states a batch queue; in place of --workers."
    return click.option("--cluster", metavar="ADDRESS", help=text)(command)


@main.command()
@click.argument("trial")
@click.option("--replicates", type=click.IntRange(min=1), required=True, help="Trials to simulate.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="one per core",
    help="Processes; the numbers are the same with any number of them.",
)
@_cluster_option
@click.option("--without-effect", is_flag=True, help="Every arm fares as the control does.")
@click.option("--out", type=click.Path(), help="Folder for every replicate's numbers. [nowhere]")
def rehearse(trial: str, out: str | None, **given: Any) -> None:
    """Rehearse the trial many times: whole simulated patients, derived and analysed.

    Prints how often the tests reject, what the estimates average to and how often their intervals
    cover the declared truth, each with its Monte-Carlo standard error. With --out a run that was
    interrupted goes on where it stopped.
    """
    with _exit_status(), bar("rehearsing") as progress:
        table = equipoise.rehearse(trial, out=out, progress=progress, **given)
    from equipoise.rehearsal.page import print_rehearsal

    print_rehearsal(table)
    if out is not None:
        click.echo(Path(out) / "rehearsal.csv", err=True)


@main.command()
@_trial_options
def derive(trial: str, out: str | None, **given: Any) -> None:
    """Derive ADaM tables: ADSL, ADRS, ADTTE, ADAE, ADEX and more."""
    with _exit_status(), spinner() as progress:
        folder = _folder(trial, out)
        equipoise.derive(trial, out=folder, progress=progress, **given)
        click.echo(folder / "adam")


def _look_option(command: Callable[..., None]) -> Callable[..., None]:
    text = "Read a look of the plan, at its own data cut-off: interim, final, or its number."
    return click.option("--look", metavar="LOOK", help=text)(command)


@main.command()
@_trial_options
@_look_option
def analyse(trial: str, out: str | None, **given: Any) -> None:
    """Run every analysis of the protocol: one long results table."""
    with _exit_status(), spinner() as progress:
        folder = _folder(trial, out)
        equipoise.analyse(trial, out=folder, progress=progress, **given)
        click.echo(folder / "results.csv")


@main.command()
@_trial_options
@_look_option
@click.option(
    "--format",
    "formats",
    default="html",
    show_default=True,
    callback=lambda _, __, text: [name.strip() for name in text.split(",")],
    metavar="LIST",
    help="Which of html,pdf,rtf,docx,figures,ars,cards to write; all: every one.",
)
@click.option(
    "--style",
    default="csr",
    show_default=True,
    metavar="NAME",
    help="Of print and figures: csr, nejm, lancet-oncology, jco.",
)
@click.option(
    "--no-patients",
    "patients",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Leave out of page and print whatever could be traced to a person.",
)
@click.option(
    "--against",
    metavar="PROFILE",
    help="Also show what changes under sas94, r-survival, nest, spss or equipoise.",
)
def readout(trial: str, out: str | None, **given: Any) -> None:
    """Run the whole path and write the readout: a page, and on paper if asked."""
    with _exit_status(), spinner() as progress:
        folder = _folder(trial, out)
        made = equipoise.readout(trial, out=folder, progress=progress, **given)
        if {"html", "all"} & set(given["formats"]):
            click.echo(folder / "readout.html")
        for part in dict.fromkeys(name.partition("/")[0] for name in made.printed):
            click.echo(folder / part)


@main.command()
@click.argument("trial")
@click.option(
    "--solve", metavar="FIELD", help="Solve for power, events, effect, patients or accrual."
)
@click.option("--verify", type=click.IntRange(min=0), default=0, help="Trials to simulate beside.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of --verify.")
@click.option("--out", type=click.Path(), help="Folder to write. [designs/TRIAL]")
def design(trial: str, out: str | None, **given: Any) -> None:
    """Plan the trial: sizes, bounds, calendar, and the protocol's paragraph."""
    with _exit_status(), spinner() as progress:
        folder = Path(out) if out else Path("designs") / Path(trial).stem
        made = equipoise.plan(trial, out=folder, progress=progress, **given)
        for item, value, origin in made.tables["SUMMARY"].iter_rows():
            click.echo(f"{item:<32} {value:>12}  {origin}")
        click.echo(f"\n{made.paragraph}\n")
        click.echo(folder / "design.html")


@main.command()
@click.argument("grid", type=click.Path())
@click.option("--replicates", type=click.IntRange(min=1), default=100_000, show_default=True)
@click.option("--precision", metavar="NAME=SE", help="End a scenario early: reject=0.001.")
@click.option(
    "--confidence", type=click.FloatRange(0, 1, True, True), default=0.95, show_default=True
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True)
@_cluster_option
@click.option("--blocks", type=click.Path(), help="Keep finished work here, and go on from it.")
@click.option("--out", type=click.Path(), help="Folder to write. [scenarios/GRID]")
def scenarios(grid: str, out: str | None, **given: Any) -> None:
    """Simulate a grid of scenarios: power, type I error, size, duration.

    GRID is a YAML file: a base trial, and what varies. Numbers do not depend on --workers.
    """
    with _exit_status(), bar("simulating") as progress:
        folder = Path(out) if out else Path("scenarios") / Path(grid).stem
        made = equipoise.scenarios(grid, out=folder, progress=progress, **given)
        found = made.summary.select("scenario", "reject", "reject_se").iter_rows()
        width = max(map(len, made.summary["scenario"]))
        for name, reject, error in found:
            click.echo(f"{name:<{width}}  {100 * reject:6.2f}% ({100 * error:.2f})")
        click.echo(folder / "scenarios.html")


@main.command()
@click.argument("trials", nargs=-1, required=True, metavar="TRIAL...")
@click.option(
    "--data",
    type=click.Path(),
    required=True,
    help="File with a row per candidate and a column per variable, or folder with DM and SUPPDM.",
)
@click.option("--out", type=click.Path(), help="Folder to write the tables to. [nowhere]")
def screen(trials: tuple[str, ...], data: str, out: str | None) -> None:
    """Screen candidates against the eligibility criteria of one or more trials.

    A missing fact gives unknown, never eligible. What decides is listed by criterion.
    """
    with _exit_status(), spinner() as progress:
        import equipoise
        from equipoise.screening_page import print_screened

        screened = equipoise.screen(trials, data=data, out=out, progress=progress)
        print_screened(screened)


@main.command()
def schema() -> None:
    """Print the JSON Schema of protocol files, for editors."""
    from equipoise.protocol.schema import protocol_json_schema

    click.echo(protocol_json_schema(), nl=False)


def _folder(trial: str, out: str | None) -> Path:
    return Path(out) if out else Path("readouts") / Path(trial).stem


@contextmanager
def _exit_status() -> Iterator[None]:
    """Faults go to the error stream: 1 for data and protocol, 2 for a trial that is not there."""
    try:
        yield
    except EquipoiseError as error:
        number = len(error.faults)
        head = "1 fault" if number == 1 else f"{number} faults"
        click.echo(f"equipoise: {head}\n{error}", err=True)
        sys.exit(MISUSED if isinstance(error, TrialNotFoundError) else FAULTY)
