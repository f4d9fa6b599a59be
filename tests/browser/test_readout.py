# SPDX-License-Identifier: Apache-2.0
"""The readout in a real browser, its network cut off."""

import pytest
from tests.readouts import tables

pytestmark = pytest.mark.browser

BOXES = """() => [...document.querySelectorAll('svg')].map(svg => ({
  shown: getComputedStyle(svg).display !== 'none',
  boxes: [...svg.querySelectorAll('path')]
    .map(path => path.getBBox()).filter(box => box.width && box.height).length,
}))"""

NUMBERS = """() => [...document.querySelectorAll('[data-result-id]')]
  .map(node => [node.dataset.resultId, node.textContent])"""

PANELS = """() => {
  const panel = document.getElementById('panel'), found = {};
  for (const node of document.querySelectorAll('[data-result-id], [data-rounded-from]')) {
    const id = node.dataset.resultId || node.dataset.roundedFrom;
    if (id in found) continue;
    node.dispatchEvent(new MouseEvent('click', {bubbles: true}));
    found[id] = [panel.querySelector('.panel-number').textContent,
                 panel.querySelectorAll('.patients li').length, panel.open];
    panel.close();
  }
  return found;
}"""


def test_nothing_is_loaded_and_nothing_complains(open_page, readout_file):
    page = open_page()
    assert page.seen == [f"request {readout_file[1].as_uri()}"]


def test_the_figures_are_drawn(open_page):
    for width in (1280, 360):
        drawings = open_page(width).evaluate(BOXES)
        shown = [drawing for drawing in drawings if drawing["shown"]]
        assert len(shown) == len(drawings) / 2 > 0, "one of two drawings per figure is shown"
        assert all(drawing["boxes"] >= 2 for drawing in shown)


def test_each_number_shows_its_display(open_page, readout_file):
    displays = dict(tables(readout_file[0])["results"].select("result_id", "display").iter_rows())
    numbers = open_page().evaluate(NUMBERS)
    assert len(numbers) > 300
    assert [pair for pair in numbers if displays[pair[0]] != pair[1]] == []


def test_each_number_opens_its_patients(open_page, readout_file):
    found = tables(readout_file[0])
    subjects = {
        name: len({key.split(":")[0] for key in keys})
        for name, keys in found["rowset"].select("rowset_id", "keys").iter_rows()
    }
    expected = {
        name: [display, subjects[rows], True]
        for name, display, rows in found["results"]
        .select("result_id", "display", "rowset_id")
        .iter_rows()
    }
    panels = open_page().evaluate(PANELS)
    assert {name: panel for name, panel in panels.items() if panel != expected[name]} == {}


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_is_never_wider_than_the_window(open_page, width):
    page = open_page(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_a_number_and_comes_back(open_page):
    page = open_page()
    first = page.locator("#table-disposition .n").first
    first.focus()
    page.keyboard.press("ArrowRight")
    moved = page.evaluate("document.activeElement.dataset.resultId")
    assert moved != first.get_attribute("data-result-id")
    page.keyboard.press("Enter")
    assert page.locator("#panel").is_visible()
    assert page.locator("#panel-body").get_by_text(moved, exact=True).is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.resultId") == moved


def test_a_number_in_a_figure_opens_too(open_page):
    page = open_page()
    page.locator("svg.figure-wide tspan.n").first.click()
    assert page.locator("#panel").is_visible()
    page.locator("#panel-close").click()
    assert not page.locator("#panel").is_visible()


def test_print_shows_every_table_and_no_navigation(open_page):
    page = open_page()
    page.emulate_media(media="print")
    assert not page.locator("nav.contents").is_visible()
    assert page.locator(".banner").is_visible()
    assert all(
        page.locator("table").nth(at).is_visible() for at in range(page.locator("table").count())
    )


def test_dark_and_light_have_another_ground(open_page):
    colours = {
        open_page(1280, scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert len(colours) == 2
