"""One FHIR bundle as triage sees it: what may be shown, what an answer refers to, and what was left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from triagelab.cases.presentation import Presentation
from triagelab.datasets.fhir_bundle import Bundle, Resource, name_of, only_encounter, only_patient
from triagelab.datasets.fhir_history import allergies, arrival, complaint, medicines, problems
from triagelab.datasets.fhir_map import fhir_map
from triagelab.datasets.fhir_times import TriageHours, age_at, triage_hours
from triagelab.datasets.fhir_vitals import FirstSet, first_set, readings, usable_observations
from triagelab.datasets.notes import note, patient_words, vital_words
from triagelab.errors import BadInputError

_NOT_AN_ID = re.compile(r"[^A-Za-z0-9.-]")


@dataclass(frozen=True)
class Visit:
    """A bundle as triage sees it.

    Attributes:
        presentation: what may be shown.
        patient, encounter: "Type/id", for the reference of an answer; None without an id.
        basis: observations that the vital signs come from.
        level, scale: the level in `Encounter.priority`, where its coding system is a triage scale; never shown.
        skipped: what was left out and why, counted.
    """

    presentation: Presentation
    patient: str | None
    encounter: str | None
    basis: tuple[str, ...]
    level: str | None
    scale: str | None
    skipped: Mapping[str, int]


def visit_of(bundle: Bundle) -> Visit:
    """Return the visit of a checked bundle.

    Raises: BadInputError for several patients or visits, a resource about somebody else, an impossible birth date, and
    a vital sign in an unknown unit.
    """
    patient, encounter = only_patient(bundle), only_encounter(bundle)
    _check_subjects(bundle, patient)
    skipped: Counter[str] = Counter()
    observations = _of_this_visit(bundle, usable_observations(bundle, skipped), encounter, skipped)
    found = readings(observations, bundle.where, skipped)
    moments = [reading.moment for reading in found if reading.moment is not None]
    hours = triage_hours(encounter, moments, fhir_map().window)
    first = first_set(found, hours, skipped)
    level, scale = _level(encounter)
    return Visit(
        _presentation(bundle, patient, encounter, observations, hours, first, skipped),
        name_of(patient),
        name_of(encounter) if encounter else None,
        tuple(first.sources),
        level,
        scale,
        {reason: count for reason, count in skipped.items() if count},
    )


def _presentation(
    bundle: Bundle,
    patient: Resource,
    encounter: Resource | None,
    observations: list[Resource],
    hours: TriageHours,
    first: FirstSet,
    skipped: Counter[str],
) -> Presentation:
    """Return what may be shown; the level in the visit's priority is not looked at here."""
    age_years = _age(bundle, patient, encounter, hours)
    sex = patient.get("gender") if patient.get("gender") in ("female", "male") else None
    way = arrival(observations, encounter)
    said = complaint(bundle, observations, encounter, hours)
    history = tuple(problems(bundle, encounter, hours, skipped))
    details = _details(allergies(bundle, hours, skipped), medicines(bundle, hours, skipped))
    measured = ", ".join(filter(None, [vital_words(first.vitals), *first.limits]))
    opening = patient_words(age_years, sex, way if way != "walk_in" else None)
    return Presentation(
        case_id=f"fhir-{_identity(bundle, encounter)}",
        narrative=note(opening, said, details, measured, history, none_known=False),
        age_years=age_years,
        sex=sex,
        arrival=way,
        chief_complaint=said,
        vitals=first.vitals,
        history=history,
        credentialed=not bundle.test_data,
    )


def _age(bundle: Bundle, patient: Resource, encounter: Resource | None, hours: TriageHours) -> float | None:
    """Return the age at the start of the visit, else at the first measurement."""
    birth, begun = patient.get("birthDate"), (encounter or {}).get("period", {}).get("start")
    if begun is None and hours.start is not None:
        begun = hours.start.isoformat()
    age_years = age_at(birth, begun)
    if age_years is not None and not 0 <= age_years <= 125:
        raise BadInputError(f"{bundle.where}: birthDate", birth, "0 to 125 years before the start of the visit")
    return age_years


def _check_subjects(bundle: Bundle, patient: Resource) -> None:
    """Raises: BadInputError for a resource that says it is about somebody else."""
    for kind in ("Encounter", "Observation", "Condition", "AllergyIntolerance", "MedicationStatement", "Composition"):
        for one in bundle.of(kind):
            reference = one.get("patient" if kind == "AllergyIntolerance" else "subject")
            if reference and reference.get("reference") and bundle.resolve(reference) is not patient:
                raise BadInputError(
                    f"{bundle.where}: subject of {name_of(one) or kind}",
                    reference["reference"],
                    f"the patient of the bundle ({name_of(patient) or 'without an id'})",
                )


def _of_this_visit(
    bundle: Bundle, observations: list[Resource], encounter: Resource | None, skipped: Counter[str]
) -> list[Resource]:
    """Return the observations that do not say that they belong to another visit."""
    kept: list[Resource] = []
    for one in observations:
        reference = one.get("encounter")
        if encounter is not None and reference and bundle.resolve(reference) is not encounter:
            skipped["observation of another visit"] += 1
        else:
            kept.append(one)
    return kept


def _details(known_allergies: list[str], taken: list[str]) -> list[str]:
    lists = (("Allergies", known_allergies), ("Medications", taken))
    return [f"{title}: {', '.join(items)}" for title, items in lists if items]


def _identity(bundle: Bundle, encounter: Resource | None) -> str:
    named = (encounter or {}).get("id") or bundle.bundle_id or Path(bundle.where).stem
    return _NOT_AN_ID.sub("-", str(named))[:64] or "bundle"


def _level(encounter: Resource | None) -> tuple[str | None, str | None]:
    """Return the code and the scale of a triage level in the visit's priority."""
    for coding in (encounter or {}).get("priority", {}).get("coding", []):
        scale = fhir_map().scale_of(str(coding.get("system", "")))
        if scale is not None:
            return str(coding.get("code", "")), scale
    return None, None
