# SPDX-License-Identifier: Apache-2.0
"""Take the picture in the README from a readout page: `make picture` (needs chromium)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "readout.png"
SIZE = {"width": 1280, "height": 1560}


def take(page_file: Path) -> None:
    """The first survival figure, as it stands in the page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_context(viewport=SIZE, offline=True).new_page()
        page.goto(page_file.resolve().as_uri())
        page.locator("figure[id^=figure-km]").first.evaluate(
            "figure => figure.scrollIntoView({behavior: 'instant'})"
        )
        page.evaluate("window.scrollBy({top: -60, behavior: 'instant'})")  # below the fixed header
        page.wait_for_timeout(300)
        page.screenshot(path=PICTURE, clip={"x": 0, "y": 0, "width": 1280, "height": 1010})
        browser.close()


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    take(Path(sys.argv[1]))
