"""FHIR R4 bundles -> presentations, and labelled bundles as a dataset; the way back is in fhir_risk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.datasets.base import Dataset, Reject, counts_in_words
from triagelab.datasets.fhir_bundle import (
    Bundle,
    Resource,
    checked_bundle,
    name_of,
    only_encounter,
    only_patient,
    parse_bundle,
)
from triagelab.datasets.fhir_history import allergies, arrival, complaint, medicines, problems
from triagelab.datasets.fhir_map import fhir_map
from triagelab.datasets.fhir_risk import risk_assessment, write_risk_assessment
from triagelab.datasets.fhir_times import age_at, triage_hours
from triagelab.datasets.fhir_vitals import first_set, readings, usable_observations
from triagelab.datasets.notes import note, patient_words, vital_words
from triagelab.errors import BadInputError, DataFormatError
from triagelab.files import read_jsonl

__all__ = ["Visit", "load", "read_bundle", "read_visit", "risk_assessment", "write_risk_assessment"]

NAME = "fhir"
MAX_FILES = 200_000
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


def read_bundle(source: str | Path | Mapping[str, Any]) -> Presentation:
    """Return the presentation of a FHIR R4 bundle about one patient and one visit.

    Units: those of `VitalSigns`. Missing: what is not in the bundle stays unknown.
    Raises: BadInputError, DataFormatError in one line for anything else than one such bundle, and for a vital sign in
    an unknown unit; MissingDependencyError without fhir.resources.
    """
    return read_visit(source).presentation


def read_visit(source: str | Path | Mapping[str, Any]) -> Visit:
    """Return the presentation, what an answer refers to, and what was left out. Raises: as read_bundle."""
    return visit_of(parse_bundle(source))


def visit_of(bundle: Bundle) -> Visit:
    """Return the visit of a checked bundle. Raises: as read_bundle."""
    patient, encounter = only_patient(bundle), only_encounter(bundle)
    _check_subjects(bundle, patient)
    skipped = Counter(bundle.skipped)
    observations = _of_this_visit(bundle, usable_observations(bundle, skipped), encounter, skipped)
    found = readings(observations, bundle.where, skipped)
    moments = [reading.moment for reading in found if reading.moment is not None]
    hours = triage_hours(encounter, moments, fhir_map().window)
    first = first_set(found, hours, skipped)
    age_years = age_at(patient.get("birthDate"), (encounter or {}).get("period", {}).get("start"))
    if age_years is not None and not 0 <= age_years <= 125:
        raise BadInputError(
            f"{bundle.where}: birthDate", patient.get("birthDate"), "0 to 125 years before the start of the visit"
        )
    sex = patient.get("gender") if patient.get("gender") in ("female", "male") else None
    way = arrival(observations, encounter)
    said = complaint(bundle, observations, encounter, hours)
    history = tuple(problems(bundle, encounter, hours, skipped))
    details = _details(allergies(bundle, hours, skipped), medicines(bundle, hours, skipped))
    vitals = ", ".join(filter(None, [vital_words(first.vitals), *first.limits]))
    opening = patient_words(age_years, sex, way if way != "walk_in" else None)
    level, scale = _level(encounter)
    presentation = Presentation(
        case_id=f"fhir-{_identity(bundle, encounter)}",
        narrative=note(opening, said, details, vitals, history, none_known=False),
        age_years=age_years,
        sex=sex,
        arrival=way,
        chief_complaint=said,
        vitals=first.vitals,
        history=history,
        credentialed=not bundle.test_data,
    )
    return Visit(
        presentation,
        name_of(patient),
        name_of(encounter) if encounter else None,
        tuple(first.sources),
        level,
        scale,
        {reason: count for reason, count in skipped.items() if count},
    )


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


def load(path: Path) -> Dataset:
    """Return the bundles of a folder of .json files, or of an NDJSON file, that carry a level.

    Bundles that cannot be used are refused with their reason. Raises: DataFormatError for a place without bundles and
    for levels on several scales.
    """
    cases: list[Case] = []
    rejects: list[Reject] = []
    skipped: Counter[str] = Counter()
    seen: set[str] = set()
    for where, source in _sources(path):
        try:
            visit = read_visit(source) if isinstance(source, Path) else visit_of(checked_bundle(source, where))
        except (BadInputError, DataFormatError) as error:
            rejects.append(Reject(where, _reason(error)))
            continue
        reason = _refusal(visit, seen)
        if reason:
            rejects.append(Reject(where, reason))
            continue
        seen.add(visit.presentation.case_id)
        skipped.update(visit.skipped)
        truth = Truth(level=int(str(visit.level)), scale=str(visit.scale), labelled_by="nurse")
        cases.append(Case(visit.presentation, truth, NAME, "test", cluster=visit.patient))
    scales = sorted({case.truth.scale for case in cases})
    if len(scales) > 1:
        raise DataFormatError(f"{path}: levels on several scales ({', '.join(scales)}); evaluate one at a time")
    if not cases and not rejects:
        raise DataFormatError(f"{path}: no FHIR bundle there; expected a folder of .json files or one NDJSON file")
    return Dataset(NAME, tuple(cases), scales[0] if scales else "esi-v4", tuple(rejects), _notes(scales, skipped))


def _sources(path: Path) -> Iterator[tuple[str, Path | dict[str, Any]]]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".json" and file.is_file())
        if len(files) > MAX_FILES:
            raise DataFormatError(f"{path}: {len(files)} files; allowed: at most {MAX_FILES}")
        yield from ((file.name, file) for file in files)
    elif path.suffix.lower() == ".json":
        yield path.name, path
    else:
        yield from ((f"{path.name}:{number}", row) for number, row in read_jsonl(path, "fhir path"))


def _refusal(visit: Visit, seen: set[str]) -> str | None:
    if visit.level is None:
        return "no triage level (Encounter.priority holds none of a known scale)"
    if visit.level not in ("1", "2", "3", "4", "5"):
        return "triage level is not 1 to 5"
    return "duplicate visit" if visit.presentation.case_id in seen else None


def _reason(error: BadInputError | DataFormatError) -> str:
    """Return a countable reason, without the names and values of one bundle."""
    if isinstance(error, BadInputError):
        kind = error.field.rsplit(": ", 1)[-1]
        return f"{kind.split(' of ')[0] if 'subject' in kind else kind}: not usable"
    return "not a valid FHIR R4 bundle"


def _notes(scales: list[str], skipped: Counter[str]) -> tuple[str, ...]:
    source = fhir_map().source
    notes = [
        f"source: {source.name}; terms: {source.terms}",
        f"label: Encounter.priority, by the triage nurse; scale {scales[0] if scales else 'unknown'}",
        "cluster: patient; splits: all test",
    ]
    if skipped:
        notes.append("left out: " + counts_in_words(skipped))
    return tuple(notes)
