"""Shock index (heart rate over systolic pressure) with its classes, and SIPA, its age-adjusted form for children."""

from __future__ import annotations

from dataclasses import dataclass

from triagelab.clinical.ages import known_age
from triagelab.clinical.scores_table import SipaRow, score_file, score_table
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError

CLASSES: tuple[str, ...] = ("I", "II", "III", "IV")


@dataclass(frozen=True, slots=True)
class ShockIndex:
    """The shock index of one patient.

    Missing: without heart rate or pressure everything is None but `missing`. A pressure of 0 cannot be divided by and
    counts as missing: such a patient is in arrest, and the index says nothing.

    Attributes:
        value: heart rate over systolic pressure.
        band: class of shock: I below 0.6, II from 0.6, III from 1.0, IV from 1.4.
        worrying: above 0.9.
        usual: from 0.5 to 0.7.
        missing: names of the values that are needed.
    """

    value: float | None
    band: str | None
    worrying: bool | None
    usual: bool | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sipa:
    """The shock index of a child against the limit of its age.

    Attributes:
        value: heart rate over systolic pressure, None where one is missing.
        limit: the highest index that is not elevated, None where the age is unknown.
        elevated: None where it is open; an index beyond every age's limit, or within all of them, needs no age.
        missing: names of the unknown values that can change the answer.
    """

    value: float | None
    limit: float | None
    elevated: bool | None
    missing: tuple[str, ...]


def _ratio(vitals: VitalSigns) -> tuple[float | None, tuple[str, ...]]:
    pulse, pressure = vitals.heart_rate_bpm, vitals.sbp_mmhg
    missing = ("heart_rate_bpm",) if pulse is None else ()
    if pressure is None or pressure == 0:
        return None, (*missing, "sbp_mmhg")
    return (None if pulse is None else pulse / pressure), missing


def shock_index(vitals: VitalSigns) -> ShockIndex:
    """Return the shock index of an adult."""
    value, missing = _ratio(vitals)
    if value is None:
        return ShockIndex(None, None, None, None, missing)
    items = score_table("shock_index").items
    return ShockIndex(
        value=value,
        band=CLASSES[items["class"].points(value) - 1],
        worrying=items["worrying"].points(value) == 1,
        usual=items["range"].points(value) == 0,
        missing=missing,
    )


def sipa_row(age_years: float) -> SipaRow:
    """Return the limit of an age in completed years.

    Raises: BadInputError for an age that SIPA has no limit for.
    """
    rows = score_file().sipa
    if not rows[0].from_years <= age_years < rows[-1].under_years:
        allowed = f"from {rows[0].from_years:g} to under {rows[-1].under_years:g} years"
        raise BadInputError("age_years", age_years, allowed, "SIPA has no limit for other ages")
    return next(row for row in rows if age_years < row.under_years)


def sipa(vitals: VitalSigns, age_years: float | None) -> Sipa:
    """Return SIPA of a child from 4 to 16 years.

    Raises: BadInputError for a known age that SIPA has no limit for.
    """
    value, missing = _ratio(vitals)
    age = known_age(age_years)
    if age is not None:
        limit = sipa_row(age).above
        return Sipa(value, limit, None if value is None else value > limit, missing)
    if value is None:
        return Sipa(None, None, None, (*missing, "age_years"))
    answers = {value > row.above for row in score_file().sipa}
    if len(answers) == 1:
        return Sipa(value, None, answers.pop(), missing)
    return Sipa(value, None, None, (*missing, "age_years"))
