# SPDX-License-Identifier: Apache-2.0
"""The page: numbers bound to results, labels of simulated data, nothing hostile, equal bytes."""

import json
import re

import polars as pl
import pytest
import yaml
from tests.readouts import RUN, Page, simulated, tables

from equipoise.errors import ResultError
from equipoise.report import render_readout

TRIALS = ["altn-iii-04", "alter-s006"]
HOSTILE = "</script><img src=x onerror=alert(1)>&\"'"


def protocol_of(trial):
    return simulated(trial).trial.protocol


def render(trial, *, protocol=None, patients=False, **changes):
    run = RUN | {key: changes.pop(key) for key in list(changes) if key in RUN}
    found = tables(trial) | changes
    return render_readout(found, protocol or protocol_of(trial), run=run, patients=patients)


@pytest.fixture(scope="module", params=TRIALS)
def trial(request):
    return request.param


@pytest.fixture(scope="module")
def page(trial):
    return Page(render(trial, patients=True))


def test_each_bound_number_shows_the_display_of_its_result(trial, page):
    displays = dict(tables(trial)["results"].select("result_id", "display").iter_rows())
    assert len(page.bound) > 300
    wrong = [(name, text) for name, text in page.bound if displays.get(name) != text]
    assert not wrong


def test_no_number_of_a_result_table_stands_without_an_id(page):
    assert len(page.loose) > 100
    assert [text for text in page.loose if re.search(r"\d", text)] == []


def test_computed_beside_published_is_bound_and_rounded_as_published(trial, page):
    frame = tables(trial)["published"].drop_nulls(["result_id", "computed"])
    assert page.rounded == list(frame.select("result_id", "computed").iter_rows())


def test_every_number_and_step_is_explained(trial):
    html = render(trial, patients=True)
    names = set(re.findall(r'data-(?:result-id|rounded-from|step)="([^"]+)"', html))
    assert "data-step" in html
    definitions = html.partition('id="definitions">')[2].partition("</script>")[0]
    assert all(f'"{name}":{{' in definitions for name in names)


def test_simulated_stands_in_every_caption_and_figure(page):
    assert page.captions
    assert all("SIMULATED" in caption for caption in page.captions)
    assert page.drawings
    assert all("SIMULATED" in drawing for drawing in page.drawings)


def test_recorded_data_are_not_called_simulated(trial):
    page = Page(render(trial, data="DATA", seed=None))
    assert not [text for text in page.captions + page.drawings if "SIMULATED" in text]
    assert "banner" not in re.sub(r"<style>.*?</style>", "", render(trial, data="DATA"), flags=re.S)


def test_two_renderings_give_the_same_bytes(trial):
    assert render(trial) == render(trial)


def test_a_hostile_label_is_text():
    trial = "altn-iii-04"
    protocol = protocol_of(trial)
    arms = tuple(
        arm.model_copy(update={"label": HOSTILE, "short": HOSTILE}) for arm in protocol.arms
    )
    identity = protocol.identity.model_copy(update={"title": HOSTILE, "short_title": HOSTILE})
    results = tables(trial)["results"].with_columns(
        pl.col("g2_level").str.replace("^NAUSEA$", HOSTILE),
        pl.when(pl.col("stat") == "chi2")
        .then(pl.lit(HOSTILE))
        .otherwise("warning")
        .alias("warning"),
    )
    hostile = protocol.model_copy(update={"arms": arms, "identity": identity})
    html = render(trial, protocol=hostile, results=results)
    assert "<img" not in html
    assert "img" not in Page(html).tags
    assert html.count("</script>") == 2, "definitions and script end where the template says"


def test_the_page_admits_only_its_own_style_and_script(trial):
    html = render(trial)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r'\b(?:src|srcset)="|@import|url\((?!#)', html)
    assert not re.search(r' style="| on[a-z]+="', html)


def test_a_page_stays_under_five_megabytes(trial):
    assert len(render(trial, patients=True).encode()) < 5_000_000


def test_without_patients_nothing_can_be_traced_to_a_person(trial):
    html = render(trial)
    found = tables(trial)
    keys = found["rowset"]["keys"].explode().drop_nulls()
    subjects = set(keys.str.split(":").list.first())
    assert len(subjects) > 40
    assert not [name for name in subjects if name in html]
    assert not re.search(r"data-(?:u|step|patient)=", html), "no mark of a patient, no exact step"
    definitions = json.loads(html.partition('id="definitions">')[2].partition("</script>")[0])
    assert not {"subjects", "profiles"} & set(definitions)
    assert all(set(rows) == {"d", "p", "n"} for rows in definitions["rowsets"].values())
    own = yaml.safe_dump(protocol_of(trial).model_dump(mode="json"))
    dates = set(re.findall(r"\d{4}-\d\d-\d\d", html)) - {RUN["cutoff"]}
    assert all(date in own for date in dates), "no date but those of the protocol"
    times = [n["t"] for n in definitions["results"].values() if "t" in n]
    assert all(time == int(time) for time in times), "rates and risks at whole months alone"


def test_a_sentence_that_names_no_result_is_refused():
    sentence = pl.DataFrame(
        {
            "sentence_id": ["findings.x"],
            "section": ["Findings"],
            "order": [1],
            "text": ["It was {000000000000}."],
        }
    )
    with pytest.raises(ResultError, match=r"000000000000, which is not there\n  where: sentence"):
        render("alter-s006", sentence=sentence)


def test_a_result_that_stands_twice_is_refused():
    results = tables("alter-s006")["results"]
    with pytest.raises(ResultError, match="stands twice"):
        render("alter-s006", results=pl.concat([results, results.head(1)]))
