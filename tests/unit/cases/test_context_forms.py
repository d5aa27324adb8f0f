"""How findings are spoken of, in every form people write it: denied, doubted, past, gone, of relatives, planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from triagelab.cases.extraction import extract
from triagelab.files import read_jsonl

ROWS = [row for _, row in read_jsonl(Path(__file__).with_name("context_forms.jsonl"))]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['note']} > {row['concept']}" for row in ROWS])
def test_form(row):
    found = {item.assertion.value for item in extract(row["note"]).findings if item.concept == row["concept"]}
    assert found == set(row["assertion"])


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["assertion"] == ["negated"]], ids=lambda row: f"{row['note']} > {row['concept']}"
)
def test_a_denial_keeps_its_reach_inside_a_note(row):
    found = extract(f"67 yo F, sprained ankle. {row['note']}.\nAnkle swelling today. BP 120/80.")
    said = {item.assertion.value for item in found.findings if item.concept == row["concept"]}
    assert said == {"negated"}
    assert found.has("ankle_swelling") is True
    assert found.vitals.sbp_mmhg == 120


@pytest.mark.parametrize(
    ("note", "concept", "assertion"),
    [
        ("My husband has chest pain", "chest_pain", "present"),
        ("our grandmother had a seizure", "seizure", "present"),
        ("34M, his wife is pregnant", "pregnant", "family"),
        ("drinker (no seizure) with vomiting", "vomiting", "present"),
        ("drinker (denies seizure, vomiting) with headache", "headache", "present"),
        ("Had chest pain this morning. It is gone now.", "chest_pain", "resolved"),
        ("nausea, not as bad as last time", "nausea", "present"),
    ],
)
def test_who_and_how_far(note, concept, assertion):
    found = {item.assertion.value for item in extract(note).findings if item.concept == concept}
    assert found == {assertion}
