"""Heights, speeds, burned surface, tablets and durations, and what is none of these."""

from __future__ import annotations

import pytest

from triagelab.cases.extraction import extract, read


@pytest.mark.parametrize(
    ("note", "name", "value"),
    [
        ("fell 25 feet from a ladder", "fall_height_m", 7.62),
        ("fall from 3 m", "fall_height_m", 3.0),
        ("fell two floors", "fall_height_m", 6.0),
        ("hit by a car at 50 mph", "speed_kmh", 80.45),
        ("burns over 30 % of the body", "burn_pct", 30),
        ("took 40 tablets of Tylenol", "pills_taken", 40),
        ("cough for 3 days", "duration_h", 72),
        ("pain x 2h", "duration_h", 2),
        ("started 20 minutes ago", "duration_h", 1 / 3),
        ("66M - hip pain after a fall", "fall_height_m", None),
        ("80 yo for evaluation", "duration_h", None),
        ("every 4 hours", "duration_h", None),
        ("sats 91 %", "burn_pct", None),
        ("normally saturates 88-90 percent", "baseline_spo2_pct", 88),
        ("SpO2 90%, baseline sat 89", "baseline_spo2_pct", 89),
        ("SpO2 90%", "baseline_spo2_pct", None),
    ],
)
def test_quantity(note, name, value):
    found = read(note).numbers.quantities.get(name)
    assert found == (None if value is None else pytest.approx(value, abs=0.01))


def test_a_usual_saturation_is_not_the_saturation_now():
    found = extract("known baseline saturation of 88 percent, SpO2 91% on 2 L")
    assert found.vitals.spo2_pct == 91
    assert found.facts["spo2_baseline_low"] is True
