"""The dataset of imaging questions: size, splits, overlap, wording, seeds."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from triagelab.cases.imaging.generator import dataset_split, imaging_case, imaging_dataset, split_conditions
from triagelab.cases.imaging.narrative import VOICES, who, write_note
from triagelab.cases.imaging.variant import SPLITS, draw_variant, signature
from triagelab.cases.imaging.wording import KEPT_OPENINGS, common, known, worded_conditions, wording
from triagelab.clinical.imaging import Appropriateness, condition
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.seeding import stream


def test_the_dataset_has_the_published_size_and_a_natural_mix() -> None:
    cases = imaging_dataset()
    assert len(cases) >= 1800
    shares = Counter(case.truth.label.value for case in cases)
    assert 0.45 <= shares["usually not appropriate"] / len(cases) <= 0.70
    assert min(shares.values()) / len(cases) >= 0.10


def test_splits_are_70_to_30_within_every_condition_and_five_conditions_are_apart() -> None:
    variants: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for case in imaging_dataset():
        variants[case.truth.condition][case.split].add(case.question.variant_id)
    held = {name for name, splits in variants.items() if "ood" in splits}
    assert len(held) == 5
    for name, splits in variants.items():
        counts = {split: len(ids) for split, ids in splits.items()}
        assert counts == ({"ood": 20} if name in held else {"train": 14, "test": 6})


def test_no_variant_is_on_two_sides_and_no_question_stands_twice() -> None:
    cases = imaging_dataset()
    sides: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        sides[signature(case.truth.condition, case.truth.facts)].add(case.split)
        sides[case.question.variant_id].add(case.split)
        sides[case.question.note].add(case.split)
    assert all(len(splits) == 1 for splits in sides.values())
    assert len({case.id for case in cases}) == len(cases)


def test_training_notes_never_use_the_kept_wording() -> None:
    kept: dict[str, set[str]] = {}
    for name in worded_conditions():
        words = wording(name)
        phrases = [*words.opening[-KEPT_OPENINGS:]]
        phrases += [one for row in words.say.values() for one in (row.yes[-1], row.no[-1])]
        kept[name] = {phrase.lower() for phrase in phrases}
    for case in dataset_split("train"):
        text = case.question.note.lower()
        assert not [phrase for phrase in kept[case.truth.condition] if phrase in text], case.question.note
    unseen = [
        case
        for case in dataset_split("test")
        if any(p in case.question.note.lower() for p in kept[case.truth.condition])
    ]
    assert len(unseen) > 0.5 * len(dataset_split("test"))


def test_a_feature_that_is_told_stands_in_the_note_in_one_of_its_phrases() -> None:
    for case in imaging_dataset()[::7]:
        words, text = wording(case.truth.condition), case.question.note.lower()
        for feature, value in case.truth.facts.items():
            if feature in words.say:
                row = words.say[feature]
                assert any(phrase.lower() in text for phrase in (row.yes if value else row.no)), (feature, text)
        if case.truth.facts.get("age_years", 0) >= 2:
            assert f"{case.truth.facts['age_years']:.0f}" in text


def test_no_question_of_the_dataset_names_a_label() -> None:
    for case in imaging_dataset():
        shown = str(case.question.row()).lower()
        assert not [label for label in Appropriateness if label.value in shown]


def test_equal_seeds_give_equal_cases_and_others_differ() -> None:
    assert imaging_case("test", 5) == imaging_case("test", 5)
    assert len({imaging_case("test", seed).id for seed in range(50)}) == 50
    assert imaging_dataset(seed=1, variants=3) != imaging_dataset(seed=2, variants=3)


def test_conditions_of_a_split() -> None:
    held = set(split_conditions("ood"))
    assert held == {name for name in worded_conditions() if condition(name).held_out}
    assert not held & set(split_conditions("train"))


@pytest.mark.parametrize("split", ["dev", "", "Train"])
def test_an_unknown_split_is_refused(split: str) -> None:
    for call in (lambda: imaging_case(split, 0), lambda: dataset_split(split), lambda: split_conditions(split)):
        with pytest.raises(UnknownNameError, match="train"):
            call()


@pytest.mark.parametrize("variants", [0, -1, True, 1.5, 100_000])
def test_a_number_of_variants_that_is_none_is_refused(variants: object) -> None:
    with pytest.raises(BadInputError, match="variants"):
        imaging_dataset(variants=variants)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("age", "female", "said"),
    [(0.5, True, "6-month-old girl"), (5.0, False, "5-year-old boy"), (40.0, True, "40-year-old woman")],
)
def test_people_in_words(age: float, female: bool, said: str) -> None:
    assert who(age, female) == said


def test_notes_come_in_every_voice_with_and_without_distractors() -> None:
    variant = draw_variant("ankle-injury", stream("tests.imaging.voices", 0), "train")
    notes = [
        write_note("ankle-injury", variant.facts, stream("tests.imaging.voices", n), unseen=False) for n in range(60)
    ]
    starts = {note[:4] for note in notes}
    assert len(starts) >= 3
    assert len(VOICES) == 4
    pool = [phrase for phrases in common().distractors.values() for phrase in phrases]
    with_any = [note for note in notes if any(phrase.lower() in note.lower() for phrase in pool)]
    assert 0 < len(with_any) < len(notes)


def test_wording_keeps_the_last_phrase_for_unseen_data() -> None:
    assert known(("a", "b", "c", "d")) == ("a", "b", "c")
    assert SPLITS == ("train", "test", "ood")


def test_wording_of_an_unknown_condition_is_refused() -> None:
    with pytest.raises((UnknownNameError, DataFormatError), match="ankle-injury"):
        wording("ankle-injry")
