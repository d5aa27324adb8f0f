"""Typing errors in long clinical words, and ordinary words that are left alone."""

from __future__ import annotations

import pytest

from triagelab.cases.extraction import extract
from triagelab.cases.spelling import Spelling

MEANING = {word: frozenset([word]) for word in ("fracture", "swelling", "dyspnea", "abdominal")}
WORDS = Spelling(["swelling", "spelling", "fracture"], MEANING, ["factors"])


@pytest.mark.parametrize("written", ["fractur", "frcature", "fracturee", "fractyre", "fraccture"])
def test_one_error_is_undone(written):
    assert WORDS.meant(written) == "fracture"


@pytest.mark.parametrize(
    "written", ["fracture", "spelling", "factors", "frature1", "racture", "frctre", "swell", "xxxxxxxx"]
)
def test_everything_else_is_left_alone(written):
    assert WORDS.meant(written) == written


def test_a_word_between_two_known_ones_is_left_alone():
    two = Spelling([], {"abcdefgh": frozenset(["a"]), "abcdefgx": frozenset(["b"])})
    assert two.meant("abcdefgz") == "abcdefgz"


def test_a_word_between_two_spellings_of_one_thing_is_read():
    two = Spelling([], {"abcdefgh": frozenset(["a"]), "abcdefgx": frozenset(["a", "b"])})
    assert two.meant("abcdefgz") == "abcdefgh"


@pytest.mark.parametrize(
    ("note", "concept"),
    [
        ("short of breath, diaphorectic", "diaphoresis"),
        ("hematemisis x2", "haematemesis"),
        ("abdominl pain", "abdominal_pain"),
        ("palpittations", "palpitations"),
        ("dizzyness", "dizziness"),
        ("laceraton to the hand", "hand_laceration"),
        ("pnuemonia", "pneumonia"),
        ("heamturia", "haematuria"),
    ],
)
def test_misspelt_notes_are_read(note, concept):
    assert concept in {finding.concept for finding in extract(note).findings}


@pytest.mark.parametrize("note", ["the program starts at noon", "delicious food", "has a firearm", "recovery room"])
def test_ordinary_words_are_not_mistaken(note):
    assert extract(note).findings == ()
