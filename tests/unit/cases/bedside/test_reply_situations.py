"""Answers at the bedside in particular situations: no pulse, no speech, a child, a worse patient, pain played down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.bedside.actions import TARGETS, VITALS, BedsideAction, read_action
from triagelab.cases.bedside.patient import BedsidePatient, bedside_patient, draw_bedside
from triagelab.cases.bedside.replies import NOTHING, NOTHING_ELSE, Reply, opening, reply
from triagelab.cases.bedside.vocabulary import channels
from triagelab.cases.draws import Draws
from triagelab.cases.splits import SPLITS
from triagelab.errors import BadInputError

LOOKS = [
    read_action({"kind": kind, "target": target})
    for kind, targets in TARGETS.items()
    if kind != "intervene"
    for target in targets
]
ACTIONS = [*LOOKS, BedsideAction(kind="more_info"), BedsideAction(kind="reassess")]
PATIENTS = [draw_bedside(split, seed) for split in SPLITS for seed in range(40)]


def answer(patient: BedsidePatient, action: BedsideAction, told: frozenset[str] = frozenset()) -> Reply:
    return reply(patient, patient.start, action, told=told, minute=0.0)


def of_kind(kind: str, seed: int = 0) -> BedsidePatient:
    return bedside_patient(load_archetypes()[kind], Draws("test.replies", seed, kind), f"case-{kind}-{seed}")


def test_without_a_pulse_nothing_of_the_circulation_is_measured() -> None:
    patient = of_kind("cpr-in-progress")
    for target in ("heart_rate", "blood_pressure", "spo2", "resp_rate", "pain_score"):
        got = answer(patient, BedsideAction(kind="measure", target=target))
        assert got.refused
        assert not got.measured


def test_for_the_unconscious_a_bystander_tells_the_story_and_nothing_about_symptoms() -> None:
    patient = of_kind("alcohol-coma")
    for topic in channels().ask:
        got = answer(patient, BedsideAction(kind="ask", target=topic))
        assert (got.refused is None) == (topic in ("story", "past_illness", "medicines_and_allergies"))


def test_a_parent_answers_for_a_child() -> None:
    patient = of_kind("child-seizing")
    for topic in channels().ask:
        assert answer(patient, BedsideAction(kind="ask", target=topic)).refused is None


def test_who_becomes_unresponsive_answers_no_more() -> None:
    patient = of_kind("svt-stable")
    asked = BedsideAction(kind="ask", target="chest_and_breathing")
    assert answer(patient, asked).refused is None
    later = replace(patient.start, flags={**patient.start.flags, "unresponsive": True})
    assert reply(patient, later, asked, told=frozenset(), minute=9.0).refused
    assert "responds only" in (seen := opening(patient, later)) or "unresponsive" in seen or "wake up" in seen
    coma = reply(patient, later, BedsideAction(kind="measure", target="gcs"), told=frozenset(), minute=9.0)
    assert coma.measured["gcs"] <= 8


def test_only_the_patient_plays_things_down() -> None:
    patient = replace(of_kind("head-pain-exertion"), minimised=frozenset({"thunderclap_headache", "pain_score"}))
    later = replace(patient.start, flags={**patient.start.flags, "obtunded": True})
    story = reply(patient, later, read_action({"kind": "ask", "target": "story"}), told=frozenset(), minute=9.0)
    assert "thunderclap_headache" in story.told
    confused = replace(patient.start, flags={**patient.start.flags, "new_confusion": True})
    asked = read_action({"kind": "ask", "target": "head_and_nerves"})
    assert "thunderclap_headache" not in answer(patient, asked).told
    assert "thunderclap_headache" in reply(patient, confused, asked, told=frozenset(), minute=9.0).told


def test_nobody_scores_the_pain_of_an_unconscious_child() -> None:
    patient = of_kind("shunt-malfunction")
    later = replace(patient.start, flags={**patient.start.flags, "obtunded": True})
    asked = read_action({"kind": "measure", "target": "pain_score"})
    assert reply(patient, later, asked, told=frozenset(), minute=9.0).refused


def test_no_denial_stands_beside_a_fact_that_belies_it() -> None:
    beside = channels().not_denied_beside
    examined = [read_action({"kind": "examine", "target": region}) for region in TARGETS["examine"]]
    for name, others in beside.items():
        for other in others:
            patient = of_kind("stumble")
            belied = replace(patient.start, flags={name: False, other: True})
            for action in examined:
                assert name not in reply(patient, belied, action, told=frozenset(), minute=0.0).told


def test_answers_follow_the_vital_signs_of_now() -> None:
    patient = of_kind("svt-stable")
    later = replace(patient.start, vitals=patient.start.vitals.with_(spo2_pct=81.0))
    got = reply(patient, later, BedsideAction(kind="measure", target="spo2"), told=frozenset(), minute=12.0)
    assert got.measured == {"spo2_pct": 81.0}
    again = reply(patient, later, BedsideAction(kind="reassess"), told=got.told, minute=13.0)
    assert again.measured == {"spo2_pct": 81.0}


@pytest.mark.parametrize("name", channels().visible_again)
def test_a_second_look_shows_what_has_come_about_and_no_more(name: str) -> None:
    patient = of_kind("fall-anticoagulated")
    later = replace(patient.start, flags={**patient.start.flags, name: True})
    from_the_start = replace(patient, start=later)
    for who, facts, shown in ((patient, patient.start, False), (patient, later, True), (from_the_start, later, False)):
        got = reply(who, facts, BedsideAction(kind="reassess"), told=frozenset(), minute=13.0)
        assert (name in got.told) == shown
        assert (got.text == NOTHING) != shown


def later_reply(kind: str, action: BedsideAction, **gained: bool) -> Reply:
    """Return what is said of a patient of this kind who has come to these facts meanwhile."""
    patient = of_kind(kind)
    now = replace(patient.start, flags={**patient.start.flags, "pain_corroborated": False, **gained})
    return reply(patient, now, action, told=frozenset(), minute=13.0)


@pytest.mark.parametrize("danger", ["tension_pneumothorax", "respiratory_compromise", "unstable_arrhythmia"])
def test_nobody_looks_comfortable_while_he_is_dying(danger: str) -> None:
    look = BedsideAction(kind="reassess")
    assert "comfortable" in later_reply("pneumothorax-spontaneous", look).text
    assert "comfortable" not in later_reply("pneumothorax-spontaneous", look, **{danger: True}).text


def test_tests_show_what_has_come_about_meanwhile() -> None:
    scan, strip = (BedsideAction(kind="test", target=name) for name in ("ultrasound", "ecg"))
    assert "no free fluid" in later_reply("fall-height", scan).text
    assert "rim of blood" in later_reply("fall-height", scan, hypoperfusion=True).text
    assert "no free fluid" in later_reply("urosepsis-elderly", scan, hypoperfusion=True).text
    assert "ST elevation" in later_reply("acs-stable", strip).text
    assert "unstable arrhythmia" in later_reply("acs-stable", strip, unstable_arrhythmia=True).text


def test_a_seizure_that_begins_here_was_not_there_on_arrival() -> None:
    said = {later_reply(kind, BedsideAction(kind="reassess"), active_seizure=True).text for kind in load_archetypes()}
    assert not any("convulsing on arrival" in text for text in said)
    assert any("seizing" in text for text in said)


def test_reassessing_measures_only_what_was_measured_before() -> None:
    patient = of_kind("svt-stable")
    assert answer(patient, BedsideAction(kind="reassess")).measured == {}
    told = frozenset(f"measure({target})" for target in ("heart_rate", "blood_pressure"))
    got = answer(patient, BedsideAction(kind="reassess"), told)
    assert set(got.measured) == {*VITALS["heart_rate"], *VITALS["blood_pressure"]}


def test_the_open_question_tells_what_is_left_and_then_nothing() -> None:
    for patient in PATIENTS[::7]:
        told: frozenset[str] = frozenset()
        for _ in range(12):
            got = answer(patient, BedsideAction(kind="more_info"), told)
            assert not (got.told - {"more_info"}) & told
            told |= got.told
        assert got.text == NOTHING_ELSE


def test_what_is_played_down_comes_last_of_all() -> None:
    patient = replace(of_kind("missed-dialysis"), minimised=frozenset({"missed_dialysis"}))
    first = answer(patient, BedsideAction(kind="ask", target="past_illness"))
    assert "missed_dialysis" not in first.told
    again = answer(patient, BedsideAction(kind="ask", target="past_illness"), first.told)
    assert "missed_dialysis" in again.told
    told: frozenset[str] = frozenset()
    order: list[str] = []
    for _ in range(6):
        got = answer(patient, BedsideAction(kind="more_info"), told)
        order += sorted(got.told - told - {"more_info"}, key=lambda name: name == "missed_dialysis")
        told |= got.told
    assert order[-1] == "missed_dialysis"
    assert len(order) >= 2


def test_pain_is_played_down_once_whichever_way_it_is_asked() -> None:
    patient = replace(of_kind("renal-colic"), minimised=frozenset({"pain_score"}))
    score = patient.start.vitals.pain_score or 0.0
    asked, measured = BedsideAction(kind="ask", target="pain"), BedsideAction(kind="measure", target="pain_score")
    for first, second in ((asked, measured), (measured, asked), (asked, asked)):
        before = answer(patient, first)
        assert before.measured["pain_score"] < score
        assert answer(patient, second, before.told).measured["pain_score"] == score


@pytest.mark.parametrize(
    ("kind", "test", "says", "tells"),
    [
        ("acs-stable", "ecg", "ST elevation", "acs_suspected"),
        ("ectopic-stable", "pregnancy_test", "positive", "pregnant"),
        ("dka", "ketones", "High", None),
        ("cystitis", "urine", "nitrite", None),
        ("septic-shock", "blood_gas", "7.27", None),
        ("stumble", "ketones", "No ketones", None),
        ("stumble", "ecg", "no acute changes", None),
    ],
)
def test_tests_show_what_is_wrong(kind: str, test: str, says: str, tells: str | None) -> None:
    got = answer(of_kind(kind), BedsideAction(kind="test", target=test))
    assert says in got.text
    assert got.told == {f"test({test})"} | ({tells} if tells else set())


def test_a_pregnancy_test_is_not_for_men_children_or_the_old() -> None:
    for patient in PATIENTS:
        got = answer(patient, BedsideAction(kind="test", target="pregnancy_test"))
        age = patient.patient.age.years
        assert (got.refused is None) == (patient.patient.sex == "female" and 11 <= age <= 56)


def test_sugar_is_always_a_number() -> None:
    for patient in PATIENTS:
        assert set(answer(patient, BedsideAction(kind="test", target="glucose")).measured) == {"glucose_mg_dl"}


def test_nobody_at_the_bedside_answers_a_treatment_or_a_commitment() -> None:
    for action in (
        BedsideAction(kind="intervene", target="oxygen"),
        BedsideAction(kind="commit", level=3, pathway="urgent", pattern="stroke"),
    ):
        with pytest.raises(BadInputError, match="action"):
            answer(PATIENTS[0], action)


def test_nothing_is_said_where_nothing_is_known() -> None:
    patient = replace(of_kind("stumble"), own_words=False)
    bare = replace(patient.start, flags={})
    for topic in ("chest_and_breathing", "pregnancy", "substances"):
        got = reply(patient, bare, BedsideAction(kind="ask", target=topic), told=frozenset(), minute=0.0)
        assert got.text == NOTHING
