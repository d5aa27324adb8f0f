"""Whole notes of our own making with their level; and the practice cases of the handbook, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from triagelab.agents.rules import RulesAgent
from triagelab.cases.presentation import Presentation
from triagelab.files import read_jsonl

NOTES = [row for _, row in read_jsonl(Path(__file__).with_name("triage_notes.jsonl"))]


@pytest.mark.parametrize("row", NOTES, ids=[row["id"] for row in NOTES])
def test_own_note(row):
    (found,) = RulesAgent().predict([Presentation(case_id=row["id"], narrative=row["note"])])
    assert found.level == row["level"], found.because


@pytest.mark.realdata
@pytest.mark.parametrize("version", [4, 5])
def test_practice_cases(data_dir, version):
    rows = [row for _, row in read_jsonl(data_dir / "esi_handbook" / "chapter9.jsonl")]
    found = RulesAgent(version=version).predict([Presentation(case_id=r["id"], narrative=r["case"]) for r in rows])
    right = sum(prediction.level == row["esi"] for prediction, row in zip(found, rows, strict=True))
    near = sum(abs((prediction.level or 9) - row["esi"]) <= 1 for prediction, row in zip(found, rows, strict=True))
    assert right >= 27
    assert near == len(rows)
    assert all((p.level or 9) <= 2 for p, row in zip(found, rows, strict=True) if row["esi"] == 1)
