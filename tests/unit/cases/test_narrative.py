"""Notes: they say what decides, they negate what is not so, and each voice keeps to its own words."""

from __future__ import annotations

import re

import pytest

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.content import ALWAYS_SAID
from triagelab.cases.draws import Draws
from triagelab.cases.generator import iter_detailed, make
from triagelab.cases.narrative import VOICES, render
from triagelab.cases.phrases import distractors, phrase_bank
from triagelab.cases.registers import shorthand
from triagelab.cases.speech import Verb, person_of
from triagelab.clinical.esi import decide
from triagelab.clinical.facts import Facts, vocabulary

JARGON = re.compile(
    r"\b(?:SOB|c/o|pt|h/o|hx|BP|HR|RR|SpO2|GCS|LOC|PMH|VS|RA|BGL|BVM|ETT|abd|fx|dyspn\w*|stridor|syncop\w*|epistaxis|"
    r"mel[a]?ena|ha?emoptysis|febrile|apn\w*|cyano\w*|hypotens\w*|hypertens\w*|intubat\w*|diaphor\w*|o?edema|lacerat\w*|"
    r"tachy\w*|brady\w*|meningis\w*|petechi\w*|perit\w*|postictal|post-ictal|naloxone|epinephrine|vasopressor|"
    r"obtunded|unresponsive|hypogly\w*|abdom\w*|ischa?em\w*)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def items():
    return [item for split in ("train", "test") for item in iter_detailed(400, 2, split)]


@pytest.fixture(scope="module")
def grid():
    """Every archetype in every voice."""
    return [
        make(item, 21, index, voice=voice) for index, item in enumerate(load_archetypes().values()) for voice in VOICES
    ]


def test_the_words_carry_what_decides(grid):
    """Restricting the facts to what the note says does not change the decision."""
    for item in grid:
        facts, said = item.patient.facts, item.rendered.said
        hidden = {name: None for name in facts.vitals.measured() if name not in said}
        flags = {
            name: value
            for name, value in facts.flags.items()
            if name in said or vocabulary()[name].group.startswith("resource")
        }
        weeks = facts.pregnancy_weeks if "pregnant" in said else None
        known = decide(Facts(facts.age_years, facts.vitals.with_(**hidden), flags, weeks), version=5)
        assert (known.level, known.acceptable, known.point) == (
            item.decision.level,
            item.decision.acceptable,
            item.decision.point,
        ), item.rendered.note


def test_a_fact_that_is_said_stands_in_the_note(grid):
    bank = phrase_bank()
    for item in grid:
        note = squeezed(item.rendered.note)
        voice = item.rendered.voice
        for name in item.patient.told:
            phrase = bank[name]
            if phrase.silent:
                continue
            person = person_of(item.patient, Draws("unused", 0))
            forms = phrase.lay if voice == "patient" else (*phrase.yes, *phrase.short)
            tokens = person.lay if voice == "patient" else person.clinical
            if voice == "terse":
                forms = [shorthand(form, short) for form in forms for short in (True, False)]
            assert any(squeezed(form.format_map(tokens)) in note for form in forms), (name, note)


def squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


def test_negations_do_not_leak_as_findings(grid):
    """No way of saying that a fact is so occurs in the note of a patient for whom it is not so."""
    bank = phrase_bank()
    for item in grid:
        note = squeezed(item.rendered.note)
        tokens = person_of(item.patient, Draws("unused", 0)).clinical
        for name, value in item.patient.facts.flags.items():
            if value is not False or name not in bank:
                continue
            nouns = [*bank[name].no, *(shorthand(noun, True) for noun in bank[name].no)]
            for form in (*bank[name].yes, *bank[name].short):
                if form.startswith("+") or any(form in noun for noun in nouns):
                    continue  # a noun that a negation may hold; its scope is tested below
                assert squeezed(form.format_map(tokens)) not in note, (name, form, note)


def test_negated_noun_phrases_stand_after_a_negation(grid):
    words = {"stridor": "stridor", "fever": "fever", "cyanosis": "cyanosis", "drooling": "cannot_handle_secretions"}
    scope = re.compile(r"\b(?:no|denies|negative for)\b[^.]*$", re.IGNORECASE)
    for item in grid:
        if item.rendered.voice not in ("terse", "prose", "ems"):
            continue
        for word, fact in words.items():
            if item.patient.facts.flags.get(fact) is not False or item.patient.facts["fever"]:
                continue
            for match in re.finditer(rf"\b{word}\b", item.rendered.note.replace("hay fever", "")):
                assert scope.search(item.rendered.note.replace("hay fever", "")[: match.start()]), item.rendered.note


def test_weighty_negations_are_always_said(grid):
    bank = phrase_bank()
    for item in grid:
        for name, value in item.patient.facts.flags.items():
            if value is False and name in ALWAYS_SAID and (item.rendered.voice != "patient" or bank[name].lay_no):
                assert name in item.rendered.said


def test_lengths(items):
    words = sorted(len(item.rendered.note.split()) for item in items)
    assert words[len(words) // 100] >= 30
    assert words[-len(words) // 100] <= 110
    assert words[0] >= 18
    assert words[-1] <= 135


def test_the_patients_words_hold_no_jargon(grid):
    for item in grid:
        if item.rendered.voice == "patient":
            assert not JARGON.search(item.rendered.note), item.rendered.note


def test_age_and_sex_are_in_every_note(grid):
    nouns = {
        "female": r"female|woman|girl|daughter|sister|wife|mother|aunt|F\b|[Ss]he\b|[Hh]er\b",
        "male": r"\bmale|\bman\b|boy|\bson\b|brother|husband|father|uncle|M\b|[Hh]e\b|[Hh]is\b",
    }
    for item in grid:
        value = item.patient.age.value
        shown = {str(value), str(value // 7)} if item.patient.age.unit == "d" else {str(value)}
        assert any(re.search(rf"\b{text}(?!\d)", item.rendered.note) for text in shown), item.rendered.note
        assert re.search(nouns[item.patient.sex], item.rendered.note), item.rendered.note


def test_vital_signs_are_those_of_the_patient(grid):
    for item in grid:
        vitals, said, note = item.patient.facts.vitals, item.rendered.said, item.rendered.note
        for name, value in vitals.measured().items():
            if name not in said or name == "dbp_mmhg":
                continue
            if name == "temp_c":
                shown = f"{value * 1.8 + 32:.1f}" if item.patient.fahrenheit else f"{value:.1f}"
            else:
                shown = f"{value:.0f}"
            assert re.search(rf"(?<!\d){re.escape(shown)}(?!\d)", note), (name, value, note)


def test_both_temperature_scales_and_missing_vitals_occur(items):
    notes = [item for item in items if item.patient.facts.vitals.temp_c]
    assert {item.patient.fahrenheit for item in notes} == {True, False}
    measured = [len(item.patient.facts.vitals.measured()) for item in items]
    assert sum(count <= 1 for count in measured) > 10
    assert any(item.patient.not_taken and "vital" in item.rendered.note.lower() for item in items)


def test_history_family_and_worries_occur(items):
    text = " ".join(item.rendered.note for item in items)
    for piece in ("family history", "had a heart attack at 52", "in 2019", "worried about", "lives alone"):
        assert piece in text
    assert any(item.case.presentation.history for item in items)
    terse = [item for item in items if item.rendered.voice == "prose"]
    for item in terse:
        for past in item.rendered.history:
            assert set(squeezed(past).split()) <= set(squeezed(item.rendered.note).split())


def test_phrases_and_distractors_fill_in_for_everyone():
    item = make(load_archetypes()["ectopic-stable"], 0, 0, voice="prose")
    person = person_of(item.patient, Draws("x", 0))
    child = person_of(make(load_archetypes()["croup-mild"], 0, 0).patient, Draws("x", 0))
    assert person.own_voice
    assert not child.own_voice
    for phrase in phrase_bank().values():
        for text in (*phrase.yes, *phrase.short, *phrase.against):
            assert "{" not in text.format_map(person.clinical)
        for text in (*phrase.lay, *phrase.lay_no):
            assert "{" not in text.format_map(person.lay)
            assert not re.search(r"\b(?:I|my|me|am)\b", text.format_map(child.lay)), text
    for line in distractors():
        assert all("{" not in text.format_map(child.lay) for text in line.lay)
        assert all("{" not in text.format_map(child.clinical) for text in line.say)


def test_archetype_texts_fill_in_for_everyone():
    patient = make(load_archetypes()["croup-mild"], 0, 0).patient
    person = person_of(patient, Draws("x", 0))
    for item in load_archetypes().values():
        for layer in (item, *item.modifiers):
            for group in layer.lay_story:
                for text in group:
                    assert not re.search(r"\b(?:I|my|me|am)\b", text.format_map(person.lay)), (item.id, text)
            for group in layer.story:
                for text in group:
                    assert "{" not in text.format_map(person.clinical)
            assert bool(layer.story) == bool(layer.lay_story), item.id
        for text in item.lay:
            assert not re.search(r"\b(?:I|my|me|am)\b", text.format_map(person.lay)), (item.id, text)


@pytest.mark.parametrize(
    ("verb", "third"), [("feel", "feels"), ("cry", "cries"), ("push", "pushes"), ("have", "has"), ("play", "plays")]
)
def test_verbs_follow_the_speaker(verb, third):
    assert f"{Verb(False):{verb}}" == verb
    assert f"{Verb(True):{verb}}" == third


def test_the_same_draws_give_the_same_words():
    patient = make(load_archetypes()["acs-stable"], 0, 0).patient
    for voice in VOICES:
        notes = {render(patient, voice, Draws("same", 1)).note for _ in range(3)}
        assert len(notes) == 1


def test_paraphrases_vary():
    item = load_archetypes()["acs-stable"]
    notes = {make(item, 5, index, voice="terse").rendered.note for index in range(40)}
    assert len(notes) == 40


def test_no_placeholder_is_left_in_a_complaint(items):
    assert not [
        item.case.presentation.chief_complaint for item in items if "{" in item.case.presentation.chief_complaint
    ]
