"""What a gold answer may say of a case: complaint, notable vital signs, red flags, resources. Nothing is invented."""

from __future__ import annotations

import re
from dataclasses import dataclass

from triagelab.cases.schema import Case
from triagelab.clinical.facts import RESOURCE_TYPES, vocabulary
from triagelab.clinical.knowledge import esi_table
from triagelab.clinical.vitals import RANGES, VitalSigns

RED_FLAG_GROUPS = (
    "intervention",
    "circulation",
    "airway_breathing",
    "neuro_critical",
    "trauma",
    "cardiac",
    "neuro",
    "respiratory",
    "abdomen_gu",
    "obstetric",
    "toxic_exposure",
    "psychiatric_social",
    "paediatric",
    "ent_eye",
    "host",
    "pain",
)
"""Fact groups in the order in which their members are named first."""

LIFE_GROUPS = frozenset({"intervention", "circulation", "airway_breathing", "neuro_critical", "trauma"})
"""Groups whose members can be the reason for level 1."""

NOT_A_FLAG = frozenset(
    {
        "spo2_baseline_low", "home_oxygen", "chronic_tracheostomy", "nonverbal_baseline", "confusion_at_baseline",
        "stable_after_intervention", "intervention_resolved_long_ago", "chronic_drain", "indwelling_central_line",
        "supplemental_oxygen", "isolated_limb_injury", "minor_wound", "immunised_fully", "fever_source_obvious",
        "diabetic", "simple_febrile_seizure_recovered", "abdominal_pain", "headache", "epistaxis", "fever",
        "infection_suspected",
    }
)  # fmt: skip
"""Facts that reassure, describe or only repeat the complaint; they are true of many patients who are not at risk."""

_NAMED_FIRST = (
    "spo2_pct", "gcs", "sbp_mmhg", "heart_rate_bpm", "resp_rate_bpm", "glucose_mg_dl", "temp_c", "pain_score",
)  # fmt: skip
_FIXED = {
    "spo2_pct": (92.0, 100.0),
    "gcs": (15.0, 15.0),
    "glucose_mg_dl": (60.0, 300.0),
    "temp_c": (36.0, 38.0),
    "pain_score": (0.0, 6.0),
}
"""Outside these a vital sign is named; limits of decisions stand in clinical/data."""

_FIRST_SENTENCE = re.compile(r"[^.;\n]{3,}")


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a gold answer.

    Missing: `resources` None is not known; an empty tuple is none needed. `rule` None: no engine decided.

    Attributes:
        complaint: in the source's words.
        vitals: what was measured.
        notable, danger: vital signs that stand out, and those in the danger zone of point D, as "HR 118".
        flags: fact ids, the gravest groups first.
        resources: fact ids of resource types.
        point: decision point that settles the level.
        rule: id of the rule that settled it.
    """

    complaint: str
    vitals: VitalSigns
    notable: tuple[str, ...]
    danger: tuple[str, ...]
    flags: tuple[str, ...]
    resources: tuple[str, ...] | None
    point: str
    rule: str | None


def read_case(case: Case) -> Reading:
    """Return what the gold answer says: latent facts where the engine labelled the case, the note's own otherwise."""
    shown, truth = case.presentation, case.truth
    if truth.labelled_by == "engine" and truth.facts:
        true_facts = {name for name, value in truth.facts.items() if value is True}
        resources = tuple(name for name in RESOURCE_TYPES if name in true_facts)
        vitals, age = shown.vitals, shown.age_years
    else:
        from triagelab.cases.extraction import extract

        said = extract(shown.narrative)
        true_facts = {name for name, value in said.facts.flags.items() if value is True}
        resources = None
        vitals = shown.vitals if shown.vitals.measured() else said.vitals
        age = shown.age_years if shown.age_years is not None else said.age_years
    point = truth.point or {1: "A", 2: "B", 3: "D"}.get(truth.level, "C")
    return Reading(
        complaint=_complaint(case),
        vitals=vitals,
        notable=notable(vitals, age),
        danger=in_danger_zone(vitals, age),
        flags=_flags(true_facts),
        resources=resources,
        point=point,
        rule=next((rule for rule in truth.because if rule.startswith(f"{point}.")), None),
    )


def notable(vitals: VitalSigns, age_years: float | None) -> tuple[str, ...]:
    """Return the vital signs worth naming, as "HR 118", the most telling first.

    Missing: an unknown age is read by the limits for adults; that decides only what is named, never a level.
    """
    age = 40.0 if age_years is None else age_years
    measured = vitals.measured()
    return tuple(
        vital_words(name, measured[name])
        for name in _NAMED_FIRST
        if name in measured and _stands_out(name, measured[name], age)
    )


def in_danger_zone(vitals: VitalSigns, age_years: float | None) -> tuple[str, ...]:
    """Return the danger-zone vital signs of decision point D, as "HR 118"."""
    age = 40.0 if age_years is None else age_years
    measured = vitals.measured()
    limits = {"spo2_pct": (92.0, None), "heart_rate_bpm": (None, "danger_hr"), "resp_rate_bpm": (None, "danger_rr")}
    found = []
    for name, (low, band) in limits.items():
        value = measured.get(name)
        if value is not None and (value < low if low is not None else value > _limit(str(band), age)):
            found.append(vital_words(name, value))
    return tuple(found)


def vital_words(name: str, value: float) -> str:
    """Return one vital sign as two words, "T 38.9"."""
    return f"{RANGES[name].label} {value:g}" if name != "temp_c" else f"T {value:.1f}"


def _stands_out(name: str, value: float, age: float) -> bool:
    if name == "heart_rate_bpm":
        return value > _limit("danger_hr", age) or value < _limit("severe_bradycardia", age)
    if name == "resp_rate_bpm":
        return value > _limit("danger_rr", age)
    if name == "sbp_mmhg":
        return value < _limit("hypotension", age)
    low, high = _FIXED[name]
    return value < low or value > high


def _limit(band: str, age: float) -> float:
    return next(row.limit for row in esi_table(5).bands[band] if row.low <= age < row.high)


def _flags(true_facts: set[str]) -> tuple[str, ...]:
    words = vocabulary()
    found = [name for name in true_facts if name in words and name not in NOT_A_FLAG]
    ranked = [name for name in found if words[name].group in RED_FLAG_GROUPS]
    position = {name: index for index, name in enumerate(words)}
    return tuple(sorted(ranked, key=lambda name: (RED_FLAG_GROUPS.index(words[name].group), position[name])))


def _complaint(case: Case) -> str:
    """Return the complaint as the source keeps it apart, or the first words of the note."""
    text = case.presentation.chief_complaint
    if not text:
        found = _FIRST_SENTENCE.search(case.presentation.narrative)
        text = found.group(0) if found else "not stated"
    return " ".join(text.split()).strip(" ,.-:\"'") or "not stated"
