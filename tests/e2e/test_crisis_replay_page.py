"""The replay page as a reader uses it in a real browser: scrubs, plays, opens a patient, and asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from browser_checks import CHROMIUM, check_pages, needs_chromium
from crisis_replay_samples import Hostile
from triagelab.agents.crisis_policies import load_crisis_policy
from triagelab.evaluation.crisis_replay import Replay, nothing_deaths
from triagelab.evaluation.crisis_replay_page import write_replay_page
from triagelab.evaluation.crisis_replay_record import record_episode

pytestmark = [pytest.mark.browser, needs_chromium]


@pytest.fixture(scope="module")
def replays() -> dict[str, Replay]:
    return {
        "surge": record_episode(load_crisis_policy("heuristic"), "combined_surge", 0.5, 0, 50),
        "hostile": record_episode(Hostile(), "mass_casualty", 0.5, 2, 20),
    }


@pytest.fixture(scope="module")
def pages(replays, tmp_path_factory) -> dict[str, Path]:
    top = tmp_path_factory.mktemp("replay")
    return {name: write_replay_page(one, top / f"{name}.html") for name, one in replays.items()}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as browsers:
        opened = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def tab(browser, request) -> Iterator[Any]:
    """A tab that fails the test for any message, error, dialog or request beyond the file."""
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", lambda dialog: (said.append(f"dialog {dialog.message}"), dialog.dismiss()))
    opened.on("request", lambda one: None if one.url.startswith(("file:", "data:")) else said.append(one.url))
    yield opened
    opened.close()
    assert said == []


def number(tab, name: str) -> int:
    return int(tab.evaluate(f"document.querySelector('[data-number={name}] dd').firstChild.textContent"))


def slide(tab, step: int) -> None:
    tab.evaluate(
        "step => { const one = document.getElementById('slider'); one.value = step;"
        " one.dispatchEvent(new Event('input')); }",
        step,
    )


def test_the_slider_moves_the_clock_and_every_number(tab, pages, replays):
    replay = replays["surge"]
    tab.goto(pages["surge"].as_uri())
    assert tab.inner_text("#clock").split() == ["0:00", "step", "0", "of", "50"]
    for step in (1, 13, 37, 50):
        slide(tab, step)
        state = replay.states()[step]
        assert tab.inner_text("#clock").startswith(f"{step * 15 // 60}:{step * 15 % 60:02d}")
        assert number(tab, "deaths") == state.deaths
        assert number(tab, "nothing") == nothing_deaths(replay.end, state.minute)
        assert tab.locator("#areas .patient").count() == len(state.patients)
        assert tab.locator("#areas .patient.dead").count() == state.deaths
        assert tab.locator("#feed .feed li").count() == len(replay.steps[step - 1].results)
        assert f"{state.deaths} deaths" in tab.get_attribute("#slider", "aria-valuetext")
    assert number(tab, "deaths") == replay.end.deaths == int(tab.inner_text("#final-deaths"))
    assert number(tab, "prevented") == len(replay.end.nothing) - replay.end.deaths


def until(tab, words: str) -> None:
    """Wait for the clock to say something, from outside: the page's content policy lets no other script look."""
    for _ in range(1200):
        if words in tab.inner_text("#clock"):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"the clock says {tab.inner_text('#clock')!r}, not {words!r}")


def test_keys_and_buttons(tab, pages):
    tab.goto(pages["hostile"].as_uri())
    for key, step in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 20),
        ("ArrowRight", 20),
        ("Home", 0),
    ):
        tab.keyboard.press(key)
        assert tab.inner_text("#clock").split()[2] == str(step), key
    tab.focus("#slider")
    tab.keyboard.press("ArrowRight")
    assert tab.inner_text("#clock").split()[2] == "1"
    tab.click("#on")
    tab.click("#back")
    tab.click("#back")
    assert tab.inner_text("#clock").split()[2] == "0"


def test_it_plays_and_stops_at_the_end(tab, pages):
    tab.goto(pages["hostile"].as_uri())
    tab.select_option("#speed", "10")
    tab.click("#play")
    assert tab.inner_text("#play") == "Pause"
    until(tab, "step 20 ")
    assert tab.inner_text("#play") == "Play"
    tab.select_option("#speed", "1")
    tab.click("#play")
    until(tab, "step 1")
    tab.click("#play")
    assert tab.inner_text("#play") == "Play"
    stood = tab.inner_text("#clock")
    tab.wait_for_timeout(1_200)
    assert tab.inner_text("#clock") == stood


def test_a_patient_opens_and_the_truth_is_hidden_until_asked_for(tab, pages, replays):
    replay = replays["surge"]
    tab.goto(pages["surge"].as_uri())
    slide(tab, 12)
    card = replay.header.patients[0]
    tab.click(f"[data-patient={card.id}]")
    assert tab.inner_text("#panel-title") == f"{card.id}: {card.text}"
    assert tab.locator("#panel .vitals svg").count() == 6
    assert tab.locator(".truth, .worst").count() == 0
    assert card.archetype.replace("_", " ") not in tab.inner_text("#panel")
    tab.check("#truth")
    assert "nobody in the hospital sees this" in tab.inner_text(".truth")
    assert card.archetype.replace("_", " ") in tab.inner_text(".truth")
    assert tab.locator(".worst").count() > 0
    slide(tab, 30)
    assert tab.get_attribute(f"[data-patient={card.id}]", "aria-pressed") == "true"
    tab.keyboard.press("Escape")
    assert tab.locator("#panel").is_hidden()


def test_text_of_a_model_is_shown_and_never_run(tab, pages):
    tab.goto(pages["hostile"].as_uri())
    slide(tab, 1)
    assert tab.locator("#feed pre").first.inner_text().startswith("</script><script>alert('said')</script><img")
    assert tab.locator("#feed .warn").inner_text().startswith("no answer: not JSON: </script><script>alert")
    assert tab.locator("main img, main script").count() == 0
    assert tab.locator("#feed .status.refused").count() > 0


def test_everything_that_can_be_used_has_a_name(tab, pages):
    tab.goto(pages["surge"].as_uri())
    slide(tab, 20)
    tab.click("#areas button >> nth=0")
    unnamed = tab.evaluate(
        "[...document.querySelectorAll('button, input, select, svg[role=img], figure[role=img]')].filter(one =>"
        " !(one.getAttribute('aria-label') || one.textContent.trim() || (one.labels && one.labels.length)))"
        ".map(one => one.outerHTML.slice(0, 80))"
    )
    assert unnamed == []


def test_fits_a_phone_and_a_laptop_without_any_request(pages):
    looks = ((360, "light"), (400, "dark"), (768, "light"), (1280, "dark"))
    with ThreadPoolExecutor(1) as aside:  # playwright opens one browser a thread, and this one has its own
        aside.submit(check_pages, list(pages.values()), looks).result()
