"""The report as a reader opens it: complete, escaped, self-contained, and fit for a phone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from browser_checks import check_pages, needs_chromium
from evaluation_samples import SpyAgent, dataset
from triagelab.errors import BadInputError
from triagelab.evaluation.report import build_report
from triagelab.evaluation.runner import evaluate


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    """Three agents with long names, one training run, a reward check: hostile text wherever text comes in."""
    top = tmp_path_factory.mktemp("demo")
    cases = dataset(60, name="made<up>")
    names = (
        "plain",
        "<script>alert('agent')</script>",
        "a-name-without-any-place-to-break-that-is-longer-than-a-phone-is-wide",
    )
    for number, name in enumerate(names):
        agent = SpyAgent(name, completion="</pre><script>alert('model')</script> " + "x" * 400 if number else None)
        evaluate(agent, cases, top / "eval" / str(number), progress=False, config={"agent": name, "tempera<ture": 0.1})
    run = top / "grpo"
    run.mkdir()
    rows = [
        {"phase": "grpo", "step": step, "loss": 0.1, "reward": step / 50, "terms/<b>/right": 0.3} for step in range(50)
    ]
    (run / "curves.jsonl").write_text("".join(json.dumps({**row, "terms/x/over": -0.1}) + "\n" for row in rows))
    (run / "config.json").write_text(json.dumps({"recipe": {"seed": 11, "name": "<img src=x onerror=alert(1)>"}}))
    policies = [{"policy": "always <3>", "mean_reward": -0.4, "exact": 0.4}, {"policy": "gold", "mean_reward": 1.0}]
    (top / "reward_check.json").write_text(json.dumps({"preset": "cost-v0", "cases": 60, "policies": policies}))
    return top


@pytest.fixture(scope="module")
def page(demo) -> Path:
    return build_report([demo], demo / "report.html")


def test_everything_is_in_it(page):
    html = page.read_text(encoding="utf-8")
    for words in (
        *("Not a medical device", "n = 60", "scale <b>esi-v5</b>", "Quadratic kappa", "What can be told apart", "Holm"),
        *("Confusion matrices", "By level", "10 cases to read", "Reject log", "level missing", "age not a number"),
        *("Reward components", "Reward check", "Cost of a wrong level", "over-triage 1 a level", "80 % power"),
        *("Configuration and seeds", "Data hash", "&#34;seed&#34;: 11", "tempera&lt;ture"),
    ):
        assert words in html, words
    assert html.count('class="card case"') == 10
    assert html.count("<mark ") >= 10


def test_text_of_patients_and_models_is_escaped(page):
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html.lower()
    assert "onerror=alert(1)>" not in html
    assert "&lt;script&gt;alert(&#39;note&#39;)&lt;/script&gt;" in html
    assert "alert(&#39;model&#39;)" in html
    assert "made&lt;up&gt;" in html


def test_nothing_comes_from_outside(page):
    html = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in html
    assert not re.search(r"https?://|@import|url\(|\ssrc=", re.sub(r"&lt;.*?&gt;", "", html))


def test_credentialed_notes_stay_out(tmp_path):
    evaluate(SpyAgent(), dataset(20, credentialed=True), tmp_path / "run", progress=False)
    html = build_report([tmp_path / "run"], tmp_path / "report.html").read_text(encoding="utf-8")
    assert "chest pain for" not in html
    assert "Note not shown" in html
    assert "the source is credentialed" in html


def test_training_alone_and_one_agent_alone(demo, tmp_path):
    html = build_report([demo / "grpo"], tmp_path / "training.html").read_text(encoding="utf-8")
    assert "Reward components" in html
    assert "Confusion matrices" not in html
    html = build_report([demo / "eval" / "0"], tmp_path / "alone.html").read_text(encoding="utf-8")
    assert "What can be told apart" not in html


def test_same_folders_same_page(demo, page, tmp_path):
    again = build_report([demo], tmp_path / "again.html")
    assert again.read_bytes() == page.read_bytes()


def test_nothing_is_written_when_there_is_nothing_to_report(tmp_path):
    with pytest.raises(BadInputError):
        build_report([tmp_path], tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.browser
@needs_chromium
def test_fits_a_phone_and_a_laptop_without_any_request(page):
    """No sideways scrolling from 390 px on, in light and dark, everything unfolded; no request but the file itself."""
    check_pages([page], ((390, "light"), (390, "dark"), (768, "light"), (1280, "light")))
