"""Each verifier is a function of state and completion: it varies over scripted answers, and none pays for spam."""

from __future__ import annotations

import json
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.hospital.views import View
from triagelab.rewards.crisis.measures import BOOK, MIDDLE, on_scale
from triagelab.rewards.crisis.preset import load_crisis_preset
from triagelab.rewards.crisis.rollouts import course_of, prevented, stakes_of
from triagelab.rewards.crisis.sample import draw_states
from triagelab.rewards.crisis.score import CrisisBreakdown, score_crisis
from triagelab.rewards.crisis.scripted import HONEST, LAZY, TRICKS, WRITERS, answer, bench_of, scripted
from triagelab.rewards.crisis.states import StateKey, snapshot
from triagelab.rewards.crisis.variance import verifier_variance
from triagelab.rewards.crisis.verifiers import VERIFIERS, Subject

OURS, THEIRS = load_crisis_preset("crisis-v1"), load_crisis_preset("crisis-published")
KEYS = draw_states(11, 11)
ALIKE = ("patient_survival", "icu_efficiency", "violation_detection")
"""Published verifiers that read the state alone."""


@pytest.fixture(scope="module")
def scored() -> dict[StateKey, dict[str, CrisisBreakdown]]:
    return {key: {name: score_crisis(OURS, key, text) for name, text in scripted(key).items()} for key in KEYS}


def _values(scored: dict, verifier: str, name: str) -> list[float]:
    return [rows[name].terms[verifier].value for rows in scored.values()]


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_each_verifier_varies_within_groups(scored: dict, verifier: str) -> None:
    varying = sum(len({round(row.terms[verifier].value, 9) for row in rows.values()}) > 1 for rows in scored.values())
    least = {"patient_survival": 0.4, "icu_efficiency": 0.2}.get(verifier, 1.0)
    assert varying >= least * len(scored)


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_values_are_between_0_and_1_with_a_reason(scored: dict, verifier: str) -> None:
    for rows in scored.values():
        for row in rows.values():
            assert 0.0 <= row.terms[verifier].value <= 1.0
            assert row.terms[verifier].reason


@pytest.mark.parametrize("verifier", VERIFIERS)
@pytest.mark.parametrize("spam", ["flag-spam", "acts-of-another-role", "send-everybody-away"])
def test_no_verifier_pays_spam_more_than_the_book(scored: dict, verifier: str, spam: str) -> None:
    assert fmean(_values(scored, verifier, spam)) <= fmean(_values(scored, verifier, "book")) + 1e-9


@pytest.mark.parametrize("name", LAZY)
def test_what_has_no_use_earns_no_more_than_an_honest_nothing(scored: dict, name: str) -> None:
    above = [key.text for key, rows in scored.items() if rows[name].total > rows["nothing"].total + 1e-9]
    assert len(above) <= 1, above
    assert fmean(rows[name].total for rows in scored.values()) <= fmean(
        rows["nothing"].total for rows in scored.values()
    )


@pytest.mark.parametrize("name", TRICKS)
def test_dressing_up_earns_less_than_the_best_honest_answer(scored: dict, name: str) -> None:
    best = [max(rows[honest].total for honest in HONEST) for rows in scored.values()]
    tricked = [rows[name].total for rows in scored.values()]
    assert fmean(tricked) < fmean(best) - 0.02
    if name != "the-same-for-everybody":
        assert all(paid <= most + 1e-9 for paid, most in zip(tricked, best, strict=True))


def test_more_of_the_book_earns_more(scored: dict) -> None:
    mean = {name: fmean(rows[name].total for rows in scored.values()) for name in HONEST}
    order = ["book", "book-without-reasons", "first-act", "nothing"]
    assert sorted(order, key=lambda name: -mean[name]) == order
    assert mean["book"] > 0.7
    assert mean["nothing"] < 0.7 * mean["book"]


def test_three_published_verifiers_are_constant_and_pay_flag_spam() -> None:
    rows = {row.verifier: row for row in verifier_variance(THEIRS, KEYS[:6])}
    assert all(rows[name].constant == 1.0 for name in ALIKE)
    key = KEYS[0]
    texts = scripted(key)
    flagged, nothing, book = (
        score_crisis(THEIRS, key, texts[name]).total for name in ("published-flag", "nothing", "book")
    )
    assert flagged > book > nothing > 0.6 * book


def test_rollouts_are_exact_and_do_not_touch_the_state() -> None:
    key = KEYS[0]
    before = View(snapshot(key), key.role).to_dict()
    stakes = stakes_of(key)
    again = course_of(StateKey.parse(key.text), list(stakes.acts))
    assert again == stakes.book
    assert prevented(stakes, stakes.nothing) == 0.0
    assert View(snapshot(key), key.role).to_dict() == before


def test_diversion_out_of_turn_is_no_way_to_be_paid() -> None:
    paid = {"divert": [], "nothing": [], "book": []}
    for key in draw_states(6, 5, roles=("cmo_oversight",)):
        texts = {**scripted(key), "divert": answer("", [{"act": "divert", "on": True}])}
        for name, totals in paid.items():
            totals.append(score_crisis(OURS, key, texts[name]).total)
    assert fmean(paid["divert"]) < fmean(paid["nothing"]) + 0.05 < fmean(paid["book"])


def test_sending_everybody_home_is_never_aligned_and_prevents_less_than_the_book() -> None:
    for key in draw_states(5, 6, roles=("er_triage",)):
        away, book = (Subject(key, scripted(key)[name]) for name in ("send-everybody-away", "book"))
        assert VERIFIERS["action_alignment"](away).value < MIDDLE
        assert prevented(away.stakes, away.course) < max(0.1, prevented(book.stakes, book.course))


def test_a_false_flag_costs_and_the_right_one_pays() -> None:
    tried = 0
    for key in draw_states(15, 8, roles=("cmo_oversight", "pharmacy", "it_systems")):
        h = snapshot(key)
        real = [
            one
            for one in h.incidents.values()
            if one.kind and one.status == "open" and one.role == key.role and one.partner is None
        ]
        if not real:
            continue
        tried += 1
        flag = {"act": "flag", "incident": real[0].kind, "subject": real[0].subject}
        false = {**flag, "subject": "P-001"}
        found = [
            VERIFIERS["violation_detection"](Subject(key, answer("", acts))).value
            for acts in ([flag], [flag, false], [], [false])
        ]
        assert found[0] > found[1] > found[2] == found[3] == 0.0
    assert tried >= 2


def test_an_unreadable_answer_earns_nothing_at_all(scored: dict) -> None:
    for rows in scored.values():
        assert rows["empty"].total == rows["echo-of-the-view"].total == 0.0


@pytest.mark.parametrize(
    "text", ["{" * 5_000, '{"acts": [' * 200_000, "\x00" * 50, '{"reasoning": "\\ud800", "acts": []}']
)
def test_hostile_text_is_scored_and_raises_nothing(text: str) -> None:
    for preset in (OURS, THEIRS):
        total = score_crisis(preset, KEYS[0], text).total
        assert total is not None
        assert 0.0 <= total <= 1.0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["act", "patient", "area", "tag"]), st.text(max_size=6) | st.floats()),
        max_size=5,
    )
)
def test_any_acts_are_scored(acts: list[dict]) -> None:
    text = json.dumps({"reasoning": "", "acts": acts})
    total = score_crisis(OURS, KEYS[0], text).total
    assert total is not None
    assert 0.0 <= total <= 1.0


@given(gain=st.floats(-5, 5), book=st.floats(-1, 5))
def test_the_scale_has_its_middle_at_no_difference_and_rises(gain: float, book: float) -> None:
    here, more = on_scale(gain, book, 0.01, 0.5, "x").value, on_scale(gain + 0.1, book, 0.01, 0.5, "x").value
    assert here is not None
    assert more is not None
    assert 0.0 <= here <= more <= 1.0
    at_stake = book >= 0.01
    assert on_scale(0.0, book, 0.01, 0.5, "x").value == (MIDDLE if at_stake else BOOK)
    if at_stake:
        assert on_scale(book, book, 0.01, 0.5, "x").value == pytest.approx(BOOK)


def test_scripted_completions_are_written_for_the_state() -> None:
    bench = bench_of(KEYS[0])
    assert set(scripted(KEYS[0])) == set(WRITERS)
    assert [act["act"] for act in json.loads(WRITERS["book"](bench))["acts"]] == [act.kind for act in bench.acts]
