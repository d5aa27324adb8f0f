"""Many wordings of one fact arrive at that fact, and look-alikes do not; the table is our own (paraphrases.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from triagelab.agents.rules import RulesAgent
from triagelab.cases.extraction import read
from triagelab.cases.lexicon import lexicon
from triagelab.cases.presentation import Presentation
from triagelab.clinical.facts import vocabulary

TABLE = tomllib.loads(Path(__file__).with_name("paraphrases.toml").read_text(encoding="utf-8"))


def held(note: str) -> set[str]:
    """Return what holds of the patient of a note."""
    reading = read(note)
    return reading.picture(reading.person.age_years, reading.person.sex, reading.numbers.vitals).present


@pytest.mark.parametrize("name", TABLE["is"])
def test_every_wording_arrives(name):
    assert [note for note in TABLE["is"][name] if name not in held(note)] == []


@pytest.mark.parametrize("name", TABLE["not"])
def test_look_alikes_do_not(name):
    assert [note for note in TABLE["not"][name] if name in held(note)] == []


@pytest.mark.parametrize(("name", "levels"), [("one", {1}), ("two", {1, 2}), ("three", {3, 4, 5})])
def test_levels_beyond_doubt(name, levels):
    notes = TABLE["level"][name]
    found = RulesAgent().predict([Presentation(case_id=note, narrative=note) for note in notes])
    assert [note for note, answer in zip(notes, found, strict=True) if answer.level not in levels] == []


def test_the_table_is_broad_and_names_what_is_known():
    known = set(vocabulary()) | set(lexicon().concepts)
    known.update(name for above in lexicon().ancestors.values() for name in above)
    assert set(TABLE["is"]) | set(TABLE["not"]) <= known
    assert len(TABLE["is"]) >= 150
    assert all(len(set(wordings)) >= 8 for wordings in TABLE["is"].values())
