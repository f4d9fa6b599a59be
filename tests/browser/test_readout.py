# SPDX-License-Identifier: Apache-2.0
"""The readout in a real browser, its network cut off."""

import pytest
from tests.readouts import RUN, simulated, tables

from equipoise.report import render_readout

pytestmark = pytest.mark.browser

BOXES = """() => [...document.querySelectorAll('svg')].map(svg => ({
  shown: getComputedStyle(svg).display !== 'none',
  boxes: [...svg.querySelectorAll('path')]
    .map(path => path.getBBox()).filter(box => box.width && box.height).length,
}))"""

NUMBERS = """() => [...document.querySelectorAll('[data-result-id]')]
  .map(node => [node.dataset.resultId, node.textContent])"""

# Each number, published figure and step of a curve: what its panel shows and whom it lists.
PANELS = """() => {
  const panel = document.getElementById('panel'), found = {};
  const numbers = '[data-result-id], [data-rounded-from], [data-step]';
  for (const node of document.querySelectorAll(numbers)) {
    const id = node.dataset.resultId || node.dataset.roundedFrom || node.dataset.step;
    if (id in found) continue;
    node.dispatchEvent(new MouseEvent('click', {bubbles: true}));
    const sets = {};
    for (const box of panel.querySelectorAll('.behind'))
      sets[box.dataset.role] = box.querySelectorAll('.patients li').length;
    found[id] = [panel.querySelector('.panel-number').textContent, sets, panel.open];
    panel.close();
  }
  return found;
}"""

# Walks with the arrow key from each stop of the tab key; counts the marks it never came to.
UNREACHED = """() => {
  const all = [...document.querySelectorAll('.n, .who, .step')].filter(
    node => node.getClientRects().length || !node.closest('svg'));
  const kinds = ['.n', '.who', '.step'], stop = '[tabindex="0"]', reached = new Set();
  for (const start of document.querySelectorAll(kinds.map(kind => kind + stop).join(', '))) {
    const kind = kinds.find(one => start.matches(one));
    const box = start.closest('svg, table, .abstract, .flow, .cards');
    for (let node = start; node;) {
      reached.add(node);
      node.dispatchEvent(new KeyboardEvent('keydown',
        {key: 'ArrowRight', bubbles: true, cancelable: true}));
      node = [...box.querySelectorAll(kind + stop)].find(next => !reached.has(next));
    }
  }
  return all.filter(node => !reached.has(node)).length + '/' + all.length;
}"""

CHOSEN = """() => [...document.querySelectorAll('.who.chosen')].map(node =>
  [node.closest('figure').id, Number(node.dataset.u), node.getAttribute('aria-pressed')])"""


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


def test_each_number_and_step_opens_its_numerator_and_denominator(open_page, readout_file):
    found = tables(readout_file[0])
    sizes = {
        name: len({key.split(":")[0] for key in keys})
        for name, keys in found["rowset"].select("rowset_id", "keys").iter_rows()
    }
    columns = ["result_id", "display", "rowset_id", "numer_id", "denom_id"]
    rows = {row[0]: row[1:] for row in found["results"].select(columns).iter_rows()}

    def expected(name):
        display, own, numer, denom = rows[name]
        if numer and denom:
            sets = {"Numerator": sizes[rows[numer][1]], "Denominator": sizes[rows[denom][1]]}
        else:
            sets = {"Behind it": sizes[own]}
        return [display, sets, True]

    panels = open_page().evaluate(PANELS)
    assert len(panels) > 500
    assert {name: panel for name, panel in panels.items() if panel != expected(name)} == {}


def test_a_percentage_counts_its_own_patients(open_page, readout_file):
    """The panel's two lists make the number that stands above them."""
    rows = tables(readout_file[0])["results"].filter(stat="pct", state="ok")
    values = dict(rows.select("result_id", "value").iter_rows())
    shares = {
        name: 100 * panel[1]["Numerator"] / panel[1]["Denominator"]
        for name, panel in open_page().evaluate(PANELS).items()
        if name in values
    }
    assert len(shares) > 100
    assert {n: s for n, s in shares.items() if abs(s - values[n]) > 1e-9} == {}


def test_one_patient_is_chosen_in_every_figure_at_once(open_page):
    page = open_page()
    bar = page.locator("[id^=figure-waterfall] .figure-wide .who").nth(3)
    bar.dispatch_event("click")
    chosen = page.evaluate(CHOSEN)
    assert {at for _, at, _ in chosen} == {int(bar.get_attribute("data-u"))}
    assert {pressed for _, _, pressed in chosen} == {"true"}
    kinds = {figure.split("-")[1] for figure, _, _ in chosen}
    assert kinds == {"waterfall", "spider", "swimmer"}
    page.locator("#chosen-profile").click()
    name = page.locator("#panel-title").text_content()
    assert page.locator("#chosen-name").text_content() == name
    assert page.locator("#panel .timeline").count() == 1
    page.keyboard.press("Escape")
    page.locator("#chosen-clear").click()
    assert page.evaluate(CHOSEN) == []


def test_a_patient_of_a_number_opens_the_profile_with_lesions_and_rules(open_page, readout_file):
    page = open_page()
    page.locator("[id^=table-response] thead .n").first.click()
    page.evaluate("document.querySelectorAll('.behind').forEach(box => { box.open = true; })")
    patient = page.locator("#panel .behind").last.locator(".patient").first
    name = patient.text_content()
    patient.click()
    assert page.locator("#panel-title").text_content() == name
    rows = tables(readout_file[0])["display_rows"].filter(display_id="profile", USUBJID=name)
    readers = rows.filter(mark="sum")["evaluator"].n_unique()
    assert page.locator("#panel .lesions").count() == readers > 0
    reads = rows.filter(mark="assessment")
    words = page.locator("#panel .lesions").all_text_contents()
    for reason in reads["note"].drop_nulls():
        assert reason.rpartition(": ")[2] in "".join(words)
    page.locator("#panel-back").click()
    assert page.locator("#panel .panel-number").count() == 1


def test_search_finds_patients_displays_and_numbers(open_page, readout_file):
    page = open_page()
    some = tables(readout_file[0])["display_rows"]["USUBJID"][0]
    page.keyboard.press("Tab")
    page.locator("#search").focus()
    page.keyboard.type(some)
    page.keyboard.press("Enter")
    assert page.locator("#panel-title").text_content() == some
    page.keyboard.press("Escape")
    page.locator("#search").fill("best change investigator")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "Best change" in page.evaluate("document.activeElement.textContent")
    page.locator("#search").fill("zzzz")
    assert page.locator("#search-found").text_content() == "Nothing found."


def test_the_keyboard_alone_reaches_everything(open_page):
    """Tab stops at every group; the arrows reach each of its members; Enter opens."""
    page = open_page()
    unreached = page.evaluate(UNREACHED)
    assert unreached.startswith("0/")
    page.locator("[id^=figure-km] .figure-wide .step").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#panel").is_visible()


def test_without_patients_a_number_says_how_many_and_names_nobody(browser, tmp_path):
    made = simulated("alter-s006")
    html = render_readout(tables("alter-s006"), made.trial.protocol, run=RUN, patients=False)
    (tmp_path / "given.html").write_text(html, encoding="utf-8")
    page = browser.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((tmp_path / "given.html").as_uri())
    page.locator("#table-disposition td .n").nth(1).click()
    assert page.locator("#panel .behind").count() == 2
    assert page.locator("#panel .patient").count() == 0
    assert page.locator("[data-u], [data-step], [data-patient]").count() == 0
    page.keyboard.press("Escape")
    page.locator("#search").fill("median")
    assert page.locator("#search-found button").count() > 0
    assert faults == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(open_page, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(1280, scheme)
    page.locator("[id^=figure-waterfall] .figure-wide .who").nth(3).dispatch_event("click")
    found = serious(Axe().run(page))
    page.locator("#chosen-profile").click()
    assert found + serious(Axe().run(page, context="#panel")) == []


def serious(results):
    return [
        (item["id"], item["impact"], len(item["nodes"]), item["nodes"][0]["html"][:160])
        for item in results.response["violations"]
        if item["impact"] in ("serious", "critical")
    ]


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
