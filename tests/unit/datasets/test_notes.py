"""The rendered note: ages in the words of a nurse, values in charting order, silence where nothing is known."""

from __future__ import annotations

import pytest

from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.notes import age_words, note, patient_words, vital_words


@pytest.mark.parametrize(
    ("age_years", "words"),
    [
        (0.0, "newborn"),
        (1 / 365.25, "1-day-old"),
        (28 / 365.25, "28-day-old"),
        (29 / 365.25, "4-week-old"),
        (90 / 365.25, "12-week-old"),
        (100 / 365.25, "3-month-old"),
        (364 / 365.25, "11-month-old"),
        (1.0, "1-year-old"),
        (1.9, "1-year-old"),
        (2.0, "2-year-old"),
        (94.0, "94-year-old"),
    ],
)
def test_ages(age_years, words):
    assert age_words(age_years) == words


def test_opening():
    assert patient_words(67.0, "female", "ambulance") == "67-year-old female, arrived by ambulance"
    assert patient_words(None, "male", None) == "male"
    assert patient_words(None, None, "police") == "brought by police"
    assert patient_words(None, None, None) == ""


def test_vital_signs_are_written_only_if_measured():
    assert vital_words(VitalSigns()) == ""
    full = VitalSigns(
        heart_rate_bpm=112, resp_rate_bpm=22, sbp_mmhg=150, dbp_mmhg=88, spo2_pct=93, temp_c=37.2, pain_score=8
    )
    assert vital_words(full) == "HR 112, RR 22, BP 150/88, SpO2 93%, T 37.2 C, pain 8/10"
    assert vital_words(VitalSigns(sbp_mmhg=90)) == "SBP 90"
    assert vital_words(VitalSigns(sbp_mmhg=90), palpated=True) == "BP 90/palp"
    assert vital_words(VitalSigns(dbp_mmhg=60)) == "DBP 60"
    assert vital_words(VitalSigns(), doppler=True) == "pulse by Doppler only"


def test_a_zero_is_written():
    assert vital_words(VitalSigns(heart_rate_bpm=0, pain_score=0)) == "HR 0, pain 0/10"


def test_parts_that_are_empty_are_left_out():
    assert note("", "fever", [], "", (), none_known=False) == "Complaint: fever."
    assert note("2-year-old male", None, ["Injury: no"], "HR 120", ("asthma", "HIV"), none_known=True) == (
        "2-year-old male. Injury: no. HR 120. History: asthma, HIV."
    )
    assert note("male", None, [], "", (), none_known=True) == "Male. History: none."
    assert note("", None, [], "", (), none_known=False) == ""
