"""Age, sex and pregnancy in the forms in which they are written."""

from __future__ import annotations

import pytest

from triagelab.cases.extraction import extract


@pytest.mark.parametrize(
    ("note", "age"),
    [
        ("67 yo F", 67),
        ("67-year-old woman", 67),
        ("67 y/o", 67),
        ("67y.o. male", 67),
        ("67F with cough", 67),
        ("67 M c/o CP", 67),
        ("aged 45", 45),
        ("Age: 45", 45),
        ("3-week-old", 3 * 7 / 365.25),
        ("6 mo F", 0.5),
        ("10 day old infant", 10 / 365.25),
        ("18-month-old", 1.5),
        ("in her 80s", 85),
        ("sixty-seven year old", 67),
        ("newborn with rash", 1 / 365.25),
        ("My father fell. He is 79.", 79),
        ("I am 44 years old", 44),
        ("mother of a healthy 19-month-old", 19 / 12),
    ],
)
def test_age(note, age):
    assert extract(note).age_years == pytest.approx(age, abs=0.01)


@pytest.mark.parametrize("note", ["cough for 3 weeks", "wife of 56 years died", "pain 6 months ago", "T 38 C", "HR 67"])
def test_other_numbers_are_no_age(note):
    assert extract(note).age_years is None


@pytest.mark.parametrize(
    ("note", "sex"),
    [
        ("67 yo F", "female"),
        ("45-year-old man", "male"),
        ("6 mo M", "male"),
        ("She fell and hurt her wrist", "female"),
        ("pt with cough", None),
    ],
)
def test_sex(note, sex):
    assert extract(note).sex == sex


@pytest.mark.parametrize(
    ("note", "weeks"),
    [
        ("G2P1 at 32 wks with contractions", 32),
        ("32 weeks pregnant", 32),
        ("pregnant, EGA 20 weeks", 20),
        ("8 months pregnant", 34.8),
        ("28 weeks gestation", 28),
    ],
)
def test_weeks_of_pregnancy(note, weeks):
    found = extract(note)
    assert found.pregnancy_weeks == pytest.approx(weeks, abs=0.1)
    assert found.facts["pregnant"] is True


def test_weeks_of_something_else():
    assert extract("cough for 6 weeks").pregnancy_weeks is None
    assert extract("infant born at 32 weeks gestation").pregnancy_weeks is None
