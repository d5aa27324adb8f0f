"""Made-up FHIR R4 bundles."""

from __future__ import annotations

from typing import Any

ARRIVAL = "2026-11-21T10:00:00+00:00"
ESI = "http://example.org/CodeSystem/esi-v4"


def concept(code: str, system: str = "http://loinc.org", **more: Any) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **more}


def observation(
    code: str, value: float | None, unit: str | None, *, at: str | None = "2026-11-21T10:05:00Z", **more: Any
) -> dict[str, Any]:
    """Return one observation of the patient; `at` None leaves the time out."""
    quantity = {"valueQuantity": {"value": value} | ({"code": unit} if unit else {})} if value is not None else {}
    time = {"effectiveDateTime": at} if at else {}
    base = {"resourceType": "Observation", "id": f"o{code}-{value}-{at}"[:60].replace(":", "."), "status": "final"}
    base["id"] = base["id"].replace("+", "p")
    return base | {"code": concept(code), "subject": {"reference": "Patient/p1"}, **time, **quantity} | more


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "birthDate": "1959-03-02", "gender": "female"} | more


def encounter(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": ARRIVAL},
        "reasonCode": [{"text": "chest pain"}],
        "priority": concept("2", ESI),
    } | more


def usual_observations() -> list[dict[str, Any]]:
    pressure = observation(
        "85354-9",
        None,
        None,
        component=[
            {"code": concept("8480-6"), "valueQuantity": {"value": 92, "code": "mm[Hg]"}},
            {"code": concept("8462-4"), "valueQuantity": {"value": 54, "code": "mm[Hg]"}},
        ],
    )
    return [
        observation("8867-4", 118, "/min"),
        observation("9279-1", 24, "/min"),
        pressure,
        observation("59408-5", 91, "%"),
        observation("8310-5", 100.4, "[degF]"),
        observation("72514-3", None, None, valueInteger=7),
        observation("9269-2", 14, "{score}"),
        observation("2339-0", 5.5, "mmol/L"),
    ]


def known_before() -> list[dict[str, Any]]:
    subject = {"subject": {"reference": "Patient/p1"}}
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return [
        {
            "resourceType": "Condition",
            "id": "c1",
            "clinicalStatus": concept("active", clinical),
            "code": {"text": "COPD"},
            "recordedDate": "2020-01-01",
            **subject,
        },
        {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "code": {"text": "penicillin"},
            "patient": {"reference": "Patient/p1"},
        },
        {
            "resourceType": "MedicationStatement",
            "id": "m1",
            "status": "active",
            "medicationCodeableConcept": {"text": "apixaban"},
            **subject,
        },
    ]


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a collection; without resources, the usual visit."""
    held = list(resources) or [patient(), encounter(), *usual_observations(), *known_before()]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in held]} | more
