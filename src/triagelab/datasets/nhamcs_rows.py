"""NHAMCS rows -> cases. Works on a frame, so that every quirk can be tested without a survey file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.vitals import VitalSigns, fahrenheit_to_celsius
from triagelab.datasets.base import Reject, Visits
from triagelab.datasets.columns import SurveyMap
from triagelab.datasets.notes import DAYS_A_YEAR, note, patient_words, vital_words
from triagelab.errors import DataFormatError

NOT_A_NUMBER = 998.0  # PULSE and BPDIAS: taken by Doppler or palpation, no number
TOP_CODED_AGE = 93.0
SEX = {1.0: "female", 2.0: "male"}
RESIDENCE = {2.0: "nursing home", 3.0: "homeless", 4.0: "other"}
INJURY = {0.0: "no", 1.0: "yes", 2.0: "questionable"}


@dataclass
class YearOfCases(Visits):
    """The cases of one survey year, the refused rows, and counts worth a note."""

    codes_without_text: Counter[int] = field(default_factory=Counter)


def cases_from_frame(
    frame: pl.DataFrame, columns: SurveyMap, words: Mapping[int, str], *, year: int, split: str, source: str
) -> YearOfCases:
    """Return the cases of one survey year.

    Only columns of the allow-list reach `_presentation`; the label and the survey design are read apart from them.
    Missing: negative codes and NaN are "not recorded". Raises: DataFormatError if a column of the map is not there.
    """
    absent = [name for name in columns.read_columns() if name not in frame.columns]
    if absent:
        raise DataFormatError(
            f"{source}: no column {', '.join(absent[:6])}; expected a NHAMCS emergency file of 2016-2020"
        )
    shown = frame.select(columns.allowed()).to_dict(as_series=False)
    names = tuple(shown)
    design = columns.design
    hidden = frame.select(columns.label.column, design.weight, design.cluster).rows()
    year_of_cases = YearOfCases()
    for index, ((level, weight, cluster), values) in enumerate(
        zip(hidden, zip(*shown.values(), strict=True), strict=True)
    ):
        if level is None or level not in (1.0, 2.0, 3.0, 4.0, 5.0):
            year_of_cases.rejects.append(Reject(f"{source} row {index + 1}", _refusal(level, columns)))
            continue
        row = dict(zip(names, values, strict=True))
        shown_case = _presentation(f"nhamcs-{year}-{index + 1:05d}", row, columns, words, year_of_cases)
        year_of_cases.cases.append(
            Case(
                presentation=shown_case,
                truth=Truth(level=int(level), scale=columns.label.scale, labelled_by="nurse"),
                dataset="nhamcs",
                split=split,
                cluster=f"{year}-{cluster:g}" if _known(cluster) else None,
                weight=float(weight) if _known(weight) else None,
            )
        )
    return year_of_cases


def _refusal(level: float | None, columns: SurveyMap) -> str:
    if level is None or level != level:
        return "no triage level (missing)"
    return columns.label.refused.get(f"{level:g}", f"no triage level (code {level:g})")


def _known(value: float | None) -> bool:
    """Return whether a survey value is a value: not null, not NaN, not one of the negative missing codes."""
    return value is not None and value == value and value >= 0


def _presentation(
    case_id: str, row: Mapping[str, Any], columns: SurveyMap, words: Mapping[int, str], counts: YearOfCases
) -> Presentation:
    """Return what may be shown; `row` holds the columns of the allow-list and nothing else."""
    age_years = _age(row)
    sex = SEX.get(row["SEX"])
    arrival = {1.0: "ambulance", 2.0: "walk_in"}.get(row["ARREMS"])
    vitals = _vitals(row, counts)
    codes = [int(row[f"RFV{i}"]) for i in range(1, 6) if _known(row[f"RFV{i}"]) and row[f"RFV{i}"] > 0]
    complaint = _complaint(codes, columns, words, counts)
    history, flags_known = _history(row, columns)
    structured = _structured(row, codes, history, columns, flags_known)
    opening = patient_words(age_years, sex, arrival if arrival == "ambulance" else None)
    palpated, doppler = row["BPDIAS"] == NOT_A_NUMBER, row["PULSE"] == NOT_A_NUMBER
    return Presentation(
        case_id=case_id,
        narrative=note(
            opening,
            complaint,
            _details(structured),
            vital_words(vitals, palpated=palpated, doppler=doppler),
            history,
            none_known=flags_known,
        ),
        age_years=age_years,
        sex=sex,
        arrival=arrival,
        chief_complaint=complaint,
        vitals=vitals,
        history=history,
        structured=structured,
    )


def _age(row: Mapping[str, Any]) -> float | None:
    if not _known(row["AGE"]):
        return None
    if row["AGE"] > 0:
        return float(row["AGE"])
    return float(row["AGEDAYS"]) / DAYS_A_YEAR if _known(row["AGEDAYS"]) else 0.5


def _vitals(row: Mapping[str, Any], counts: YearOfCases) -> VitalSigns:
    raw = {
        "heart_rate_bpm": row["PULSE"],
        "resp_rate_bpm": row["RESPR"],
        "sbp_mmhg": row["BPSYS"],
        "dbp_mmhg": row["BPDIAS"],
        "spo2_pct": row["POPCT"],
        "pain_score": row["PAINSCALE"],
    }
    known = {name: value for name, value in raw.items() if _known(value)}
    for name in ("heart_rate_bpm", "dbp_mmhg"):
        if known.get(name) == NOT_A_NUMBER:
            del known[name]
    if _known(row["TEMPF"]):
        known["temp_c"] = round(fahrenheit_to_celsius(row["TEMPF"] / 10.0), 1)
    if _saturation_is_a_slip(known):
        del known["spo2_pct"]
        counts.implausible["spo2_pct"] += 1
    vitals, refused = VitalSigns.clean(known)
    counts.implausible.update(refused)
    return vitals


def _saturation_is_a_slip(known: Mapping[str, float]) -> bool:
    """Return whether a saturation under 50 stands beside a beating, breathing patient.

    In these files such values repeat the respiratory rate or the pain score of the same row; beside a pulse, rate or
    pressure of zero they are an arrest and stay.
    """
    if known.get("spo2_pct", 100.0) >= 50.0:
        return False
    others = [known[name] for name in ("heart_rate_bpm", "resp_rate_bpm", "sbp_mmhg") if name in known]
    return bool(others) and all(value > 0 for value in others)


def _complaint(codes: list[int], columns: SurveyMap, words: Mapping[int, str], counts: YearOfCases) -> str | None:
    """Return the reasons for the visit in words; a detailed code without text falls back to its broader code."""
    said: list[str] = []
    for code in codes:
        if code in columns.not_a_complaint.codes:
            continue
        text = words.get(code) or words.get(code // 10 * 10)
        if text is None:
            counts.codes_without_text[code] += 1
        elif text not in said:
            said.append(text)
    return "; ".join(said) or None


def _history(row: Mapping[str, Any], columns: SurveyMap) -> tuple[tuple[str, ...], bool]:
    """Return the chronic diseases recorded as present, and whether the item was answered at all."""
    present = tuple(words for name, words in columns.chronic.items() if row[name] == 1.0)
    return present, bool(present) or row["NOCHRON"] in (0.0, 1.0)


def _structured(
    row: Mapping[str, Any], codes: list[int], history: tuple[str, ...], columns: SurveyMap, flags_known: bool
) -> dict[str, str | float | None]:
    """Return the other fields by name; absent means not recorded."""
    fields: dict[str, str | float | None] = {f"rfv{i}": str(code) for i, code in enumerate(codes, start=1)}
    fields["n_reasons"] = float(len(codes))
    if flags_known:
        fields["n_chronic"] = float(len(history))
    for name, words in columns.chronic.items():
        if row[name] == 1.0:
            fields["chronic_" + words.replace(" ", "_").replace("-", "_").lower()] = 1.0
    if (injury := INJURY.get(row["INJURY"])) is not None:
        fields["injury"] = injury
    for column, key, names in (
        ("INJURY72", "injury_age", {1.0: "under 72 h", 2.0: "over 72 h"}),
        ("INTENT15", "injury_intent", {1.0: "intentional", 2.0: "unintentional"}),
        ("RESIDNCE", "residence", RESIDENCE),
        ("AMBTRANSFER", "transfer", {1.0: "yes"}),
        ("SEEN72", "seen_72h", {1.0: "yes", 2.0: "no"}),
        ("EPISODE", "episode", {1.0: "first", 2.0: "follow-up"}),
    ):
        if (text := names.get(row[column])) is not None:
            fields[key] = text
    hour = str(row["ARRTIME"] or "").strip()
    if len(hour) == 4 and hour.isdigit() and int(hour[:2]) < 24:
        fields["arrival_hour"] = float(hour[:2])
    if _known(row["AGE"]) and row["AGE"] >= TOP_CODED_AGE:
        fields["age_top_coded"] = 1.0
    if row["PULSE"] == NOT_A_NUMBER:
        fields["pulse_by_doppler"] = 1.0
    if row["BPDIAS"] == NOT_A_NUMBER:
        fields["bp_by_palpation"] = 1.0
    return fields


def _details(structured: Mapping[str, str | float | None]) -> list[str]:
    """Return the sentences between complaint and vital signs."""
    details: list[str] = []
    injury = structured.get("injury")
    if injury == "yes":
        more = [str(structured[key]) for key in ("injury_intent", "injury_age") if key in structured]
        kept = [word for word in more if word != "unintentional"]
        details.append("Injury: yes" + (f" ({', '.join(kept)})" if kept else ""))
    elif injury is not None:
        details.append(f"Injury: {injury}")
    if structured.get("transfer") == "yes":
        details.append("Transferred from another facility")
    if structured.get("residence") in ("nursing home", "homeless"):
        details.append("From a nursing home" if structured["residence"] == "nursing home" else "Homeless")
    if structured.get("seen_72h") == "yes":
        details.append("Seen here within 72 h")
    elif structured.get("episode") == "follow-up":
        details.append("Follow-up visit")
    return details
