"""Vital signs in the forms in which they are written."""

from __future__ import annotations

import pytest

from triagelab.cases.extraction import extract


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("BP 88/60", {"sbp_mmhg": 88, "dbp_mmhg": 60}),
        ("b/p: 120 over 80", {"sbp_mmhg": 120, "dbp_mmhg": 80}),
        ("BP 70/palp", {"sbp_mmhg": 70}),
        ("SBP 90", {"sbp_mmhg": 90}),
        ("hypotensive at 80/40", {"sbp_mmhg": 80, "dbp_mmhg": 40}),
        ("120/80, 98% RA", {"sbp_mmhg": 120, "dbp_mmhg": 80, "spo2_pct": 98}),
        ("sats 91 on 2 L", {"spo2_pct": 91}),
        ("O2 sat 88% RA", {"spo2_pct": 88}),
        ("SpO2 96% on a non-rebreather", {"spo2_pct": 96}),
        ("satting 93 percent", {"spo2_pct": 93}),
        ("91% on room air", {"spo2_pct": 91}),
        ("HR in the 130s", {"heart_rate_bpm": 130}),
        ("pulse 118 and thready", {"heart_rate_bpm": 118}),
        ("heart rate (HR) 126", {"heart_rate_bpm": 126}),
        ("P 88, R 16", {"heart_rate_bpm": 88, "resp_rate_bpm": 16}),
        ("RR: 24", {"resp_rate_bpm": 24}),
        ("resps 28", {"resp_rate_bpm": 28}),
        ("T 39.4", {"temp_c": 39.4}),
        ("101.2 F", {"temp_c": 38.44}),
        ("temp of 38", {"temp_c": 38.0}),
        ("temperature (T) 97° F", {"temp_c": 36.11}),
        ("pain 8/10", {"pain_score": 8}),
        ("rates it 8 out of 10", {"pain_score": 8}),
        ("6-7/10 pain", {"pain_score": 7}),
        ("GCS 15", {"gcs": 15}),
        ("GCS E3V4M6", {"gcs": 13}),
        ("BG 40", {"glucose_mg_dl": 40}),
        ("FSBS 450", {"glucose_mg_dl": 450}),
        ("sugar is 32", {"glucose_mg_dl": 32}),
        ("glucose 3.0 mmol/L", {"glucose_mg_dl": 54}),
        (
            "VS: 37.2-98-20-120/80 98%",
            {
                "temp_c": 37.2,
                "heart_rate_bpm": 98,
                "resp_rate_bpm": 20,
                "sbp_mmhg": 120,
                "dbp_mmhg": 80,
                "spo2_pct": 98,
            },
        ),
        (
            "VS 98.6 88 18 120/80 99",
            {
                "temp_c": 37.0,
                "heart_rate_bpm": 88,
                "resp_rate_bpm": 18,
                "sbp_mmhg": 120,
                "dbp_mmhg": 80,
                "spo2_pct": 99,
            },
        ),
    ],
)
def test_forms(note, expected):
    assert extract(note).vitals.measured() == expected


@pytest.mark.parametrize(
    "note",
    [
        "fever for 3 days",
        "pain x 2 weeks",
        "pulses 2+ bilaterally",
        "T12 fracture",
        "G2P1",
        "R 2nd finger",
        "O2 at 2 L",
        "visual acuity 20/40",
        "strength 5/5",
        "seen on 3/14/2024",
    ],
)
def test_other_numbers_are_no_vital_signs(note):
    assert extract(note).vitals.measured() == {}


@pytest.mark.parametrize(
    ("note", "name"),
    [("HR 998", "heart_rate_bpm"), ("pain 20/10", "pain_score"), ("SpO2 140%", "spo2_pct"), ("T 60.5", "temp_c")],
)
def test_an_implausible_value_is_listed_and_not_used(note, name):
    found = extract(note)
    assert name in found.implausible
    assert getattr(found.vitals, name) is None


def test_the_value_now_counts_not_the_earlier_one():
    assert extract("initial BP 80/40, now BP 112/70").vitals.sbp_mmhg == 112
    assert extract("HR 140 on scene; HR 96 here").vitals.heart_rate_bpm == 96


def test_a_temperature_at_home_is_a_reported_fever():
    found = extract("temp of 103 at home")
    assert found.vitals.temp_c is None
    assert found.facts["fever"] is True


def test_spans_point_at_the_words():
    note = "Here today. BP 88/60, sats 91 on 2 L, 67 yo F"
    found = extract(note)
    start, end = found.number_spans["sbp_mmhg"]
    assert note[start:end] == "BP 88/60"
    start, end = found.number_spans["age_years"]
    assert note[start:end].startswith("67 yo")
