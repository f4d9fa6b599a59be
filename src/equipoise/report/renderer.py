# SPDX-License-Identifier: Apache-2.0
"""Drawings made by processes of their own while the rest of a readout goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from equipoise.report import drawing_process

Process = subprocess.Popen[bytes]
Drawn = Callable[[], str]
# Begins a drawing of a specification and a number format; what it gives waits for the SVG.
Draw = Callable[[Mapping[str, Any], Mapping[str, Any] | None], Drawn]

MOST_PROCESSES = 4
EMPTY = {"mark": "point", "data": {"values": [{}]}}


def font_folder() -> str:
    """Where the files of the font lie that travels with the package."""
    return str(files("font_source_sans_pro").joinpath("files"))


def draw_here(spec: Mapping[str, Any], locale: Mapping[str, Any] | None = None) -> Drawn:
    """A drawing made in this process, when it is asked for."""
    return cache(lambda: drawing_process.draw_svg(**_request(spec, locale)))


@contextmanager
def drawing_processes() -> Iterator[Draw]:
    """Processes that draw, one per core, as the caller waits for the last ones; with one core,
    drawing happens here.

    They are started at once, because a renderer needs half a second to get ready. They run a file
    and import nothing of the caller's, so a notebook or a script needs no main guard. The SVG does
    not depend on which process made it.
    """
    cores = os.cpu_count() or 1
    started = _started(min(cores, MOST_PROCESSES) if cores > 1 else 0)
    if not started:
        yield draw_here
        return
    idle: SimpleQueue[Process] = SimpleQueue()
    threads = ThreadPoolExecutor(len(started))
    try:
        for process in started:
            idle.put(process)
            threads.submit(_ask, idle, _request(EMPTY, None))
        yield lambda spec, locale: threads.submit(_ask, idle, _request(spec, locale)).result
    finally:
        threads.shutdown(cancel_futures=True)
        for process in started:
            process.communicate()  # closes its input, which ends it


def _request(spec: Mapping[str, Any], locale: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"spec": spec, "locale": locale, "fonts": font_folder()}


def _started(count: int) -> list[Process]:
    """So many processes; none where they cannot be had."""
    if not sys.executable or getattr(sys, "frozen", False):
        return []
    # -P: the folder of the file stays off the path, where its modules would hide the library's.
    command = [sys.executable, "-P", str(Path(drawing_process.__file__))]
    try:
        return [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(count)
        ]
    except OSError:
        return []


def _ask(idle: SimpleQueue[Process], request: dict[str, Any]) -> str:
    """The answer of the process that is free first; where it cannot answer, one made here."""
    process = idle.get()
    assert process.stdin is not None  # both are pipes
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except OSError:
        answer = b""
    finally:
        idle.put(process)
    svg: str = json.loads(answer) if answer else drawing_process.draw_svg(**request)
    return svg
