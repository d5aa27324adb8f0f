"""Splits: no family on two sides, and a near-duplicate check that finds what it should."""

from __future__ import annotations

import pytest

from triagelab.cases import splits
from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.generator import generate
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.cases.splits import SPLITS, compare_notes, families_of, shared_families, shingles, split_of_family
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError


def case(name: str, note: str, family: str | None = None) -> Case:
    return Case(Presentation(name, note), Truth(3, "esi-v5", "engine"), "generated", "train", family=family)


def test_every_family_has_exactly_one_split():
    parts = [families_of(split) for split in SPLITS]
    assert set().union(*parts) == {item.family for item in load_archetypes().values()}
    assert sum(len(part) for part in parts) == len(split_of_family())
    assert min(len(part) for part in parts) >= 10


def test_each_split_has_usual_cases_of_every_level():
    for split in SPLITS:
        members = [item for item in load_archetypes().values() if item.family in families_of(split)]
        assert {item.usual_level for item in members} == {1, 2, 3, 4, 5}
        assert min(sum(item.usual_level == level for item in members) for level in range(1, 6)) >= 3


def test_generated_splits_are_apart():
    train, test = generate(500, 0, "train"), generate(300, 0, "test")
    found = compare_notes(train, test, threshold=0.5)
    assert found.families == frozenset()
    assert found.same_id == frozenset()
    assert found.pairs == ()
    assert 0.0 < found.max_similarity < 0.5


def test_a_copy_with_other_numbers_is_found():
    one = case("a", "67 year old man with chest pain for 3 hours, BP 120/80, pulse 90, lives alone and worries.", "x")
    two = case("b", "71 year old man with chest pain for 5 hours, BP 150/95, pulse 77, lives alone and worries.", "x")
    far = case("c", "A child swallowed a coin this morning and eats crackers without any trouble at all today.", "y")
    found = compare_notes([one, far], [two])
    assert found.max_similarity == 1.0
    assert found.closest == ("a", "b")
    assert found.pairs == (("a", "b", 1.0),)
    assert found.families == frozenset({"x"})


def test_the_blocks_agree_with_pair_by_pair(monkeypatch):
    monkeypatch.setattr(splits, "_BLOCK", 7)
    left, right = generate(30, 1, "dev"), generate(25, 2, "dev")
    found = compare_notes(left, right, threshold=0.2, size=3)
    expected = {}
    for one in left:
        for two in right:
            a, b = shingles(one.presentation.narrative, 3), shingles(two.presentation.narrative, 3)
            expected[one.case_id, two.case_id] = len(a & b) / len(a | b)
    assert found.max_similarity == pytest.approx(max(expected.values()))
    assert {pair[:2] for pair in found.pairs} == {pair for pair, value in expected.items() if value >= 0.2}
    assert all(value == pytest.approx(expected[one, two]) for one, two, value in found.pairs)
    assert [pair[2] for pair in found.pairs] == sorted((pair[2] for pair in found.pairs), reverse=True)


def test_empty_and_short_texts():
    assert compare_notes([], generate(2, 0)).closest is None
    assert compare_notes(generate(2, 0), []).max_similarity == 0.0
    assert compare_notes([case("a", "")], [case("b", "pain")]).max_similarity == 0.0
    assert compare_notes([case("a", "Pain!")], [case("b", "pain")]).max_similarity == 1.0


def test_cases_without_a_family_share_none():
    assert shared_families([case("a", "x")], [case("b", "y")]) == frozenset()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"threshold": 0.0}, "threshold"), ({"threshold": 1.5}, "threshold"), ({"size": 0}, "size")],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(BadInputError, match=words):
        compare_notes([], [], **arguments)


def test_an_unknown_split_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'train'"):
        families_of("trian")


def test_a_family_without_a_split_is_refused(monkeypatch):
    table = {split: sorted(families_of(split)) for split in SPLITS}
    monkeypatch.setattr(splits, "read_toml", lambda path: {**table, "test": table["test"][1:]})
    with pytest.raises(DataFormatError, match=table["test"][0]):
        splits.split_of_family.__wrapped__()


def test_a_family_in_two_splits_is_refused(monkeypatch):
    table = {split: sorted(families_of(split)) for split in SPLITS}
    monkeypatch.setattr(splits, "read_toml", lambda path: {**table, "dev": [*table["dev"], table["test"][0]]})
    with pytest.raises(ValueError, match="families in two splits"):
        splits.split_of_family.__wrapped__()
