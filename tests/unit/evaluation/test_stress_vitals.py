"""Vital signs under stress: text and fields change together, units convert back, nothing else is touched."""

from __future__ import annotations

import re

import pytest

from triagelab.cases.draws import Draws
from triagelab.cases.generator import generate
from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.notes import note, vital_words
from triagelab.evaluation.stress_sightings import TOLERANCE, current, hidden, same, sightings
from triagelab.evaluation.stress_tables import strength
from triagelab.evaluation.stress_vitals import drop, noise, units

VITALS = VitalSigns(
    heart_rate_bpm=118, resp_rate_bpm=24, sbp_mmhg=92, dbp_mmhg=58, spo2_pct=93, temp_c=38.4, pain_score=7
)


def rendered(vitals: VitalSigns) -> Presentation:
    """Return a presentation as the adapters of tabular sources write it."""
    text = note("53-year-old male", "chest pain", ["Injury: no"], vital_words(vitals), ["diabetes"], none_known=False)
    return Presentation("row", text, age_years=53, sex="male", vitals=vitals)


def generated() -> list[Presentation]:
    return [case.presentation for case in generate(150, 5, "dev")]


EVERYBODY = [rendered(VITALS), *generated()]


def said(shown: Presentation) -> dict[str, float]:
    return {
        name: value
        for item in current(shown.narrative, shown.vitals)
        for name, value in zip(item.names, item.values, strict=True)
    }


def times(text: str, name: str) -> int:
    return sum(name in item.names for item in sightings(text))


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("HR 118", "heart_rate_bpm", 118),
        ("pulse of 118 and thready", "heart_rate_bpm", 118),
        ("heart rate 118 beats per minute", "heart_rate_bpm", 118),
        ("heartrate 118.0", "heart_rate_bpm", 118),
        ("RR 24/min", "resp_rate_bpm", 24),
        ("o2sat: 93", "spo2_pct", 93),
        ("temperature of 98.6°F", "temp_c", 37),
        ("24 breaths a minute", "resp_rate_bpm", 24),
        ("sats 93% on room air", "spo2_pct", 93),
        ("T 38.4 C", "temp_c", 38.4),
        ("temp 101.1 fahrenheit", "temp_c", 38.39),
        ("pain 10/10", "pain_score", 10),
        ("pain 7 out of ten", "pain_score", 7),
        ("On a scale up to 10 I would say 7.", "pain_score", 7),
        ("SBP 92", "sbp_mmhg", 92),
        ("BP 60/palp", "sbp_mmhg", 60),
        ("GCS 14", "gcs", 14),
        ("blood sugar 54 mg/dL", "glucose_mg_dl", 54),
        ("glucose 3.0 mmol/L", "glucose_mg_dl", 54.05),
    ],
)
def test_usual_forms_are_seen(words, name, value):
    (item,) = sightings(f"Fell at home. {words}")
    assert item.names == (name,)
    assert item.values[0] == pytest.approx(value, abs=0.02)
    assert f"Fell at home. {words}"[slice(*item.places[0])].replace(".", "").isdigit()


def test_pressures_are_seen_as_a_pair_and_dates_are_not():
    (item,) = sightings("blood pressure 92 over 58 since 10/12/2024, room 3/4")
    assert dict(zip(item.names, item.values, strict=True)) == {"sbp_mmhg": 92, "dbp_mmhg": 58}


def test_an_earlier_reading_is_not_the_one_of_now():
    shown = Presentation("x", "BP 70/40 on scene, now BP 92/58.", vitals=VitalSigns(sbp_mmhg=92, dbp_mmhg=58))
    (item,) = current(shown.narrative, shown.vitals)
    assert item.values == (92, 58)


def test_nearly_every_vital_sign_of_the_fields_is_found_in_the_text_or_is_not_in_it():
    """The renderers of all sources write forms that are recognised; what is not must be rare, for it is left alone."""
    measured = unseen = 0
    for shown in EVERYBODY:
        items = current(shown.narrative, shown.vitals)
        measured += len(shown.vitals.measured())
        unseen += len(hidden(shown.narrative, shown.vitals, items))
    assert measured > 500
    assert unseen <= 0.01 * measured


@pytest.mark.parametrize("seed", range(3))
def test_noise_changes_text_and_field_to_the_same_number(seed):
    moved = 0
    for place, shown in enumerate(EVERYBODY):
        before = said(shown)
        after = noise(shown, Draws("test.noise", seed, place))
        if after is None:
            assert not set(shown.vitals.measured()) & set(strength().noise)
            continue
        now = said(after)
        assert set(now) == set(before)
        for name, value in after.vitals.measured().items():
            old = getattr(shown.vitals, name)
            device = strength().noise.get(name)
            reach = 0 if device is None else max(device.limit, old * device.percent / 100)
            assert abs(value - old) <= reach + 0.5 + TOLERANCE.get(name, 0)
            if name in now:
                assert same(name, now[name], value)
            moved += value != old
        assert re.sub(r"[\d.]+", "#", after.narrative) == re.sub(r"[\d.]+", "#", shown.narrative)
    assert moved > 200


def test_noise_is_what_the_extractor_reads_too():
    from triagelab.cases.extraction import extract

    for seed in range(20):
        after = noise(rendered(VITALS), Draws("test.noise", seed))
        assert after is not None
        assert extract(after.narrative).vitals.measured() == pytest.approx(after.vitals.measured(), abs=0.06)


def test_no_pulse_stays_no_pulse_and_pain_is_no_measurement():
    shown = rendered(VitalSigns(heart_rate_bpm=0, resp_rate_bpm=0, pain_score=9))
    assert noise(shown, Draws("test.noise", 0)) is None


def test_dropped_vital_signs_are_in_neither_text_nor_field_and_the_rest_stays():
    for place, shown in enumerate(EVERYBODY):
        after = drop(shown, Draws("test.drop", 0, place))
        if after is None:
            continue
        gone = set(shown.vitals.measured()) - set(after.vitals.measured())
        assert gone or set(said(shown)) - set(said(after))
        assert (
            ("sbp_mmhg" in gone) == ("dbp_mmhg" in gone)
            or shown.vitals.sbp_mmhg is None
            or shown.vitals.dbp_mmhg is None
        )
        for name in gone & set(said(shown)):
            assert times(after.narrative, name) < times(shown.narrative, name)
        for name in set(said(after)):
            assert times(after.narrative, name) == times(shown.narrative, name)
        for name, value in after.vitals.measured().items():
            assert getattr(shown.vitals, name) == value
        left = re.findall(r"[a-z']+", after.narrative.lower())
        before = re.findall(r"[a-z']+", shown.narrative.lower())
        assert all(left.count(word) <= before.count(word) for word in set(left))


def test_everything_can_be_dropped_and_the_note_stays_a_note():
    texts = {drop(rendered(VITALS), Draws("test.drop", seed)).narrative for seed in range(300)}
    assert "53-year-old male. Complaint: chest pain. Injury: no. History: diabetes." in texts
    assert all(text.startswith("53-year-old male. Complaint: chest pain. Injury: no.") for text in texts)
    assert not any(part in text for text in texts for part in (", ,", " ,", ". .", ",.", "  "))


def test_what_a_source_repeats_elsewhere_is_dropped_with_it():
    shown = Presentation("x", "pain 7/10", vitals=VitalSigns(pain_score=7), structured={"pain_text": "7", "hour": 3})
    after = drop(shown, Draws("test.drop", 0))
    assert after is not None
    assert dict(after.structured) == {"hour": 3}


def test_a_number_in_a_form_that_is_not_recognised_is_left_alone_everywhere():
    shown = Presentation("x", "her heart does 118 or so", vitals=VitalSigns(heart_rate_bpm=118))
    assert drop(shown, Draws("test.drop", 0)) is None
    assert noise(shown, Draws("test.noise", 0)) is None


@pytest.mark.parametrize("seed", range(3))
def test_other_units_say_the_same_vital_signs(seed):
    changed = 0
    for place, shown in enumerate(EVERYBODY):
        after = units(shown, Draws("test.units", seed, place))
        if after is None:
            continue
        changed += 1
        before, now = said(shown), said(after)
        assert set(now) == set(before)
        assert after.vitals == shown.vitals
        for name, value in now.items():
            assert abs(value - before[name]) <= TOLERANCE.get(name, 0.01)
    assert changed > 100


def test_celsius_and_fahrenheit_change_places():
    cold = units(Presentation("x", "T 38.4 C"), Draws("test.units", 0))
    warm = units(Presentation("x", "temp 101.2 F"), Draws("test.units", 0))
    sweet = units(Presentation("x", "glucose 54 mg/dL"), Draws("test.units", 0))
    assert cold is not None
    assert warm is not None
    assert sweet is not None
    assert "101.1" in cold.narrative
    assert "38.4" in warm.narrative
    assert sweet.narrative == "glucose 3.0 mmol/L"


def test_other_units_keep_what_the_patient_breathes():
    for words in ("sats 89 on room air", "SpO2 89% RA"):
        shown = Presentation("x", f"Cough, {words}.")
        for seed in range(6):
            after = units(shown, Draws("test.air", seed))
            assert after is None or after.narrative.endswith("on room air.")


def test_no_sentence_is_left_without_its_number():
    shown = Presentation("x", "I hurt my arm. I would call the pain 5 out of 10. It is red.")
    assert drop(shown, Draws("test.drop", 0)).narrative == "I hurt my arm. It is red."
