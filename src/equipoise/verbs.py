# SPDX-License-Identifier: Apache-2.0
"""The verbs of the command line as functions; what they make goes to a run folder if asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported where they are used: `import equipoise` stays fast
    from polars import DataFrame

    from equipoise.pipeline import Analysed, Readout, Twinned
    from equipoise.protocol.recompute import Recomputed
    from equipoise.screening import Screened
    from equipoise.trial import Evidence, Tables, Trial

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Progress that tells nobody."""


def check(trial: str | Path) -> list[Recomputed]:
    """Check a protocol; then recompute what its published figures allow, one item per figure."""
    from equipoise.protocol.recompute import recompute_published
    from equipoise.trial import load_trial

    return recompute_published(load_trial(trial).protocol)


def simulate(
    trial: str | Path, *, seed: int = 1, out: str | Path | None = None, progress: Progress = silent
) -> Tables:
    """SDTM tables of a trial simulated from the protocol's declared assumptions."""
    from equipoise.sources import begin

    loaded, evidence = begin(trial, None, None, seed, progress, simulated=True)
    _write(out, "simulate", loaded, evidence, {"sdtm": evidence.tables})
    return evidence.tables


def twin(
    trial: str | Path, *, seed: int = 1, out: str | Path | None = None, progress: Progress = silent
) -> Twinned:
    """A synthetic twin: patients constructed so that their readout prints the published figures.

    It is no patient data. What it holds: SDTM tables, and every published figure beside the one
    that the unchanged pipeline computes from them.
    """
    from equipoise.pipeline import Twinned, analyse_stage, derive_stage
    from equipoise.trial import load_trial, twin_evidence

    loaded = load_trial(trial)
    progress("constructing patients")
    evidence = twin_evidence(loaded, seed=seed)
    progress("reading them out")
    analysed = analyse_stage(loaded, evidence, derive_stage(loaded, evidence))
    assert analysed.published is not None  # no twin without published figures
    files = {"sdtm": evidence.tables, "": {"published": analysed.files()["published"]}}
    _write(out, "twin", loaded, evidence, files)
    return Twinned(loaded, evidence.tables, analysed.published)


def rehearse(
    trial: str | Path,
    *,
    replicates: int,
    seed: int = 1,
    workers: int = 1,
    cluster: str | None = None,
    without_effect: bool = False,
    out: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> DataFrame:
    """Whole simulated patients through derivation and analysis, many times: operating properties.

    Parameters    workers : processes; the numbers do not depend on it. With more than one, a script
                  must call this under `if __name__ == "__main__":`
                  cluster : address of a Dask scheduler or a queue file, in place of workers
                  without_effect : every arm fares as the control, for the type I error
                  out : folder for the numbers of every replicate, kept block by block: the same
                  call after an interruption computes what is missing
                  progress : called with replicates done and wanted
    Returns       one row per number and quantity (mean, reject, bias, coverage), each with its
                  Monte-Carlo standard error; docs/how-to/rehearse-a-trial.md
    """
    from equipoise.rehearsal.readout import rehearse_trial
    from equipoise.trial import load_trial

    return rehearse_trial(
        load_trial(trial),
        replicates=replicates,
        seed=seed,
        workers=workers,
        cluster=cluster,
        no_effect=without_effect,
        out=None if out is None else Path(out),
        progress=progress,
    )


def derive(
    trial: str | Path,
    *,
    data: str | Path | None = None,
    tables: Mapping[str, str] | None = None,
    seed: int = 1,
    simulated: bool = False,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Tables:
    """ADaM tables of a trial, from `data` or, without data, from its twin or a simulation.

    Parameters    simulated : draw patients from the assumptions, though a twin could be made
    """
    from equipoise.pipeline import derive_stage
    from equipoise.sources import begin

    loaded, evidence = begin(trial, data, tables, seed, progress, simulated=simulated)
    progress("deriving endpoints")
    adam = derive_stage(loaded, evidence)
    _write(out, "derive", loaded, evidence, _made(evidence) | {"adam": adam})
    return adam


def analyse(
    trial: str | Path,
    *,
    data: str | Path | None = None,
    tables: Mapping[str, str] | None = None,
    seed: int = 1,
    simulated: bool = False,
    out: str | Path | None = None,
    look: str | None = None,
    progress: Progress = silent,
) -> Analysed:
    """The results of every analysis of the protocol, as one long table with its siblings.

    Parameters    simulated : draw patients from the assumptions, though a twin could be made
                  look : `interim`, `final` or its number; absent, the protocol's cut-off
    """
    from equipoise.pipeline import analyse_stage
    from equipoise.sources import derived

    loaded, evidence, adam = derived(trial, data, tables, seed, look, progress, simulated=simulated)
    progress("analysing")
    analysed = analyse_stage(loaded, evidence, adam)
    folders = _made(evidence) | {"adam": adam, "": analysed.files()}
    _write(out, "analyse", loaded, evidence, folders)
    return analysed


def readout(
    trial: str | Path,
    *,
    data: str | Path | None = None,
    tables: Mapping[str, str] | None = None,
    seed: int = 1,
    simulated: bool = False,
    out: str | Path | None = None,
    formats: Collection[str] = ("html",),
    style: str = "csr",
    patients: bool = True,
    look: str | None = None,
    against: str | None = None,
    progress: Progress = silent,
) -> Readout:
    """The whole path: data, twin or simulation, endpoints, analyses, and the readout.

    Parameters    simulated : draw patients from the assumptions, though a twin could be made
                  formats : html, pdf, rtf, docx, figures, ars, cards, all; always the page
                  style : how print looks and rounds: csr, nejm, lancet-oncology or jco
                  patients : False leaves out of page and print whatever could be traced to a
                  person; the tables of the run folder stay whole
                  look : `interim`, `final` or its number; absent, the protocol's cut-off
                  against : another convention profile: the numbers that it changes stand beside
    """
    from equipoise.pipeline import Readout, against_stage, analyse_stage, report_stage
    from equipoise.report.print.formats import wanted_formats
    from equipoise.report.print.style import read_style
    from equipoise.report.renderer import drawing_processes
    from equipoise.sources import derived

    wanted = wanted_formats(formats)
    read_style(style)  # a misspelt name is told before the work, not after it
    loaded, evidence, adam = derived(trial, data, tables, seed, look, progress, simulated=simulated)
    asked: dict[str, Any] = {"formats": wanted, "style": style, "patients": patients}
    with drawing_processes() as draw:  # they get ready while the analyses run
        progress("analysing")
        analysed = analyse_stage(loaded, evidence, adam)
        if against is not None:
            analysed = against_stage(loaded, evidence, adam, analysed, convention=against)
        progress("drawing the readout")
        reported = report_stage(
            loaded, evidence, analysed, formats=wanted, style=style, patients=patients, draw=draw
        )
    html, printed = reported.html, reported.printed
    pages = printed | ({"readout.html": html.encode()} if "html" in wanted else {})
    made = Readout(loaded, evidence, adam, analysed, reported.displays, html, printed)
    folders = _made(evidence) | {"adam": adam, "": made.files()}
    asked |= {"against": against} if against else {}
    _write(out, "readout", loaded, evidence, folders, pages=pages, asked=asked)
    return made


def write_apart(
    out: Path,
    verb: str,
    files: Mapping[str, bytes],
    *,
    kind: str,
    inputs: Mapping[str, str],
    arguments: Mapping[str, object],
    seed: int | None = None,
) -> None:
    """A run folder of a verb that does not walk the whole path, with its manifest."""
    from equipoise.store.manifest import manifest_json, run_identifier
    from equipoise.store.write_run import MANIFEST, write_run

    manifest = manifest_json(
        run_id=run_identifier(inputs, arguments),
        verb=verb,
        data_kind=kind,
        inputs=inputs,
        outputs=files,
        arguments=arguments,
        cutoff=None,
        seed=seed,
    )
    write_run(out, {**files, MANIFEST: manifest})


def screen(
    trials: str | Path | Sequence[str | Path],
    *,
    data: str | Path,
    out: str | Path | None = None,
    progress: Progress = silent,
) -> Screened:
    """Candidates against the criteria of one trial or several: met, not met or unknown, and why.

    Parameters    data : a file with a row per candidate, or a folder with DM and SUPPDM
    """
    from equipoise.screening import read_candidates, screen_trials
    from equipoise.store.write_run import table_files
    from equipoise.trial import load_trial

    named = [trials] if isinstance(trials, str | Path) else list(trials)
    loaded = [load_trial(trial) for trial in named]
    progress("reading candidates")
    candidates, read = read_candidates(Path(data))
    screened = screen_trials(loaded, candidates)
    if out is not None:
        write_apart(
            Path(out),
            "screen",
            table_files(screened.tables()),
            kind="DATA",
            inputs={trial.file: trial.sha256 for trial in loaded} | read,
            arguments={"data": str(data), "trials": [str(trial) for trial in named]},
        )
    return screened


def _made(evidence: Evidence) -> dict[str, Tables]:
    """SDTM tables go out where this run made them; tables that were given stay where they are."""
    return {"sdtm": evidence.tables} if evidence.simulated and not evidence.inputs else {}


def _write(
    out: str | Path | None,
    verb: str,
    trial: Trial,
    evidence: Evidence,
    folders: Mapping[str, Tables],
    *,
    pages: Mapping[str, bytes] | None = None,
    asked: Mapping[str, Any] | None = None,
) -> None:
    """Write a run; `asked` is how it was to look, which does not name the run."""
    if out is None:
        return
    from equipoise.pipeline import run_id_of
    from equipoise.store.manifest import manifest_json
    from equipoise.store.write_run import MANIFEST, table_files, write_run

    files = dict(pages or {})
    for folder, tables in folders.items():
        files |= table_files(evidence.labelled(tables), folder=folder)
    manifest = manifest_json(
        run_id=run_id_of(trial, evidence),
        verb=verb,
        data_kind=evidence.kind,
        inputs=evidence.inputs_with(trial),
        outputs=files,
        arguments={**evidence.arguments, **(asked or {})},
        cutoff=evidence.cutoff,
        seed=evidence.seed,
        note=evidence.note,
    )
    write_run(Path(out), files | {MANIFEST: manifest})
