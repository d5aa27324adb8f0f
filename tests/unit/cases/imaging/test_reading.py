"""Reading imaging notes: what is worded as in training is read, kept words are never known, and doubt is unknown."""

from __future__ import annotations

import pytest

from triagelab.cases.imaging.generator import imaging_case
from triagelab.cases.imaging.narrative import write_note
from triagelab.cases.imaging.reading import clauses_of, read_note, read_person
from triagelab.cases.imaging.reading_match import Index, is_negative, numbers_in
from triagelab.cases.imaging.reading_phrases import candidates, phrases
from triagelab.cases.imaging.wording import KEPT_OPENINGS, common, worded_conditions, wording
from triagelab.clinical.imaging import condition
from triagelab.seeding import stream


def kept_phrases(name: str) -> set[tuple[str, str]]:
    """Return (condition, phrase) of what only unseen data is worded with."""
    words = wording(name)
    rows = [row.yes[-1:] + row.no[-1:] for key, row in words.say.items() if key not in common().say]
    rows += [row.say[-1:] for key, row in words.number.items() if key not in common().number]
    return {(name, text) for text in (*words.opening[-KEPT_OPENINGS:], *(one for row in rows for one in row))}


def test_no_kept_phrase_is_known_and_none_of_a_condition_that_is_held_out() -> None:
    known = {(one.condition, one.text) for one in phrases() if not one.knowledge}
    for name in worded_conditions():
        assert not known & kept_phrases(name), name
        if condition(name).held_out:
            assert not {text for where, text in known if where == name}
    for row in common().say.values():
        assert not known & {("", row.yes[-1]), ("", row.no[-1])}


@pytest.mark.parametrize("seed", range(40))
def test_training_notes_are_read_back(seed: int) -> None:
    case = imaging_case("train", seed)
    reading = read_note(case.question.note, case.question.procedure)[0]
    assert reading.condition == case.truth.condition
    facts = case.truth.facts
    wrong = {key for key, value in facts.items() if key in reading.facts and reading.facts[key] != value}
    missed = {key for key in facts if key not in reading.facts}
    assert len(wrong) <= 1, wrong
    assert len(missed) <= 2, missed


def test_unseen_wording_is_read_less_well_but_more_right_than_wrong() -> None:
    right = wrong = 0
    for seed in range(60):
        case = imaging_case("test", seed)
        found = read_note(case.question.note, case.question.procedure)
        facts = found[0].facts if found and found[0].condition == case.truth.condition else {}
        for key, value in case.truth.facts.items():
            right += key in facts and facts[key] == value
            wrong += key in facts and facts[key] != value
    assert right > 5 * wrong


@pytest.mark.parametrize(
    ("text", "age", "female"),
    [
        ("34-year-old woman, fell", 34.0, True),
        ("This is a 5-month-old boy: fell.", 5 / 12, False),
        ("71M, fell; limps", 71.0, False),
        ("18mo F, fell", 1.5, True),
        ("9-year-old girl.\n- fell", 9.0, True),
        ("fell on ice", None, None),
    ],
)
def test_the_person_is_read(text: str, age: float | None, female: bool | None) -> None:
    facts, rest = read_person(text)
    assert facts.get("age_years") == (pytest.approx(age) if age is not None else None)
    assert facts.get("female") == female
    assert rest.lstrip("- \n").startswith("fell")


def test_every_voice_gives_the_same_facts() -> None:
    facts = {"age_years": 34.0, "female": True, "malleolar_pain": True, "cannot_bear_weight": True, "deformity": False}
    voices = set()
    for number in range(24):
        note = write_note("ankle-injury", facts, stream("tests.reading", number), unseen=False)
        voices.add(note[:3] + ("\n" if "\n" in note else ";" if ";" in note else "."))
        found = dict(read_note(note, "xray-ankle")[0].facts)
        assert {key: found.get(key) for key in facts} == facts, note
    assert len(voices) >= 4


def test_what_is_not_said_is_unknown_and_what_says_nothing_is_left_alone() -> None:
    reading = read_note("34-year-old woman, twisted the ankle on the stairs. Grows tomatoes.", "xray-ankle")[0]
    assert dict(reading.facts) == {"age_years": 34.0, "female": True}
    odd = read_note("34-year-old woman, twisted the ankle on the stairs. Zzyzx qwfp blorb.", "xray-ankle")[0]
    assert dict(odd.facts) == dict(reading.facts)


def test_a_denial_turns_a_phrase_round() -> None:
    said = "34-year-old woman, twisted the ankle on the stairs. Tip of the lateral malleolus is not tender to touch."
    assert read_note(said, "xray-ankle")[0].facts["lateral_tenderness"] is False
    held = said.replace("is not tender", "is very tender")
    assert read_note(held, "xray-ankle")[0].facts["lateral_tenderness"] is True


def test_commas_part_a_list_but_not_a_phrase() -> None:
    assert clauses_of("Noted: a b, c d. Also e f; g") == [(True, ("a b", "c d")), (True, ("e f",)), (False, ("g",))]
    note = "This is a 34-year-old man: twisted the ankle on the stairs. Noted: no deformity, skin intact, bears weight."
    facts = read_note(note, "xray-ankle")[0].facts
    assert facts["deformity"] is False
    assert facts["cannot_bear_weight"] is False


def test_age_and_sex_leave_out_conditions_that_they_do_not_fit() -> None:
    every = set(candidates("ct-head"))
    infant = {one.condition for one in read_note("5-month-old boy, fell from the sofa.", "ct-head")}
    assert infant < every
    assert all(condition(name).ages[0] < 0.5 for name in infant)
    assert read_note("34-year-old man, unwell.", "no-such-procedure") == ()


def test_likeness_is_one_for_the_phrase_itself_and_falls_with_numbers_apart() -> None:
    index = Index.of(["white cells 7.4 per nL", "white cells 14.2 per nL", "no pain on chewing", "pulse {}"])
    assert index.likeness("white cells 7.4 per nL")[0] == pytest.approx(1)
    high = index.likeness("white cells 13 per nL")
    assert high[1] > high[0]
    beds = Index.of(["temperature 36.7 C", "temperature 37.9 C", "blood pressure 131/80", "blood pressure 84/50"])
    assert beds.likeness("temperature 38.1 C").argmax() == 1
    assert beds.likeness("blood pressure 124/80").argmax() == 2
    assert index.likeness("").tolist() == [0, 0, 0, 0]
    assert index.likeness("pulse 88")[3] == pytest.approx(1)


def test_words_that_deny() -> None:
    assert all(
        map(is_negative, ("no pain", "cannot walk", "painless", "doesn't hurt", "without fever", "never smoked"))
    )
    assert not any(map(is_negative, ("pain", "notable swelling", "known asthma", "tender")))
    assert numbers_in("between 4 and 12.5 mg") == [4, 12.5]
