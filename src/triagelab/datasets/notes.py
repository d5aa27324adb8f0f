"""A compact triage note from pre-triage fields; what is missing stays unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import VitalSigns

DAYS_A_YEAR = 365.25
COMPLAINT = "Complaint: "
_ARRIVAL = {
    "ambulance": "arrived by ambulance",
    "walk_in": "walked in",
    "helicopter": "arrived by helicopter",
    "police": "brought by police",
    "transfer": "transferred in",
}


def age_words(age_years: float) -> str:
    """Return the age as a nurse says it: days in the first weeks, then weeks, months, years."""
    if age_years >= 2:
        return f"{int(age_years)}-year-old"
    days = round(age_years * DAYS_A_YEAR)
    if days < 1:
        return "newborn"
    if days <= 28:
        return f"{days}-day-old"
    if days < 91:
        return f"{days // 7}-week-old"
    if age_years < 1:
        return f"{min(11, int(days / (DAYS_A_YEAR / 12)))}-month-old"
    return "1-year-old"


def patient_words(age_years: float | None, sex: str | None, arrival: str | None) -> str:
    """Return the opening of the note, or an empty string if nothing of it is known."""
    who = " ".join(part for part in (age_words(age_years) if age_years is not None else "", sex or "") if part)
    parts = [part for part in (who, _ARRIVAL.get(arrival or "", "")) if part]
    return ", ".join(parts)


def vital_words(vitals: VitalSigns, *, palpated: bool = False, doppler: bool = False) -> str:
    """Return the measured vital signs in the order they are charted.

    `palpated` and `doppler` say that a diastolic pressure or a rate was looked for and could not be counted.
    """
    parts: list[str] = []
    if vitals.heart_rate_bpm is not None:
        parts.append(f"HR {vitals.heart_rate_bpm:g}")
    elif doppler:
        parts.append("pulse by Doppler only")
    if vitals.resp_rate_bpm is not None:
        parts.append(f"RR {vitals.resp_rate_bpm:g}")
    if vitals.sbp_mmhg is not None and vitals.dbp_mmhg is not None:
        parts.append(f"BP {vitals.sbp_mmhg:g}/{vitals.dbp_mmhg:g}")
    elif vitals.sbp_mmhg is not None:
        parts.append(f"BP {vitals.sbp_mmhg:g}/palp" if palpated else f"SBP {vitals.sbp_mmhg:g}")
    elif vitals.dbp_mmhg is not None:
        parts.append(f"DBP {vitals.dbp_mmhg:g}")
    if vitals.spo2_pct is not None:
        parts.append(f"SpO2 {vitals.spo2_pct:g}%")
    if vitals.temp_c is not None:
        parts.append(f"T {vitals.temp_c:.1f} C")
    if vitals.pain_score is not None:
        parts.append(f"pain {vitals.pain_score:g}/10")
    if vitals.gcs is not None:
        parts.append(f"GCS {vitals.gcs:g}")
    if vitals.glucose_mg_dl is not None:
        parts.append(f"glucose {vitals.glucose_mg_dl:g} mg/dL")
    return ", ".join(parts)


def note(
    opening: str,
    complaint: str | None,
    details: Iterable[str],
    vitals: str,
    history: Sequence[str],
    *,
    none_known: bool,
) -> str:
    """Return the note; each part that is empty is left out. `none_known` says that no chronic disease was recorded."""
    parts = [opening] if opening else []
    if complaint:
        parts.append(f"{COMPLAINT}{complaint}")
    parts.extend(details)
    if vitals:
        parts.append(vitals)
    if history:
        parts.append("History: " + ", ".join(history))
    elif none_known:
        parts.append("History: none")
    if not parts:
        return ""
    return ". ".join([parts[0][0].upper() + parts[0][1:], *parts[1:]]) + "."


def is_record(presentation: Presentation) -> bool:
    """Return whether the narrative says no more than the fields do, because it was rendered from them."""
    complaint, told = presentation.chief_complaint, presentation.narrative
    if complaint is None:
        return False
    return told in ("", complaint) or not complaint or f"{COMPLAINT}{complaint}" in told
