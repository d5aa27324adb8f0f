"""Age, sex and pregnancy in every form people write them, and numbers that are somebody or something else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from triagelab.cases.extraction import extract, read
from triagelab.files import read_jsonl

ROWS = [row for _, row in read_jsonl(Path(__file__).with_name("person_forms.jsonl"))]


def rows(*keys: str) -> list:
    return [pytest.param(row, id=row["note"]) for row in ROWS if set(keys) & set(row)]


@pytest.mark.parametrize("row", rows("age"))
def test_age(row):
    found = extract(row["note"]).age_years
    assert found == (None if row["age"] is None else pytest.approx(row["age"], abs=0.002, rel=0.005))


@pytest.mark.parametrize("row", rows("sex"))
def test_sex(row):
    assert extract(row["note"]).sex == row["sex"]


@pytest.mark.parametrize("row", rows("pregnant"))
def test_pregnancy(row):
    found = extract(row["note"])
    if row["pregnant"] is None:
        assert found.facts["pregnant"] is not True
    else:
        assert found.facts["pregnant"] is row["pregnant"]
    if "weeks" in row:
        assert found.pregnancy_weeks == pytest.approx(row["weeks"], abs=0.15)
    elif not row["pregnant"]:
        assert found.pregnancy_weeks is None


@pytest.mark.parametrize(
    ("note", "group"),
    [
        ("toddler with cough", "child"),
        ("infant with fever", "infant"),
        ("teenager, vomiting", "teenager"),
        ("elderly man fell", "elderly"),
        ("middle-aged woman with headache", "adult"),
        ("her baby is well, she has a cough", None),
        ("3 yo child", None),
    ],
)
def test_a_word_gives_the_age_group_where_no_number_does(note, group):
    assert read(note).person.age_group == group
