"""MIMIC-IV-ED rows: every quirk of the tables, on made-up rows."""

from __future__ import annotations

import pytest

from dataset_samples import hospital
from triagelab.datasets import mimic_iv_ed


def cases_of(tmp_path, *triage, **tables):
    rows = [{"stay_id": str(100 + place)} | row for place, row in enumerate(triage)]
    return mimic_iv_ed.load(hospital(tmp_path, rows, **tables))


def shown(tmp_path, stay=None, **change):
    stays = None if stay is None else [{"stay_id": "100", "subject_id": "1"} | stay]
    return cases_of(tmp_path, change, stays=stays).cases[0].presentation


def test_a_usual_visit(tmp_path):
    case = cases_of(tmp_path, {}).cases[0]
    assert case.presentation.narrative == (
        "Female, arrived by ambulance. Complaint: Abd pain, N/V. "
        "HR 88, RR 18, BP 130/80, SpO2 97%, T 36.8 C, pain 5/10."
    )
    assert (case.truth.level, case.truth.scale, case.truth.labelled_by) == (3, "esi-v4", "nurse")
    assert (case.case_id, case.cluster, case.split, case.weight) == ("mimic-100", "1", "test", None)
    assert dict(case.presentation.structured) == {"arrival_hour": 12.0}


@pytest.mark.parametrize(
    ("temperature", "temp_c"), [("98.2", 36.8), ("36.8", 36.8), ("0", None), ("", None), ("986", None), ("warm", None)]
)
def test_temperatures_in_either_scale(tmp_path, temperature, temp_c):
    assert shown(tmp_path, temperature=temperature).vitals.temp_c == temp_c


@pytest.mark.parametrize(
    ("pain", "score", "text"),
    [
        ("7", 7, None),
        ("0", 0, None),
        ("7.5", 7.5, None),
        ("13", None, None),
        ("unable", None, "unable"),
        ("UA", None, "ua"),
        ("", None, None),
        ("nan", None, "nan"),
        ("a" * 50, None, "a" * 20),
    ],
)
def test_pain_is_a_score_or_words(tmp_path, pain, score, text):
    presentation = shown(tmp_path, pain=pain)
    assert presentation.vitals.pain_score == score
    assert presentation.structured.get("pain_text") == text
    assert (f"Pain: {text}" in presentation.narrative) == (text is not None)


def test_implausible_values_are_left_out_and_counted(tmp_path):
    dataset = cases_of(tmp_path, {"dbp": "879", "pain": "13"}, {"dbp": "70", "temperature": "0"})
    assert [case.presentation.vitals.dbp_mmhg for case in dataset] == [None, 70]
    (counts,) = (note for note in dataset.notes if note.startswith("left out as implausible: "))
    assert set(counts.removeprefix("left out as implausible: ").split(", ")) == {
        "dbp_mmhg 1",
        "pain_score 1",
        "temp_c 1",
    }


def test_an_empty_row_of_a_resuscitation_is_kept(tmp_path):
    nothing = dict.fromkeys(("temperature", "heartrate", "resprate", "o2sat", "sbp", "dbp", "pain"), "")
    presentation = shown(tmp_path, **nothing, chiefcomplaint="Cardiac arrest, Transfer")
    assert presentation.vitals.measured() == {}
    assert presentation.narrative == "Female, arrived by ambulance. Complaint: Cardiac arrest, Transfer."


@pytest.mark.parametrize(
    ("acuity", "reason"),
    [
        ("", "no triage level (missing)"),
        ("x", "no triage level (missing)"),
        ("0", "acuity is not 1 to 5"),
        ("2.5", "acuity is not 1 to 5"),
    ],
)
def test_visits_without_a_level_are_refused(tmp_path, acuity, reason):
    dataset = cases_of(tmp_path, {"acuity": acuity}, {})
    assert dataset.reject_counts() == {reason: 1}
    assert dataset.rejects[0].where == "triage stay_id 100"


def test_a_level_written_as_a_decimal_counts(tmp_path):
    assert cases_of(tmp_path, {"acuity": "2.0"}).cases[0].truth.level == 2


def test_a_visit_twice_is_refused_once(tmp_path):
    dataset = cases_of(tmp_path, {"stay_id": "7"}, {"stay_id": "7"})
    assert (len(dataset.cases), dataset.reject_counts()) == (1, {"duplicate stay_id": 1})


def test_a_visit_without_a_stay_keeps_what_triage_knows(tmp_path):
    presentation = shown(tmp_path, stay={"stay_id": "999"})
    assert (presentation.sex, presentation.arrival, presentation.age_years) == (None, None, None)
    assert presentation.vitals.heart_rate_bpm == 88


@pytest.mark.parametrize(
    ("transport", "arrival"), [("WALK IN", "walk_in"), ("HELICOPTER", "helicopter"), ("OTHER", None), ("UNKNOWN", None)]
)
def test_arrival(tmp_path, transport, arrival):
    assert shown(tmp_path, stay={"arrival_transport": transport}).arrival == arrival


def test_ages_come_from_the_patients_table_and_grow_with_the_years(tmp_path):
    patient = {"subject_id": "1", "gender": "F", "anchor_age": "60", "anchor_year": "2147", "dod": "2151-01-01"}
    presentation = cases_of(tmp_path, {}, patients=[patient]).cases[0].presentation
    assert presentation.age_years == 63
    assert presentation.narrative.startswith("63-year-old female")


def test_removed_words_and_control_characters_of_the_complaint_are_dropped(tmp_path):
    assert shown(tmp_path, chiefcomplaint="Fall at ___\tfrom\x07 bed ").chief_complaint == "Fall at from bed"
    assert shown(tmp_path, chiefcomplaint="___").chief_complaint is None
