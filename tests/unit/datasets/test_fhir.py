"""FHIR bundles: what of them is shown, what is left out, and what is refused in one line."""

from __future__ import annotations

import json
import sys

import pytest

from fhir_samples import (
    ARRIVAL,
    ESI,
    bundle,
    concept,
    encounter,
    observation,
    patient,
)
from triagelab.datasets import fhir
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError, DataFormatError, MissingDependencyError

HR = "8867-4"


def visit(*more, arrival=None, **change):
    return fhir.read_visit(bundle(patient(**change), arrival or encounter(), *more))


def test_a_usual_visit():
    found = fhir.read_visit(bundle())
    shown = found.presentation
    assert (shown.age_years, shown.sex, shown.chief_complaint) == (67.0, "female", "chest pain")
    assert shown.vitals.measured() == {
        "heart_rate_bpm": 118,
        "resp_rate_bpm": 24,
        "sbp_mmhg": 92,
        "dbp_mmhg": 54,
        "spo2_pct": 91,
        "temp_c": 38.0,
        "pain_score": 7,
        "gcs": 14,
        "glucose_mg_dl": 99.1,
    }
    assert shown.narrative == (
        "67-year-old female. Complaint: chest pain. Allergies: penicillin. Medications: apixaban. HR 118, RR 24, "
        "BP 92/54, SpO2 91%, T 38.0 C, pain 7/10, GCS 14, glucose 99.1 mg/dL. History: COPD."
    )
    assert (found.patient, found.encounter, found.level, found.scale) == ("Patient/p1", "Encounter/e1", "2", "esi-v4")
    assert shown.credentialed
    assert len(found.basis) == 8


def test_the_level_is_never_shown():
    one, other = (fhir.read_bundle(bundle(patient(), encounter(priority=concept(code, ESI)))) for code in "15")
    assert one == other


def test_a_bundle_marked_as_test_data_is_not_credentialed():
    assert not fhir.read_bundle(bundle(meta={"security": [{"code": "HTEST"}]})).credentialed


@pytest.mark.parametrize(
    ("code", "value", "unit", "name", "expected"),
    [
        ("8310-5", 38.2, "Cel", "temp_c", 38.2),
        ("8310-5", 104, "[degF]", "temp_c", 40.0),
        ("8480-6", 16, "kPa", "sbp_mmhg", 120.0),
        ("8310-5", 104, "degF", "temp_c", 40.0),
        ("8310-5", 38.2, "C", "temp_c", 38.2),
        ("41653-7", 40, "mg/dL", "glucose_mg_dl", 40),
        ("14743-9", 2.5, "mmol/L", "glucose_mg_dl", 45.0),
        ("2708-6", 88, "%", "spo2_pct", 88),
        ("9269-2", 8, None, "gcs", 8),
    ],
)
def test_units(code, value, unit, name, expected):
    assert getattr(visit(observation(code, value, unit)).presentation.vitals, name) == expected


@pytest.mark.parametrize(
    ("code", "unit"), [("8310-5", None), ("8310-5", "K"), (HR, "Hz"), (HR, None), ("2339-0", "g/L")]
)
def test_an_unknown_unit_is_refused_and_never_guessed(code, unit):
    with pytest.raises(BadInputError, match=r"unit of .*allowed: .*UCUM"):
        visit(observation(code, 37, unit))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([("10:20", 90), ("10:05", 130), ("10:50", 80)], 130),  # the first after arrival
        ([("09:40", 150), ("10:05", 130)], 130),  # the desk before the ambulance
        ([("09:10", 150), ("09:40", 140)], 140),  # the last of the ambulance, if the desk has none
        ([("07:00", 150)], None),  # another day's work
        ([("11:30", 90)], None),  # long after triage
    ],
)
def test_which_measurement_counts(values, expected):
    rows = [observation(HR, value, "/min", at=f"2026-11-21T{clock}:00Z") for clock, value in values]
    assert visit(*rows).presentation.vitals.heart_rate_bpm == expected


def test_nothing_after_the_status_triaged_counts():
    history = [{"status": "triaged", "period": {"start": ARRIVAL, "end": "2026-11-21T10:04:00Z"}}]
    found = visit(observation(HR, 118, "/min"), arrival=encounter(statusHistory=history))
    assert found.presentation.vitals.heart_rate_bpm is None
    assert found.skipped == {"measurement outside triage": 1}


def test_measurements_without_a_time():
    alone = visit(observation(HR, 118, "/min", at=None))
    assert alone.presentation.vitals.heart_rate_bpm == 118
    beside = visit(observation(HR, 118, "/min", at=None), observation("9279-1", 20, "/min"))
    assert beside.presentation.vitals.measured() == {"resp_rate_bpm": 20}
    assert beside.skipped == {"measurement without a time": 1}


@pytest.mark.parametrize("status", ["entered-in-error", "unknown", "cancelled"])
def test_observations_that_do_not_count_are_counted(status):
    found = visit(observation(HR, 118, "/min", status=status))
    assert found.presentation.vitals.measured() == {}
    assert found.skipped == {f"observation {status}": 1}


def test_an_implausible_value_is_left_out_and_counted():
    found = visit(observation(HR, 1180, "/min"))
    assert (found.presentation.vitals.measured(), found.skipped) == ({}, {"implausible heart_rate_bpm": 1})


def test_a_limit_is_said_but_is_no_number():
    found = visit(observation("59408-5", None, None, valueQuantity={"value": 70, "comparator": "<", "code": "%"}))
    assert found.presentation.vitals.spo2_pct is None
    assert "SpO2 <70 %" in found.presentation.narrative


def test_an_observation_of_another_visit_does_not_count():
    found = visit(observation(HR, 118, "/min", encounter={"reference": "Encounter/old"}))
    assert (found.presentation.vitals.measured(), found.skipped) == ({}, {"observation of another visit": 1})


CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"


def condition(**more):
    base = {"resourceType": "Condition", "id": "c9", "code": {"text": "sepsis"}}
    return base | {"subject": {"reference": "Patient/p1"}, "clinicalStatus": concept("active", CLINICAL)} | more


@pytest.mark.parametrize(
    ("more", "history"),
    [
        ({"recordedDate": "2019-05-01"}, ("sepsis",)),
        ({"onsetDateTime": "2019"}, ("sepsis",)),
        ({"recordedDate": "2019-05-01", "clinicalStatus": concept("resolved", CLINICAL)}, ("sepsis (resolved)",)),
        ({"category": [concept("problem-list-item", CATEGORY)]}, ("sepsis",)),
        ({"recordedDate": "2026-11-21"}, ()),  # the day of the visit: before or after?
        ({"recordedDate": "2026-11-21T10:03:00Z"}, ()),
        ({"category": [concept("encounter-diagnosis", CATEGORY)]}, ()),
        ({"recordedDate": "2019-05-01", "verificationStatus": concept("refuted", VERIFIED)}, ()),
        ({"recordedDate": "2019-05-01", "verificationStatus": concept("entered-in-error", VERIFIED)}, ()),
        ({"recordedDate": "2019-05-01", "encounter": {"reference": "Encounter/e1"}}, ()),
        ({}, ()),
    ],
)
def test_history_is_what_was_known_before(more, history):
    assert visit(condition(**more)).presentation.history == history


def test_medicines_by_reference_and_later_ones():
    subject = {"subject": {"reference": "Patient/p1"}}
    rows = [
        {"resourceType": "Medication", "id": "d1", "code": {"text": "warfarin"}},
        {
            "resourceType": "MedicationStatement",
            "id": "m1",
            "status": "active",
            "medicationReference": {"reference": "Medication/d1"},
            **subject,
        },
        {
            "resourceType": "MedicationStatement",
            "id": "m2",
            "status": "active",
            "medicationCodeableConcept": {"text": "heparin"},
            "effectiveDateTime": "2026-11-21T12:00:00Z",
            **subject,
        },
    ]
    assert visit(*rows).presentation.narrative.endswith("Medications: warfarin.")


def test_the_complaint_of_the_patient_goes_before_the_reason_of_the_visit():
    said = observation("8661-1", None, None, valueString="my chest\n is  tight")
    assert visit(said).presentation.chief_complaint == "my chest is tight"
    note = {
        "resourceType": "Composition",
        "id": "n1",
        "status": "final",
        "type": concept("54094-8"),
        "date": "2026-11-21T10:04:00Z",
        "author": [{"display": "nurse"}],
        "title": "Triage",
        "section": [
            {
                "code": concept("10154-3"),
                "text": {
                    "status": "generated",
                    "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>tight &lt;b&gt; chest</p></div>',
                },
            },
        ],
    }
    assert visit(note).presentation.chief_complaint == "tight <b> chest"


@pytest.mark.parametrize(
    ("birth", "age"),
    [
        ("1959-11-22", 66.0),
        ("1959-11-21", 67.0),
        ("1959", 67.4),
        ("2025", None),
        ("2026-11-11", 10 / 365.25),
        (None, None),
    ],
)
def test_ages(birth, age):
    change = {"birthDate": birth} if birth else {"birthDate": "1959"}
    person = patient(**change)
    if birth is None:
        del person["birthDate"]
    found = fhir.read_bundle(bundle(person, encounter())).age_years
    assert found == (None if age is None else pytest.approx(age, abs=0.03))


@pytest.mark.parametrize(
    ("text", "arrival"),
    [
        ("Ground ambulance", "ambulance"),
        ("Helicopter ambulance", "helicopter"),
        ("Walk-in", "walk_in"),
        ("other", None),
    ],
)
def test_arrival(text, arrival):
    row = observation("11459-5", None, None, valueCodeableConcept={"text": text})
    assert visit(row).presentation.arrival == arrival


def test_a_bundle_by_uuid_references():
    raw = bundle(patient(id=None), encounter())
    urls = ["urn:uuid:1", "urn:uuid:2"]
    del raw["entry"][0]["resource"]["id"]
    raw["entry"][1]["resource"]["subject"] = {"reference": urls[0]}
    for entry, url in zip(raw["entry"], urls, strict=True):
        entry["fullUrl"] = url
    assert fhir.read_visit(raw).patient is None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"resourceType": "Patient"}, "allowed: 'Bundle'"),
        ([], "allowed: 'Bundle'"),
        (bundle(patient(), patient(id="p2")), "patients: got 2"),
        (bundle(encounter()), "patients: got 0"),
        (bundle(patient(), encounter(), encounter(id="e2")), "emergency encounters: got 2"),
        (bundle(patient(), patient(gender="male")), "there twice and differs"),
        (bundle(patient(birthDate="2027-01-01"), encounter()), "birthDate"),
        (bundle(patient(birthDate="1059-01-01"), encounter()), "birthDate"),
        (bundle(patient(), observation(HR, 1, "/min", subject={"reference": "Patient/x"})), "subject of Observation"),
        (bundle(patient(), observation(HR, 1, "/min", foo=1)), "Observation/.*foo"),
        (bundle(patient(), {"resourceType": "Observation"}), "Observation/\\?: (code|status)"),
        (bundle(patient(), encounter(**{"class": [{"code": "EMER"}]})), "Encounter/e1: class.*FHIR R4"),
        (bundle(patient(), observation(HR, None, None, valueQuantity={"value": "x"})), "valueQuantity.value"),
        ({"resourceType": "Bundle", "type": "history"}, "history"),
        ({"resourceType": "Bundle", "type": "collection", "entry": {}}, "list of at most"),
        ({"resourceType": "Bundle", "type": "collection", "entry": [3]}, "entry 0: expected an object"),
        ({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": []}]}, "with a resourceType"),
        ({"resourceType": "Bundle", "type": "collection", "entry": [{}] * 5001}, "at most 5000"),
    ],
)
def test_what_is_no_bundle_of_one_visit_is_refused_in_one_line(raw, words):
    with pytest.raises((BadInputError, DataFormatError), match=words) as caught:
        fhir.read_bundle(raw)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xff\xfe{", b'{"a": NaN}', b"[" * 100_000])
def test_files_that_are_no_json(tmp_path, data):
    path = tmp_path / "b.json"
    path.write_bytes(data)
    with pytest.raises(DataFormatError, match="not JSON"):
        fhir.read_bundle(path)


def test_a_bundle_that_is_nested_without_end():
    inner: dict = {}
    for _ in range(5_000):
        inner = {"contained": [inner]}
    with pytest.raises(DataFormatError, match="nested too deeply"):
        fhir.read_bundle(bundle(patient(**inner)))


def test_a_null_is_the_same_as_nothing():
    assert visit(observation(HR, 118, "/min", component=None), gender=None).presentation.vitals.heart_rate_bpm == 118


def test_a_file_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr("triagelab.datasets.fhir_bundle.MAX_BUNDLE_BYTES", 10)
    path = tmp_path / "b.json"
    path.write_text(json.dumps(bundle()))
    with pytest.raises(DataFormatError, match="larger than 10 bytes"):
        fhir.read_bundle(path)


def test_a_folder_and_a_list_of_bundles(tmp_path):
    good = bundle()
    plain = bundle(patient(), encounter(id="e2", priority=concept("EM", "http://terminology.hl7.org/x")))
    odd = bundle(patient(), encounter(id="e3", priority=concept("7", ESI)))
    two = bundle(patient(), patient(id="p2"))
    wrong = bundle(patient(), encounter(id="e4"), observation(HR, 1, "Hz"))
    rows = [good, good, plain, odd, two, wrong, {"resourceType": "Patient"}]
    (tmp_path / "folder").mkdir()
    for place, row in enumerate(rows):
        (tmp_path / "folder" / f"{place}.json").write_text(json.dumps(row))
    (tmp_path / "all.ndjson").write_text("\n".join(json.dumps(row) for row in rows))
    for path in (tmp_path / "folder", tmp_path / "all.ndjson"):
        dataset = load_dataset("fhir", path)
        assert [(case.truth.level, case.truth.scale, case.cluster) for case in dataset] == [(2, "esi-v4", "Patient/p1")]
        assert dataset.reject_counts() == {
            "duplicate visit": 1,
            "no triage level (Encounter.priority holds none of a known scale)": 1,
            "triage level is not 1 to 5": 1,
            "patients: not usable": 1,
            "unit of heart_rate_bpm: not usable": 1,
            "not a valid FHIR R4 bundle": 1,
        }


def test_levels_on_two_scales_and_an_empty_place(tmp_path):
    rows = [bundle(patient(), encounter(id=f"e{place}", priority=concept("3", ESI[:-6] + scale))) for place, scale in
            enumerate(("esi-v5", "ktas"))]  # fmt: skip
    path = tmp_path / "two.ndjson"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    with pytest.raises(DataFormatError, match="several scales"):
        load_dataset("fhir", path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataFormatError, match="no FHIR bundle"):
        load_dataset("fhir", tmp_path / "empty")


def test_without_the_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B", None)
    with pytest.raises(MissingDependencyError, match=r"fhir\.resources.*triagelab\[data\]"):
        fhir.read_bundle(bundle())


def test_without_a_visit_the_first_measurement_says_when_it_was():
    asthma = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "asthma"},
        "recordedDate": "2020-01-01",
    }
    found = fhir.read_visit(bundle(patient(birthDate="1959-11-21"), observation(HR, 120, "/min"), asthma)).presentation
    assert (found.age_years, found.history, found.vitals.heart_rate_bpm) == (67.0, ("asthma",), 120)
