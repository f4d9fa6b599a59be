# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium without a network, and the readouts as files."""

import os
import shutil

import pytest
from tests.readouts import simulated

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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


@pytest.fixture(scope="session", params=["altn-iii-04", "alter-s006"])
def readout_file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("readout") / f"{request.param}.html"
    path.write_text(simulated(request.param).html, encoding="utf-8")
    return request.param, path


@pytest.fixture
def open_page(browser, readout_file):
    """Open the readout; every request and console message is kept in `page.seen`."""
    contexts = []

    def open_(width=1280, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            offline=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.seen = []
        page.on("request", lambda request: page.seen.append(f"request {request.url}"))
        page.on("console", lambda message: page.seen.append(f"console {message.text}"))
        page.on("pageerror", lambda error: page.seen.append(f"error {error}"))
        page.goto(readout_file[1].as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
