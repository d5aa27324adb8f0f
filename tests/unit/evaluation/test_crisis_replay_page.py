"""The page of a replay: one file, its own script only, and text of models as text."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from crisis_replay_samples import HOSTILE, Hostile
from triagelab.agents.crisis_policies import load_crisis_policy
from triagelab.evaluation.crisis_replay import write_replay
from triagelab.evaluation.crisis_replay_page import act_words, replay_page, write_replay_page
from triagelab.evaluation.crisis_replay_record import record_episode


@pytest.fixture(scope="module")
def replay():
    return record_episode(Hostile(), "mass_casualty", 0.5, 2, 20)


@pytest.fixture(scope="module")
def page(replay) -> str:
    return replay_page(replay)


def embedded(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_only_its_own_script_and_style_may_run(page):
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert (len(scripts), len(styles), page.count("<script")) == (1, 1, 2)
    for kind, text in (("script", scripts[0]), ("style", styles[0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert "unsafe" not in page.split("<title>")[0]
    assert " style=" not in page


def test_text_of_models_stays_text(page):
    outside = page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|@import|url\(|<img|\son\w+=(?!alert\(1\)\\u003e)", outside)
    assert "alert('said')\\u003c/script\\u003e" in page
    assert "hostile &lt;b&gt;" in page
    said = embedded(page)["steps"][0]["said"]["er_triage"]
    assert said.startswith("</script><script>alert('said')</script><img src=x")
    assert not {"\x1b", "\u202e", "\u2028"} & set(said)
    assert len(HOSTILE) < len(said) <= 4100


def test_the_page_holds_the_whole_record(page, replay):
    data = embedded(page)
    assert len(data["frames"]) == 21
    assert [frame["deaths"] for frame in data["frames"]] == [state.deaths for state in replay.states()]
    ids = [row[0] for row in data["patients"]]
    for frame, state in zip(data["frames"], replay.states(), strict=True):
        assert {ids[row[0]]: (row[1], row[2], bool(row[3])) for row in frame["patients"]} == {
            name: (one.area, one.tag, one.alive) for name, one in state.patients.items()
        }
    assert sum(len(step["results"]) for step in data["steps"]) == sum(len(step.results) for step in replay.steps)
    assert f'<td id="final-deaths">{replay.end.deaths}</td>' in page
    assert replay_page(replay) == page


def test_the_largest_published_episode_stays_small(tmp_path):
    found = record_episode(load_crisis_policy("heuristic"), "combined_surge", 1.0, 0, 50)
    assert write_replay(tmp_path / "x.jsonl", found).stat().st_size < 2_000_000
    assert write_replay_page(found, tmp_path / "x.html").stat().st_size < 3_000_000


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ({"act": "place", "patient": "P-003", "area": "resus"}, "place P-003 resus"),
        ({"act": "open_overflow", "beds": 4}, "open overflow 4"),
        ({"act": "order", "drug": "ketorolac", "dose": 15.0, "unit": "mg"}, "order ketorolac 15 mg"),
        ({"act": "divert", "on": True}, "divert true"),
        ({}, ""),
    ],
)
def test_an_act_in_words(act, words):
    assert act_words(act) == words
