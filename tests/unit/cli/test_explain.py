"""The decision path, the vital signs that mattered and the questions, from predictions made by hand."""

from __future__ import annotations

import pytest

from triagelab.agents.base import Prediction
from triagelab.cases.presentation import Presentation
from triagelab.cli.explain import ask_lines, path, sign_line, signs
from triagelab.cli.highlight import bracketed, evidence, one_line, pieces, rule_words, safe
from triagelab.clinical.vitals import VitalSigns

PULSE = Presentation("x", "seen at the desk", age_years=2.5, vitals=VitalSigns(heart_rate_bpm=150))


def answers(prediction: Prediction) -> list[tuple[bool, str | None]]:
    return [(step.asked, step.answer) for step in path(prediction, 5)]


def test_points_after_the_one_that_decided_are_not_asked():
    prediction = Prediction(1, point="A", because=("A.pulseless",))
    assert answers(prediction) == [(True, "yes"), (False, None), (False, None), (False, None)]


def test_unknown_is_not_no():
    sure = Prediction(5, point="C", because=("C.none",))
    assert answers(sure) == [(True, "no"), (True, "no"), (True, "none"), (False, None)]
    unsure = Prediction(5, point="C", because=("C.none",), unknown=("pulseless", "acs_suspected"))
    assert answers(unsure)[:2] == [(True, "unknown"), (True, "unknown")]
    assert [step.open for step in path(unsure, 5)][:2] == [("pulseless",), ("acs_suspected",)]


def test_the_danger_zone_is_asked_wherever_two_resources_are_needed():
    prediction = Prediction(3, point="C", because=("C.labs", "C.many"), unknown=("spo2_pct",))
    assert answers(prediction)[2:] == [(True, "many"), (True, "unknown")]
    fired = Prediction(3, point="D", because=("C.labs", "C.many", "D.heart_rate"))
    assert answers(fired)[3] == (True, "yes")


@pytest.mark.parametrize("point", [None, "Z", ""])
def test_an_agent_without_a_trace_has_no_path(point):
    assert path(Prediction(3, point=point), 5) == ()


def test_the_limit_is_that_of_the_age_and_a_missing_sign_is_not_normal():
    prediction = Prediction(3, point="D", because=("C.many", "D.heart_rate"))
    pulse, breath, saturation = signs(PULSE, prediction, 5)
    assert (pulse.vital, pulse.limit, pulse.beyond, pulse.fired) == ("heart_rate_bpm", 140, True, True)
    assert sign_line(pulse) == "HR 150/min, above 140 (1 year to under 3 years) [D.heart_rate]"
    assert breath.beyond is None
    assert sign_line(saturation).startswith("SpO2 not measured")


def test_without_an_age_the_strictest_limit_is_shown_and_said():
    shown = Presentation("x", "seen at the desk", vitals=VitalSigns(heart_rate_bpm=150))
    pulse = signs(shown, Prediction(3, point="C", because=("C.many",)), 5)[0]
    assert "strictest" in sign_line(pulse)


def test_an_implausible_value_is_said_to_be_left_out():
    prediction = Prediction(3, point="C", because=("C.many",), extra={"implausible": ["spo2_pct"]})
    lines = [sign_line(sign) for sign in signs(PULSE, prediction, 5)]
    assert any("implausible" in line and line.startswith("SpO2") for line in lines)


def test_questions_come_in_the_order_of_the_agent_and_say_how_many_more():
    prediction = Prediction(3, unknown=("pulseless", "spo2_pct", "fever"), ask=("spo2_pct",))
    assert list(ask_lines(prediction)) == ["oxygen saturation", "(2 more that are not known; --json lists all)"]
    assert list(ask_lines(Prediction(3))) == []


def test_a_level_that_the_path_does_not_lead_to_is_said_and_not_put_down_to_a_point():
    from triagelab.cli.answers import lines

    pooled = Prediction(2, point="C", because=("C.many",), extra={"engine_level": 3})
    shown = lines(PULSE, pooled, 5)
    assert shown[0] == "ESI 2"
    assert shown[1].startswith("the decision path leads to ESI 3")
    assert lines(PULSE, Prediction(3, point="C", extra={"engine_level": 3}), 5)[0] == "ESI 3 (decision point C)"


def test_an_assumed_age_is_said():
    from triagelab.cli.answers import lines

    shown = lines(PULSE, Prediction(3, point="C", extra={"assumed_age_years": 45.0}), 5)
    assert "age not stated: limits are those at 45 years, an assumption" in shown


def test_a_rule_of_no_table_stands_for_itself_and_is_made_safe():
    assert rule_words("encoder says\x1b[31m 3", 5) == "encoder says\N{REPLACEMENT CHARACTER}[31m 3"


def test_pieces_add_up_to_the_note_and_marks_stand_where_the_spans_are():
    note = "chest pain and sweating, HR 90"
    given = ((0, 10, "chest_pain"), (6, 10, "pain"), (15, 23, "diaphoresis"), (25, 99, "heart_rate_bpm"), (5, 5, "x"))
    shown = Presentation("x", note)
    found = evidence(shown, Prediction(2, point="B", because=("B.acs",), evidence=given), 5)
    assert "".join(text for text, _ in pieces(note, found)) == note
    assert [span.text for span in found] == ["chest pain", "pain", "sweating"]
    assert bracketed(note, found).replace("*", "") == "[chest pain] and [sweating], HR 90"


@pytest.mark.parametrize("text", ["\x1b[2J", "\x00\x07\x08\x9b", "\u202e\u200b\u2066", "\ud800", "a\r\nb\rc\td"])
def test_safe_text_holds_nothing_a_terminal_obeys(text):
    shown = safe(text)
    assert all(sign == "\n" or sign.isprintable() for sign in shown)
    assert safe(shown) == shown
    assert "\n" not in one_line(text)


def test_the_progress_bar_hands_every_item_on(monkeypatch, capsys):
    import sys

    from triagelab.cli.progress import track_file

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert list(track_file(range(200), size=200, place=lambda: 100, label="notes")) == list(range(200))
