"""Vital signs in every form people write them, values that changed, slips, and numbers that are something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from triagelab.cases.extraction import extract
from triagelab.files import read_jsonl

ROWS = [row for _, row in read_jsonl(Path(__file__).with_name("vital_forms.jsonl"))]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['group']}: {row['note']}" for row in ROWS])
def test_form(row):
    found = extract(row["note"])
    if "implausible" in row:
        assert row["implausible"] in found.implausible
        assert getattr(found.vitals, row["implausible"]) is None
    else:
        assert found.vitals.measured() == pytest.approx(row["vitals"], abs=0.011)
    if row["group"] == "other":
        assert found.implausible == ()
    if "fever" in row:
        assert found.facts["fever"] is row["fever"]


@pytest.mark.parametrize("row", [r for r in ROWS if r.get("vitals")], ids=lambda row: row["note"])
def test_the_form_is_read_inside_a_note(row):
    note = f"67 yo F with cough and fatigue. {row['note']}. Lives with her son."
    found = extract(note)
    for name, value in row["vitals"].items():
        assert getattr(found.vitals, name) == pytest.approx(value, abs=0.011)
    assert found.age_years == 67


@pytest.mark.parametrize("row", [r for r in ROWS if r["group"] == "other"], ids=lambda row: row["note"])
def test_other_numbers_stay_apart_inside_a_note(row):
    found = extract(f"Pt states he is tired, {row['note']}, otherwise well.").vitals
    assert found.measured() == {}


@pytest.mark.parametrize(
    ("note", "usual"),
    [
        ("SpO2 88% RA, which is her baseline", 88),
        ("baseline sats 88-90", 88),
        ("usually satting 89%", 89),
        ("SpO2 93% RA", None),
    ],
)
def test_a_usual_saturation_is_kept_as_such(note, usual):
    from triagelab.cases.extraction import read

    assert read(note).numbers.quantities.get("baseline_spo2_pct") == usual


def test_room_air_counts_unless_the_later_saturation_is_now():
    assert extract("SpO2 84% RA, 95% on 4 L NC").vitals.spo2_pct == 84
    assert extract("SpO2 84% RA, now 95% on 4 L NC").vitals.spo2_pct == 95


def test_spans_of_spoken_numbers_cover_the_words():
    note = "bp is one twenty over eighty and heart rate is one hundred and ten"
    spans = extract(note).number_spans
    assert note[slice(*spans["sbp_mmhg"])] == "bp is one twenty over eighty"
    assert note[slice(*spans["heart_rate_bpm"])] == "heart rate is one hundred and ten"
