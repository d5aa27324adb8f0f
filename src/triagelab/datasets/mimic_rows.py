"""MIMIC-IV-ED rows -> cases. Works on a frame of text cells, so that every quirk can be tested on made-up rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.vitals import VitalSigns, temperature_c
from triagelab.datasets.base import Reject, Visits
from triagelab.datasets.cells import level_of, number, one_line
from triagelab.datasets.notes import note, patient_words, vital_words
from triagelab.datasets.progress import track

SEX = {"F": "female", "M": "male"}
ARRIVAL = {"AMBULANCE": "ambulance", "WALK IN": "walk_in", "HELICOPTER": "helicopter"}
VITALS = {
    "heartrate": "heart_rate_bpm",
    "resprate": "resp_rate_bpm",
    "o2sat": "spo2_pct",
    "sbp": "sbp_mmhg",
    "dbp": "dbp_mmhg",
}
DEIDENTIFIED = "___"
MAX_PAIN_TEXT = 20


def cases_from_frame(frame: pl.DataFrame, *, scale: str, credentialed: bool, split_of: Callable[[str], str]) -> Visits:
    """Return one case a visit; the label is taken out of the row before the rest of it is shown."""
    visits = Visits()
    seen: set[str] = set()
    for row in track(frame.iter_rows(named=True), "MIMIC-IV-ED", len(frame)):
        level, stay = row.pop("level"), row["stay_id"]
        reason = _refusal(level, stay, seen)
        if reason:
            visits.rejects.append(Reject(f"triage stay_id {stay}", reason))
            continue
        seen.add(stay)
        shown = _presentation(row, credentialed, visits.implausible)
        truth = Truth(level=int(float(level)), scale=scale, labelled_by="nurse")
        patient = row["subject_id"]
        visits.cases.append(Case(shown, truth, "mimic-iv-ed", split_of(patient or stay), cluster=patient))
    return visits


def _refusal(level: str | None, stay: str | None, seen: set[str]) -> str | None:
    if not stay:
        return "no stay_id"
    if stay in seen:
        return "duplicate stay_id"
    if number(level) is None:
        return "no triage level (missing)"
    return None if level_of(level) else "acuity is not 1 to 5"


def _presentation(row: Mapping[str, Any], credentialed: bool, implausible: Counter[str]) -> Presentation:
    vitals = vitals_of(row, implausible)
    age_years, sex = _age(row), SEX.get(row["gender"])
    arrival = ARRIVAL.get(row["arrival_transport"])
    complaint = _words(row["chiefcomplaint"])
    structured: dict[str, str | float | None] = {}
    details: list[str] = []
    if (pain := pain_text(row["pain"])) is not None:
        structured["pain_text"] = pain
        details.append(f"Pain: {pain}")
    if (hour := _hour(row["intime"])) is not None:
        structured["arrival_hour"] = hour
    opening = patient_words(age_years, sex, arrival if arrival != "walk_in" else None)
    return Presentation(
        case_id=f"mimic-{row['stay_id']}",
        narrative=note(opening, complaint, details, vital_words(vitals), (), none_known=False),
        age_years=age_years,
        sex=sex,
        arrival=arrival,
        chief_complaint=complaint,
        vitals=vitals,
        structured=structured,
        credentialed=credentialed,
    )


def vitals_of(row: Mapping[str, Any], implausible: Counter[str]) -> VitalSigns:
    """Return the vital signs of a row with the columns of the triage table; implausible ones are counted instead."""
    raw: dict[str, float] = {}
    for column, name in VITALS.items():
        if (value := number(row[column])) is not None:
            raw[name] = value
    if (pain := number(row["pain"])) is not None:
        raw["pain_score"] = pain
    if (measured := number(row["temperature"])) is not None:
        celsius = temperature_c(measured)
        if celsius is None:
            implausible["temp_c"] += 1
        else:
            raw["temp_c"] = round(celsius, 1)
    vitals, refused = VitalSigns.clean(raw)
    implausible.update(refused)
    return vitals


def _age(row: Mapping[str, Any]) -> float | None:
    """Return the age at arrival: the anchor age moved by the years between; ages over 89 are one group, kept as 91."""
    anchor_age, anchor_year = number(row["anchor_age"]), number(row["anchor_year"])
    year = number((row["intime"] or "")[:4])
    if anchor_age is None or anchor_year is None or year is None:
        return None
    age_years = anchor_age + (year - anchor_year)
    return age_years if 0 <= age_years <= 125 else None


def _words(text: str | None) -> str | None:
    """Return one line of text without control characters and without the mark of removed words."""
    return one_line((text or "").replace(DEIDENTIFIED, " "))


def pain_text(text: str | None) -> str | None:
    """Return what was written instead of a score ("unable"), None for a score or nothing."""
    words = _words(text)
    return words[:MAX_PAIN_TEXT].lower() if words and number(words) is None else None


def _hour(intime: str | None) -> float | None:
    hour = number((intime or "")[11:13])
    return hour if hour is not None and 0 <= hour < 24 else None
