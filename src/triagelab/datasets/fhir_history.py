"""What was known of a patient before the visit: problems, allergies, medicines; and the complaint that brings them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from html import unescape
from typing import Any

from triagelab.datasets.cells import one_line
from triagelab.datasets.fhir_bundle import Bundle, Resource
from triagelab.datasets.fhir_map import fhir_map
from triagelab.datasets.fhir_times import TriageHours, effective, instant
from triagelab.datasets.fhir_vitals import codes_of

MAX_WORDS = 200
MAX_COMPLAINT = 2_000
_PRESENT = ("active", "recurrence", "relapse")
_TAG = re.compile(r"<[^<>]{0,2000}>")


def words_of(concept: Any) -> str | None:
    """Return what a CodeableConcept says in words: its text, else the first display."""
    if not isinstance(concept, Mapping):
        return None
    displays = [coding.get("display") for coding in concept.get("coding", [])]
    said = next((text for text in (concept.get("text"), *displays) if isinstance(text, str) and text.strip()), None)
    return one_line(said, MAX_WORDS)


def _code(concept: Any) -> str | None:
    codings = concept.get("coding", []) if isinstance(concept, Mapping) else []
    return codings[0].get("code") if codings else None


def problems(bundle: Bundle, encounter: Resource | None, hours: TriageHours, skipped: Counter[str]) -> list[str]:
    """Return the diseases known before the visit; a diagnosis of this visit is never among them."""
    said: list[str] = []
    for one in bundle.of("Condition"):
        void = _code(one.get("verificationStatus")) in ("refuted", "entered-in-error", "provisional", "differential")
        of_a_visit = any(_code(category) == "encounter-diagnosis" for category in one.get("category", []))
        here = bundle.resolve(one.get("encounter")) if one.get("encounter") else None
        if void or _code(one.get("verificationStatus")) == "unconfirmed":
            skipped["condition not confirmed"] += 1
        elif (here is not None and here is encounter) or not _known_before(one, hours, of_a_visit):
            skipped["condition of this visit or without a date"] += 1
        elif words := words_of(one.get("code")):
            status = _code(one.get("clinicalStatus"))
            said.append(words if status is None or status in _PRESENT else f"{words} ({status})")
    return list(dict.fromkeys(said))


def _known_before(one: Resource, hours: TriageHours, of_a_visit: bool) -> bool:
    """Return whether a condition was known before: recorded, else begun, before arrival; or on the problem list."""
    written = one.get("recordedDate") or one.get("onsetDateTime")
    if written is not None:
        end = hours.start
        moment = instant(written)
        return moment < end if moment and end else hours.before(written)
    return not of_a_visit and any(_code(category) == "problem-list-item" for category in one.get("category", []))


def allergies(bundle: Bundle, hours: TriageHours, skipped: Counter[str]) -> list[str]:
    """Return the active allergies recorded up to triage."""
    said: list[str] = []
    for one in bundle.of("AllergyIntolerance"):
        void = _code(one.get("verificationStatus")) in ("refuted", "entered-in-error")
        if void or _code(one.get("clinicalStatus")) not in (None, "active") or _too_late(one, "recordedDate", hours):
            skipped["allergy not active or later"] += 1
        elif words := words_of(one.get("code")):
            said.append(words)
    return list(dict.fromkeys(said))


def medicines(bundle: Bundle, hours: TriageHours, skipped: Counter[str]) -> list[str]:
    """Return the medicines the patient takes by statements made up to triage; nothing that was ordered or given."""
    said: list[str] = []
    for one in bundle.of("MedicationStatement"):
        started = one.get("effectiveDateTime") or one.get("effectivePeriod", {}).get("start")
        late = _too_late(one, "dateAsserted", hours) or (started is not None and not hours.before(started))
        if one.get("status") != "active" or late:
            skipped["medicine not active or later"] += 1
        elif words := words_of(one.get("medicationCodeableConcept")) or _referred(bundle, one):
            said.append(words)
    return list(dict.fromkeys(said))


def _referred(bundle: Bundle, one: Resource) -> str | None:
    reference = one.get("medicationReference")
    target = bundle.resolve(reference) or _contained(one, reference)
    shown = reference.get("display") if isinstance(reference, Mapping) else None
    return words_of(target.get("code")) if target else one_line(shown, MAX_WORDS)


def _contained(one: Resource, reference: Any) -> Resource | None:
    wanted = str(reference.get("reference")).removeprefix("#") if isinstance(reference, Mapping) else None
    return next((inner for inner in one.get("contained", []) if inner.get("id") == wanted), None)


def _too_late(one: Resource, key: str, hours: TriageHours) -> bool:
    return one.get(key) is not None and not hours.before(one[key])


def complaint(
    bundle: Bundle, observations: list[Resource], encounter: Resource | None, hours: TriageHours
) -> str | None:
    """Return the chief complaint: an observation, else the section of the triage note, else the visit's reason."""
    codes = fhir_map().complaint
    for one in observations:
        if codes_of(one.get("code")) & set(codes.observation_codes) and _in_time(effective(one), hours):
            said = one_line(one.get("valueString"), MAX_COMPLAINT) or words_of(one.get("valueCodeableConcept"))
            if said:
                return said
    for note in bundle.of("Composition"):
        if codes_of(note.get("type")) & set(codes.composition_types) and _in_time(note.get("date"), hours):
            for section in note.get("section", []):
                if codes_of(section.get("code")) & set(codes.section_codes) and (said := _plain(section.get("text"))):
                    return said
    reasons = [words for reason in (encounter or {}).get("reasonCode", []) if (words := words_of(reason))]
    return "; ".join(dict.fromkeys(reasons)) or None


def _in_time(text: Any, hours: TriageHours) -> bool:
    moment = instant(text)
    return moment is None or hours.hold(moment)


def _plain(narrative: Any) -> str | None:
    """Return the words of a section's XHTML."""
    div = narrative.get("div") if isinstance(narrative, Mapping) else None
    return one_line(unescape(_TAG.sub(" ", div)), MAX_COMPLAINT) if isinstance(div, str) else None


def arrival(observations: list[Resource], encounter: Resource | None) -> str | None:
    """Return how the patient came, from words in the transport mode or the admit source; None if they say nothing."""
    transport = fhir_map().transport
    said = [
        words_of(one.get("valueCodeableConcept")) or one.get("valueString")
        for one in observations
        if codes_of(one.get("code")) & set(transport.codes)
    ]
    source = (encounter or {}).get("hospitalization", {}).get("admitSource")
    if _code(source) == "hosp-trans":
        return "transfer"
    text = " ".join(filter(None, [*said, words_of(source)])).lower()
    return next((way for word, way in transport.words.items() if word in text), None)
