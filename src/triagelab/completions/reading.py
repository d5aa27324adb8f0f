"""What a gold answer may say of a case: complaint, notable vital signs, red flags, resources. Nothing is invented."""

from __future__ import annotations

import re
from dataclasses import dataclass

from triagelab.cases.schema import Case
from triagelab.clinical.facts import RESOURCE_TYPES, vocabulary
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

NOT_A_FLAG = frozenset(
    {
        "spo2_baseline_low", "home_oxygen", "chronic_tracheostomy", "nonverbal_baseline", "stable_after_intervention",
        "intervention_resolved_long_ago", "chronic_drain", "indwelling_central_line", "supplemental_oxygen",
        "isolated_limb_injury", "minor_wound", "immunised_fully", "fever_source_obvious", "diabetic",
        "simple_febrile_seizure_recovered",
    }
)  # fmt: skip
"""Facts that reassure or only describe; they are true of many patients who are not at risk."""

_FIRST_SENTENCE = re.compile(r"[^.;\n]{3,}")


@dataclass(frozen=True, slots=True)
class Reading:
    """The parts of a gold answer.

    Missing: `resources` None is not known; an empty tuple is none needed. `flags` holds fact ids.
    """

    complaint: str
    vitals: VitalSigns
    notable: tuple[str, ...]
    flags: tuple[str, ...]
    resources: tuple[str, ...] | None
    point: str


def read_case(case: Case) -> Reading:
    """Return what the gold answer of this case says: latent facts where the engine labelled it, the note's own otherwise."""
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
    return Reading(
        complaint=_complaint(case),
        vitals=vitals,
        notable=notable(vitals, age),
        flags=_flags(true_facts),
        resources=resources,
        point=truth.point or {1: "A", 2: "B"}.get(truth.level, "D" if truth.level == 3 else "C"),
    )


def notable(vitals: VitalSigns, age_years: float | None) -> tuple[str, ...]:
    """Return the vital signs worth naming, as "HR 118", the most telling first."""
    measured = vitals.measured()
    out = [name for name, value in measured.items() if _is_notable(name, value, age_years)]
    order = ("spo2_pct", "gcs", "sbp_mmhg", "heart_rate_bpm", "resp_rate_bpm", "glucose_mg_dl", "temp_c", "pain_score")
    return tuple(vital_words(name, measured[name]) for name in order if name in out)


def vital_words(name: str, value: float) -> str:
    """Return one vital sign as two words, "T 38.9"."""
    return f"{RANGES[name].label} {value:g}" if name != "temp_c" else f"T {value:.1f}"


def _is_notable(name: str, value: float, age_years: float | None) -> bool:
    adult = age_years is None or age_years >= 12
    limits = {
        "spo2_pct": value < 92,
        "gcs": value < 15,
        "sbp_mmhg": adult and value < 90,
        "heart_rate_bpm": adult and (value > 100 or value < 50),
        "resp_rate_bpm": adult and (value > 20 or value < 10),
        "glucose_mg_dl": value < 60 or value > 300,
        "temp_c": value > 38.0 or value < 36.0,
        "pain_score": value >= 7,
    }
    return limits.get(name, False)


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
