# SPDX-License-Identifier: Apache-2.0
"""The readout of every bundled trial in a real browser, its network cut off."""

import pytest
from tests.readouts import tables

pytestmark = pytest.mark.browser

BOXES = """() => [...document.querySelectorAll('.drawing svg')].map(svg => ({
  shown: getComputedStyle(svg).display !== 'none',
  boxes: [...svg.querySelectorAll('path')]
    .map(path => path.getBBox()).filter(box => box.width && box.height).length,
}))"""

NUMBERS = """() => [...document.querySelectorAll('[data-result-id]')]
  .map(node => [node.dataset.resultId, node.textContent])"""

# Each number, published figure and step of a curve: what its panel shows, and of each set of
# patients how many are listed and how many it says. One of each place is opened from the closed
# panel; the rest follow in the open one, out of sight: to lay the page out thousands of times
# would take minutes and tell nothing.
PANELS = """() => {
  const panel = document.getElementById('panel'), found = {}, closed = [];
  const numbers = '[data-result-id], [data-rounded-from], [data-step]';
  const idOf = node => node.dataset.resultId || node.dataset.roundedFrom || node.dataset.step;
  const open = node => node.dispatchEvent(new MouseEvent('click', {bubbles: true}));
  const read = node => {
    const sets = {};
    for (const box of panel.querySelectorAll('.behind'))
      sets[box.dataset.role] = [box.querySelectorAll('.patients li').length,
        parseInt(box.querySelector('summary').textContent.split(': ')[1])];
    found[idOf(node)] = [panel.querySelector('.panel-number').textContent, sets];
  };
  for (const place of document.querySelectorAll('table, figure, .abstract, .card')) {
    const node = place.querySelector(numbers);
    if (!node) continue;
    open(node);
    if (!panel.open) closed.push(idOf(node));
    read(node);
    panel.close();
  }
  let first = true;
  for (const node of document.querySelectorAll(numbers)) {
    if (idOf(node) in found) continue;
    open(node);
    if (first) panel.style.display = 'none';
    first = false;
    read(node);
  }
  panel.style.display = '';
  panel.close();
  return [found, closed];
}"""

# Leaves the first of what repeats: every kind of row and mark stays.
THIN = """() => {
  for (const body of document.querySelectorAll('tbody'))
    [...body.rows].slice(5).forEach(row => row.remove());
  for (const svg of document.querySelectorAll('svg'))
    for (const kind of ['[data-u]', '.step'])
      [...svg.querySelectorAll(kind)].slice(5).forEach(mark => mark.remove());
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
  return [all.filter(node => !reached.has(node)).length, all.length];
}"""

CHOSEN = """() => [...document.querySelectorAll('.who.chosen')].map(node =>
  [node.closest('figure').id, Number(node.dataset.u), node.getAttribute('aria-pressed')])"""

# The patients of a figure's bars as they stand: from the left, or from the top.
STANDING = """([figure, side]) => [...document.querySelectorAll(
    `#${CSS.escape(figure)} .figure-wide .mark-rect path[data-u]`)]
  .filter(bar => !bar.closest('[class*=pointer_]'))
  .map(bar => [bar.getBoundingClientRect()[side], Number(bar.dataset.u)])
  .sort((a, b) => a[0] - b[0]).map(pair => pair[1])"""


# Marks of a patient that do not stand in the patient's lane.
MISPLACED = """figure => {
  const svg = document.querySelector(`#${CSS.escape(figure)} .figure-wide`), lanes = new Map();
  for (const bar of svg.querySelectorAll('.mark-rect path[data-u]'))
    lanes.set(bar.dataset.u, bar.getBoundingClientRect());
  return [...svg.querySelectorAll('.mark-symbol path[data-u]')].filter(node => {
    const box = node.getBoundingClientRect(), lane = lanes.get(node.dataset.u);
    const middle = (box.top + box.bottom) / 2;
    return lane && (middle < lane.top - 1 || middle > lane.bottom + 1);
  }).length;
}"""


@pytest.fixture(scope="session")
def panels(open_once):
    """Of every number and step: the panel that it opens. One walk, for all who ask."""
    found, closed = open_once.evaluate(PANELS)
    assert closed == []
    return found


@pytest.fixture(scope="session")
def expected(trial):
    """Of every result: its display, and the size of each set of patients behind it."""
    found = tables(trial)
    sizes = {
        name: len({key.split(":")[0] for key in keys})
        for name, keys in found["rowset"].select("rowset_id", "keys").iter_rows()
    }
    columns = ["result_id", "display", "rowset_id", "numer_id", "denom_id"]
    rows = {row[0]: row[1:] for row in found["results"].select(columns).iter_rows()}
    wanted = {}
    for name, (display, own, numer, denom) in rows.items():
        if numer and denom:
            sets = {"Numerator": sizes[rows[numer][1]], "Denominator": sizes[rows[denom][1]]}
        else:
            sets = {"Behind it": sizes[own]}
        wanted[name] = (display, sets)
    return wanted


def test_the_figures_are_drawn(page):
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        drawings = page.evaluate(BOXES)
        shown = [drawing for drawing in drawings if drawing["shown"]]
        assert len(shown) == len(drawings) / 2 > 0, "one of two drawings per figure is shown"
        assert all(drawing["boxes"] >= 2 for drawing in shown)


def test_each_number_shows_its_display(page, trial):
    displays = dict(tables(trial)["results"].select("result_id", "display").iter_rows())
    numbers = page.evaluate(NUMBERS)
    assert len(numbers) > 300
    assert [pair for pair in numbers if displays[pair[0]] != pair[1]] == []


def test_each_number_and_step_opens_its_numerator_and_denominator(panels, expected):
    assert len(panels) > 500
    wrong = {}
    for name, panel in panels.items():
        display, sets = expected[name]
        if panel != [display, {role: [size, size] for role, size in sets.items()}]:
            wrong[name] = panel
    assert wrong == {}


def test_a_percentage_counts_its_own_patients(panels, trial):
    """The panel's two lists make the number that stands above them."""
    rows = tables(trial)["results"].filter(stat="pct", state="ok")
    values = dict(rows.select("result_id", "value").iter_rows())
    shares = {
        name: 100 * panel[1]["Numerator"][0] / panel[1]["Denominator"][0]
        for name, panel in panels.items()
        if name in values
    }
    assert len(shares) > 100
    assert {n: s for n, s in shares.items() if abs(s - values[n]) > 1e-9} == {}


def test_without_patients_every_number_says_how_many_and_names_nobody(
    without_patients, expected, trial
):
    found, closed = without_patients.evaluate(PANELS)
    assert closed == []
    assert len(found) > 300
    wrong = {}
    for name, panel in found.items():
        display, sets = expected[name]
        if panel != [display, {role: [0, size] for role, size in sets.items()}]:
            wrong[name] = panel
    assert wrong == {}
    assert without_patients.locator("[data-u], [data-step], [data-patient]").count() == 0
    subjects = tables(trial)["rowset"]["keys"].explode().drop_nulls().str.split(":").list.first()
    html = without_patients.content()
    assert [name for name in subjects.unique() if name in html] == []


def test_without_patients_search_still_finds_numbers(without_patients):
    without_patients.locator("#search").fill("median")
    assert without_patients.locator("#search-found button").count() > 0


def test_one_patient_is_chosen_in_every_figure_at_once(page):
    drawn = page.evaluate("""() => [...document.querySelectorAll('figure')]
      .filter(f => f.querySelector('.who')).map(f => f.id.split('-')[1])""")
    first = page.locator(f"[id^=figure-{drawn[0]}] .figure-wide .who").nth(3)
    first.dispatch_event("click")
    chosen = page.evaluate(CHOSEN)
    assert {at for _, at, _ in chosen} == {int(first.get_attribute("data-u"))}
    assert {pressed for _, _, pressed in chosen} == {"true"}
    kinds = {figure.split("-")[1] for figure, _, _ in chosen}
    assert kinds == set(drawn)
    page.locator("#chosen-profile").click()
    name = page.locator("#panel-title").text_content()
    assert page.locator("#chosen-name").text_content() == name
    assert page.locator("#panel .timeline").count() == 1
    page.keyboard.press("Escape")
    page.locator("#chosen-clear").click()
    assert page.evaluate(CHOSEN) == []


def test_the_swimmer_takes_the_order_of_a_waterfall_and_gives_it_back(page):
    figures = page.evaluate("[...document.querySelectorAll('figure')].map(f => f.id)")
    falls = [name for name in figures if name.startswith("figure-waterfall-")]
    swims = [name for name in figures if name.startswith("figure-swimmer-")]
    assert page.locator(".order").count() == (len(swims) if falls else 0)
    for swimmer in swims if falls else ():
        drawn = page.evaluate(STANDING, [swimmer, "y"])
        for at, fall in enumerate(falls, start=1):
            page.locator(f"[id='{swimmer}'] select").select_option(str(at))
            standing = page.evaluate(STANDING, [swimmer, "y"])
            across = [who for who in page.evaluate(STANDING, [fall, "x"]) if who in set(drawn)]
            assert sorted(standing) == sorted(drawn)
            assert standing[: len(across)] == across
            assert standing[len(across) :] == [who for who in drawn if who not in set(across)]
            assert page.evaluate(MISPLACED, swimmer) == 0
        page.locator(f"[id='{swimmer}'] select").select_option("0")
        assert page.evaluate(STANDING, [swimmer, "y"]) == drawn


def test_a_patient_of_a_number_opens_the_profile_with_lesions_and_rules(page, trial):
    page.locator("[id^=table-response] thead .n").first.click()
    page.evaluate("document.querySelectorAll('.behind').forEach(box => { box.open = true; })")
    patient = page.locator("#panel .behind").last.locator(".patient").first
    name = patient.text_content()
    patient.click()
    assert page.locator("#panel-title").text_content() == name
    rows = tables(trial)["display_rows"].filter(display_id="profile", USUBJID=name)
    readers = rows.filter(mark="assessment")["evaluator"].n_unique()
    assert page.locator("#panel .lesions").count() == readers > 0
    reads = rows.filter(mark="assessment")
    words = page.locator("#panel").text_content()
    for reason in reads["note"].drop_nulls():
        assert reason.rpartition(": ")[2] in words
    page.locator("#panel-back").click()
    assert page.locator("#panel .panel-number").count() == 1


def test_search_finds_patients_displays_numbers_and_ids(page, trial):
    some = tables(trial)["display_rows"]["USUBJID"][0]
    page.keyboard.press("Tab")
    page.locator("#search").focus()
    page.keyboard.type(some)
    page.keyboard.press("Enter")
    assert page.locator("#panel-title").text_content() == some
    page.keyboard.press("Escape")
    page.locator("#search").fill("baseline characteristics")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "Baseline characteristics" in page.evaluate("document.activeElement.textContent")
    page.locator("#search").fill("zzzz")
    assert page.locator("#search-found").text_content() == "Nothing found."
    printed = page.locator("table .n").nth(9).get_attribute("data-result-id")
    page.locator("#search").fill(printed)
    page.keyboard.press("Enter")
    assert page.locator("#panel-body").get_by_text(printed, exact=True).is_visible()


def test_the_keyboard_alone_reaches_everything(page):
    """Tab stops at every group; the arrows reach each of its members; Enter opens."""
    unreached, marks = page.evaluate(UNREACHED)
    assert unreached == 0
    assert marks > 500
    page.locator("[id^=figure-km] .figure-wide .step").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#panel").is_visible()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_is_never_wider_than_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_a_number_and_comes_back(page):
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


def test_a_number_in_a_figure_opens_too(page):
    page.locator("svg.figure-wide tspan.n").first.click()
    assert page.locator("#panel").is_visible()
    page.locator("#panel-close").click()
    assert not page.locator("#panel").is_visible()


def test_print_shows_every_table_and_no_navigation(page):
    page.emulate_media(media="print")
    assert not page.locator("nav.contents").is_visible()
    hidden = """() => [...document.querySelectorAll('table')]
      .filter(table => !table.getClientRects().length).map(table => table.id)"""
    assert page.evaluate(hidden) == []


def test_dark_and_light_have_another_ground(page):
    colours = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2


def test_axe_finds_no_serious_violation(page, trial):
    """The page in light, in dark the rule that colours can break; long pages without repeats.

    The last test of a trial but one, because it takes the repeats out of the page.
    """
    if trial != "alter-s006":
        page.evaluate(THIN)
    page.locator("[data-u].who").nth(3).dispatch_event("click")
    found = serious(page)
    page.locator("#chosen-profile").click()
    found += serious(page, context="#panel")
    page.keyboard.press("Escape")
    page.emulate_media(color_scheme="dark")
    assert found + serious(page, rules=["color-contrast"]) == []


def serious(page, *, context=None, rules=None):
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    return [
        (item["id"], item["impact"], len(item["nodes"]), item["nodes"][0]["html"][:160])
        for item in Axe().run(page, context=context, options=options).response["violations"]
        if item["impact"] in ("serious", "critical")
    ]


def test_nothing_was_loaded_and_nothing_complained(page, without_patients):
    """The last test of a trial: what all that went before has called for, but the file itself."""
    for seen in (page.seen, without_patients.seen):
        assert len([one for one in seen if one.startswith("request file:")]) == 1
        assert [one for one in seen if not one.startswith("request file:")] == []
