"""The dataset card: what it counts, that it finds overlap where there is some, and its two forms."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from html import unescape

import pytest

from triagelab.cases.imaging.generator import imaging_dataset
from triagelab.cases.imaging.wording import wording
from triagelab.evaluation.imaging.card import make_card
from triagelab.evaluation.imaging.card_page import LICENCE, markdown, page
from triagelab.evaluation.imaging.overlap import kept_phrases, nearest, overlap_of
from triagelab.evaluation.imaging.shortcuts import shortcuts


@pytest.fixture(scope="module")
def cases():
    return imaging_dataset(seed=7, variants=5)


@pytest.fixture(scope="module")
def card(cases):
    return make_card(cases, seed=7, variants=5)


def test_the_card_counts_what_is_there(card, cases):
    assert sum(split.triplets for split in card.splits) == len(cases)
    assert card.knowledge.conditions == len({case.truth.condition for case in cases})
    for split in card.splits:
        rows = [case for case in cases if case.split == split.split]
        counts = Counter(case.truth.label.value for case in rows)
        assert split.labels == pytest.approx({label: counts[label] / len(rows) for label in split.labels})
        assert 3 <= split.sentences[0] <= split.sentences[2] <= 6
    assert set(card.knowledge.held_out) == {case.truth.condition for case in cases if case.split == "ood"}


def test_the_dataset_has_no_overlap(card):
    assert all(one.clean for one in card.overlaps)
    assert card.kept.in_train == ()
    assert all(0 < one.nearest.largest < 1 for one in card.overlaps)


def test_overlap_is_found_where_there_is_some(cases):
    first = next(case for case in cases if case.split == "train")
    dirty = [*cases, replace(first, split="test")]
    found = overlap_of(dirty, "train", "test")
    assert (found.variants, found.signatures, found.notes) == (1, 1, 1)
    assert found.nearest.largest == 1.0
    assert not found.clean


def test_a_kept_phrase_in_train_is_found(cases):
    first = next(case for case in cases if case.split == "train")
    kept = wording(first.truth.condition).opening[-1]
    noted = replace(first, question=replace(first.question, note=f"34F, {kept}"))
    assert kept_phrases([noted]).in_train == (f"{first.truth.condition}: {kept}",)


def test_nearest_by_hand():
    found = nearest({"a": "one two three", "b": "four five"}, {"c": "one two six", "d": "seven"})
    assert (found.largest, found.pair, found.near) == (0.5, ("a", "c"), 0)
    assert nearest({}, {}).largest == 0.0


def test_shortcuts_are_learnt_on_train_alone(cases):
    found = {one.name: one for one in shortcuts(cases)}
    majority = Counter(case.truth.label for case in cases if case.split == "train").most_common(1)[0][0]
    test = [case for case in cases if case.split == "test"]
    share = sum(case.truth.label is majority for case in test) / len(test)
    assert found["commonest label"].figures["test"][0] == pytest.approx(share)
    assert found["commonest label of condition and procedure"].figures["ood"] == found["commonest label"].figures["ood"]


def test_both_forms_say_the_same(card):
    text, html = markdown(card), page(card)
    for said in (LICENCE, card.data_hash, "No variant, no signature"):
        assert said in text
        assert said in unescape(html)
    assert "<script" not in html
    assert "default-src 'none'" in html
    assert card.to_dict()["clean"] == {"train/test": True, "train/ood": True, "test/ood": True}
