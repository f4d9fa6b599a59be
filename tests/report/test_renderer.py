# SPDX-License-Identifier: Apache-2.0
"""Drawings made by other processes are those made here, from scripts and notebooks alike."""

import os
import subprocess
import sys

import pytest

from equipoise.report import renderer
from equipoise.report.renderer import draw_here, drawing_processes

SPECS = [
    {"mark": "point", "data": {"values": [{"a": at / 7}]}, "encoding": {"x": {"field": "a"}}}
    for at in range(5)
]
SCRIPT = """
from equipoise.report.renderer import drawing_processes
with drawing_processes() as draw:
    print(len(draw({"mark": "point", "data": {"values": [{}]}}, None)()))
"""


@pytest.fixture
def cores(monkeypatch):
    return lambda count: monkeypatch.setattr(os, "cpu_count", lambda: count)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_any_number_of_cores_gives_the_same_drawings_in_order(cores, count):
    cores(count)
    with drawing_processes() as draw:
        begun = [draw(spec, None) for spec in SPECS]
        assert [drawn() for drawn in begun] == [draw_here(spec)() for spec in SPECS]


def test_with_one_core_no_process_is_started(cores, monkeypatch):
    cores(1)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    with drawing_processes() as draw:
        assert draw is draw_here


@pytest.mark.parametrize("broken", ["cannot start", "ends at once"])
def test_where_processes_fail_drawing_happens_here(cores, monkeypatch, tmp_path, broken):
    cores(3)
    if broken == "cannot start":
        monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    else:
        monkeypatch.setattr(renderer.drawing_process, "__file__", str(tmp_path / "absent.py"))
    with drawing_processes() as draw:
        begun = [draw(spec, None) for spec in SPECS]
        assert [drawn() for drawn in begun] == [draw_here(spec)() for spec in SPECS]


def test_a_script_needs_no_main_guard(tmp_path):
    """Neither does a text after -c."""
    (tmp_path / "script.py").write_text(SCRIPT)
    for command in ([str(tmp_path / "script.py")], ["-c", SCRIPT]):
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) > 100


def test_an_error_in_between_leaves_no_process(cores, monkeypatch):
    cores(3)
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    with pytest.raises(TypeError, match="serializable"), drawing_processes() as draw:
        draw({"data": object()}, None)()
    assert len(started) == 3
    assert all(process.poll() is not None for process in started)
