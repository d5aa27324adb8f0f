"""Answers at the bedside: complete, true, the same for the same question, and without a word of the machinery."""

from __future__ import annotations

import re

import pytest

from triagelab.agents.rules import RulesAgent
from triagelab.cases.bedside.actions import PATTERNS, TARGETS, BedsideAction, read_action
from triagelab.cases.bedside.patient import BedsidePatient, draw_bedside
from triagelab.cases.bedside.replies import NOTHING, Reply, opening, reply
from triagelab.cases.bedside.vocabulary import bedside_facts
from triagelab.cases.extraction import extract
from triagelab.cases.generator import iter_detailed, label
from triagelab.cases.presentation import Presentation
from triagelab.cases.splits import SPLITS
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.vitals import VitalSigns

LOOKS = [
    read_action({"kind": kind, "target": target})
    for kind, targets in TARGETS.items()
    if kind != "intervene"
    for target in targets
]
ACTIONS = [*LOOKS, BedsideAction(kind="more_info"), BedsideAction(kind="reassess")]
PATIENTS = [draw_bedside(split, seed) for split in SPLITS for seed in range(90)]


def answer(patient: BedsidePatient, action: BedsideAction, told: frozenset[str] = frozenset()) -> Reply:
    return reply(patient, patient.start, action, told=told, minute=0.0)


def everything(patient: BedsidePatient) -> tuple[list[tuple[BedsideAction, Reply]], frozenset[str]]:
    """Return the answers to every action, one after the other, and all that was told."""
    told: frozenset[str] = frozenset()
    found = []
    for action in ACTIONS:
        got = answer(patient, action, told)
        told |= got.told
        found.append((action, got))
    return found, told


@pytest.fixture(scope="module")
def dialogues() -> list[tuple[BedsidePatient, list[tuple[BedsideAction, Reply]], frozenset[str]]]:
    return [(patient, *everything(patient)) for patient in PATIENTS]


def test_every_true_fact_is_told_by_some_action(dialogues) -> None:
    for patient, _, told in dialogues:
        true = {name for name in bedside_facts() if patient.start.flags.get(name)}
        assert true - patient.minimised <= told, (patient.case_id, true - told)


def test_asking_twice_brings_what_was_played_down() -> None:
    shy = [patient for patient in PATIENTS if patient.minimised - {"pain_score"}]
    assert len(shy) >= 5
    for patient in shy:
        _, told = everything(patient)
        for action in LOOKS:
            told |= answer(patient, action, told).told
        assert patient.minimised - {"pain_score"} <= told


def test_only_known_facts_and_the_action_are_told(dialogues) -> None:
    for patient, turns, _ in dialogues:
        for action, got in turns:
            names = got.told - {action.label()}
            assert action.label() in got.told
            assert all(patient.start.flags.get(name) is not None for name in names)


def test_no_reading_of_an_answer_denies_a_true_fact(dialogues) -> None:
    for patient, turns, _ in dialogues[::5]:
        for action, got in turns:
            if action.kind not in ("ask", "examine") or action.target == "story" or got.text == NOTHING:
                continue  # a story says what began and stopped; the reader takes that for over
            denied = {name for name, value in extract(got.text).facts.flags.items() if value is False}
            wrong = {name for name in denied if patient.start.flags.get(name)} - patient.minimised
            assert not wrong, (patient.case_id, action.label(), got.text, wrong)


def test_the_same_question_gets_the_same_answer(dialogues) -> None:
    for patient, turns, _ in dialogues[::5]:
        for action, first in turns:
            if action.kind in ("more_info", "reassess") or patient.minimised:
                continue
            assert answer(patient, action, first.told) == first


def test_no_word_of_the_machinery_is_in_any_text(dialogues) -> None:
    ids = [name for name in (*vocabulary(), *PATTERNS, *VitalSigns.names()) if "_" in name]
    machinery = re.compile(
        "|".join([*map(re.escape, ids), r"\{", r"\}", r"\blevel [1-5]", r"\bESI\b", r"\bNone\b", "  "])
    )
    for patient, turns, _ in dialogues:
        for text in (opening(patient, patient.start), *(got.text for _, got in turns)):
            assert text.strip()
            assert not machinery.search(text), text


def test_texts_are_whole_sentences(dialogues) -> None:
    for patient, turns, _ in dialogues:
        for text in (opening(patient, patient.start), *(got.text for _, got in turns)):
            assert text[0].isupper() or text[0].isdigit() or text.startswith("pH ")
            assert text.endswith((".", "?", "!")), text


def test_the_opening_says_the_complaint_and_no_number(dialogues) -> None:
    for patient, _, _ in dialogues:
        text = opening(patient, patient.start)
        assert patient.complaint.lower() in text.lower()
        assert not extract(text).vitals.measured()


def test_measured_numbers_are_those_of_now(dialogues) -> None:
    for patient, turns, _ in dialogues:
        known = patient.start.vitals.measured()
        for action, got in turns:
            for name, value in got.measured.items():
                if name == "pain_score" and name in patient.minimised and action.kind != "reassess":
                    assert value <= known[name]
                else:
                    assert value == known[name], (patient.case_id, action.label(), name)


def test_the_words_of_a_reading_carry_the_number(dialogues) -> None:
    for _, turns, _ in dialogues:
        for action, got in turns:
            if action.kind == "measure" and got.measured:
                read = extract(got.text).vitals.measured()
                assert set(read) == set(got.measured)
                assert all(abs(read[name] - got.measured[name]) <= 0.06 for name in read)


def test_what_is_refused_gives_nothing(dialogues) -> None:
    for _, turns, _ in dialogues:
        for action, got in turns:
            if got.refused is not None:
                assert not got.measured
                assert got.refused == got.text
                assert got.told == {action.label()}


def test_rules_read_a_whole_dialogue_about_as_well_as_a_note() -> None:
    notes = [item.case for item in iter_detailed(150, 77, "test")]
    agent = RulesAgent()
    right_notes = sum(
        got.level == case.truth.level
        for got, case in zip(agent.predict([case.presentation for case in notes]), notes, strict=True)
    )
    right = 0
    for seed in range(150):
        patient = draw_bedside("test", seed)
        turns, _ = everything(patient)
        text = "\n".join([opening(patient, patient.start), *(got.text for _, got in turns)])
        measured = {name: value for _, got in turns for name, value in got.measured.items()}
        seen = Presentation(
            case_id="x",
            narrative=text,
            age_years=patient.start.age_years,
            sex=patient.patient.sex,
            arrival=patient.patient.arrival,
            chief_complaint=patient.complaint,
            vitals=VitalSigns(**measured),
        )
        right += agent.predict([seen])[0].level == label(patient.start)[0].level
    assert right >= 0.72 * 150
    assert right >= right_notes - 12
