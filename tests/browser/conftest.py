# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium without a network, and the readouts of the bundled trials open in it.

A page is opened once per trial and put back before each test: opening costs more than looking.
"""

import os
import shutil

import pytest
from tests.readouts import RUN, bundled, tables

from equipoise.report import render_readout

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TRIALS = ["altn-iii-04", "alter-s006", "cdiscpilot01"]
BACK = """() => {
  const panel = document.getElementById('panel'), search = document.getElementById('search');
  if (panel.open) panel.close();
  if (!document.getElementById('chosen').hidden) document.getElementById('chosen-clear').click();
  search.value = '';
  search.dispatchEvent(new Event('input'));
  scrollTo(0, 0);
}"""


@pytest.fixture(scope="session")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None and os.environ.get("CI"):
        pytest.fail("no chromium on the path; continuous integration has to install it")
    if chromium is None:
        pytest.skip("no chromium on the path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session", params=TRIALS)
def trial(request):
    bundled(request.param)
    return request.param


def opened(browser, path):
    """The page of a file; every request and console message is kept in `seen`."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce", offline=True
    )
    page = context.new_page()
    page.seen = []
    page.on("request", lambda request: page.seen.append(f"request {request.url}"))
    page.on("console", lambda message: page.seen.append(f"console {message.text}"))
    page.on("pageerror", lambda error: page.seen.append(f"error {error}"))
    page.goto(path.as_uri())
    return page


@pytest.fixture(scope="session")
def open_once(browser, trial, tmp_path_factory):
    path = tmp_path_factory.mktemp("readout") / f"{trial}.html"
    path.write_text(bundled(trial).html, encoding="utf-8")
    page = opened(browser, path)
    yield page
    page.context.close()


@pytest.fixture(scope="session")
def open_without_patients(browser, trial, tmp_path_factory):
    protocol = bundled(trial).trial.protocol
    html = render_readout(tables(trial), protocol, run=RUN, patients=False)
    path = tmp_path_factory.mktemp("readout") / f"{trial}-without.html"
    path.write_text(html, encoding="utf-8")
    page = opened(browser, path)
    yield page
    page.context.close()


def put_back(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(media="screen", color_scheme="light")
    page.evaluate(BACK)
    return page


@pytest.fixture
def page(open_once):
    """The readout, 1280 wide and light, nothing chosen, no panel open."""
    return put_back(open_once)


@pytest.fixture
def without_patients(open_without_patients):
    """The readout made with --no-patients, put back likewise."""
    return put_back(open_without_patients)
