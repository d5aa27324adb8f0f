"""The latent patient at the bedside: who it is, what is true on arrival, what is kept back. Never shown to an agent."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from triagelab.cases.archetypes import Archetype
from triagelab.cases.bedside.vocabulary import bedside_table, channels, patterns
from triagelab.cases.draws import Draws
from triagelab.cases.generator import draw_archetype
from triagelab.cases.patient import PAIN_FROM_YEARS, Patient, draw_patient
from triagelab.cases.speech import NOT_SPEAKING
from triagelab.clinical.facts import Facts

COMA = (
    ("pulseless", (3, 3)),
    ("cpr_in_progress", (3, 3)),
    ("unresponsive", (3, 8)),
    ("active_seizure", (3, 8)),
    ("apneic", (3, 6)),
    ("flaccid_infant", (6, 11)),
    ("hypoglycaemia_altered", (9, 13)),
    ("obtunded", (9, 12)),
    ("acute_mental_status_change", (13, 14)),
    ("prolonged_postictal", (12, 14)),
    ("new_confusion", (13, 14)),
    ("confusion_unknown_baseline", (13, 14)),
    ("confusion_at_baseline", (14, 14)),
)
"""Facts that lower the coma score, the lowest first, with its range; own assumption."""
SUGAR = (78.0, 132.0)
"""Blood sugar in mg/dL of a patient for whom it says nothing."""
_LOW_SUGAR = (24.0, 44.0)
_KETOTIC_SUGAR = (300.0, 560.0)
_DIABETIC_SUGAR = (118.0, 236.0)
_HURTS = re.compile(r"\b(?:pain\w*|ache\w*|aching|sore\w*|hurt\w*|cramp\w*|colic|agony|burn\w*|sting\w*|throb\w*)")
_PAINFUL = frozenset(("headache", "chest_pain", "abdominal_pain", "pain_corroborated", "pain_central"))


@dataclass(frozen=True, slots=True)
class BedsidePatient:
    """One patient as the environment knows it.

    Attributes:
        case_id: stable id; with it the truth can be computed, so it is not shown either.
        patient: the generator's latent patient, for words (complaint, story, sex, speech).
        complaint: why the patient came, in a few words.
        start: facts on arrival, with every vital sign that can be measured at all, recorded or not.
        minimised: facts of the history that the patient plays down until asked again; with `pain_score` among them,
            the first number for pain is too low.
        pattern: the clinical pattern, one of `actions.PATTERNS`.
        tier: easy, medium or hard, for the named tasks.
        own_words: the history is heard in the words of who speaks; otherwise in those of the nurse who took it.
    """

    case_id: str
    patient: Patient
    complaint: str
    start: Facts
    minimised: frozenset[str]
    pattern: str
    tier: str | None = None
    own_words: bool = True


def draw_bedside(split: str, seed: int) -> BedsidePatient:
    """Return the patient of one seed in a split; the same arguments give the same patient.

    Raises: UnknownNameError for a split that does not exist.
    """
    draws = Draws("cases.bedside", seed, split)
    return bedside_patient(draw_archetype(split, draws), draws, f"bedside-{split}-{seed}")


def bedside_patient(
    archetype: Archetype, draws: Draws, case_id: str, *, minimises: bool | None = None
) -> BedsidePatient:
    """Return one patient of a kind you choose, such as for a named task.

    Args:
        minimises: whether symptoms are played down; None leaves it to chance. Nobody minimises who cannot speak.
    """
    patient = draw_patient(archetype, draws, recorded=False)
    start = _measurable(patient, draws)
    patient = replace(patient, facts=start)
    complaint, own_words = draws.pick(archetype.complaint), draws.chance(0.5)
    if own_words:
        complaint = archetype.complaint[0]  # the one that fits the patient's words, as in the notes of that voice
    return BedsidePatient(
        case_id=case_id,
        patient=patient,
        complaint=complaint.format_map(_tokens(patient)),
        start=start,
        minimised=_minimised(patient, draws, minimises),
        pattern=patterns()[archetype.id],
        own_words=own_words,
    )


def _tokens(patient: Patient) -> dict[str, object]:
    weeks = patient.facts.pregnancy_weeks
    woman = patient.sex == "female"
    return {
        "side": patient.side,
        "other": "right" if patient.side == "left" else "left",
        "weeks": int(weeks) if weeks is not None else "some",
        "pp": patient.pp_days,
        "he": "she" if woman else "he",
        "his": "her" if woman else "his",
        "him": "her" if woman else "him",
    }


def coma_score_of(facts: Facts, draws: Draws) -> float | None:
    """Return a coma score that fits the facts; None where none can be given."""
    flags = facts.flags
    if flags.get("nonverbal_baseline") or flags.get("intubated"):
        return None
    for name, limits in COMA:
        if flags.get(name):
            return float(draws.whole(*limits))
    return 15.0


def _sugar(facts: Facts, draws: Draws) -> float:
    flags = facts.flags
    limits = SUGAR
    if flags.get("hypoglycaemia_altered"):
        limits = _LOW_SUGAR
    elif flags.get("dka_suspected"):
        limits = _KETOTIC_SUGAR
    elif flags.get("diabetic"):
        limits = _DIABETIC_SUGAR
    return float(round(draws.between(*limits)))


def _measurable(patient: Patient, draws: Draws) -> Facts:
    """Return the facts with coma score, sugar and, where nothing hurts, no pain filled in."""
    facts = patient.facts
    given: dict[str, float | None] = {}
    coma, sugar = coma_score_of(facts, draws), _sugar(facts, draws)
    if facts.vitals.gcs is None:
        given["gcs"] = coma
    if facts.vitals.glucose_mg_dl is None:
        given["glucose_mg_dl"] = sugar
    if facts.vitals.pain_score is None and _without_pain(patient):
        given["pain_score"] = 0.0
    return replace(facts, vitals=facts.vitals.with_(**given))


def _without_pain(patient: Patient) -> bool:
    if patient.age.years < PAIN_FROM_YEARS or any(patient.facts.flags.get(name) for name in NOT_SPEAKING | _PAINFUL):
        return False
    return not (_speaks_of_pain(patient.archetype) or any(layer.story for layer in patient.modifiers))


@cache
def _painful_words(identity: str, words: tuple[str, ...]) -> bool:
    return any(_HURTS.search(text.lower()) for text in words)


def _speaks_of_pain(archetype: Archetype) -> bool:
    told = (text for group in (*archetype.story, *archetype.lay_story) for text in group)
    return _painful_words(archetype.id, (*archetype.complaint, *archetype.lay, *told))


def _minimised(patient: Patient, draws: Draws, minimises: bool | None) -> frozenset[str]:
    """Return what this patient plays down: some true symptoms that complaint and story have not already said."""
    table = bedside_table().minimise
    happens = draws.chance(table.share)
    flags = patient.facts.flags
    silent = patient.archetype.bystander or any(flags.get(name) for name in NOT_SPEAKING)
    if silent or patient.age.years < table.from_years or not (happens if minimises is None else minimises):
        return frozenset()
    said = {name for layer in (patient.archetype, *patient.modifiers) for name in layer.stated}
    history = channels().history()
    own = [name for name in patient.told if name in history and name not in said and name not in table.never]
    chosen = set(draws.sample(own, table.most_facts))
    if (patient.facts.vitals.pain_score or 0.0) >= 4.0:
        chosen.add("pain_score")
    return frozenset(chosen)


__all__ = ["BedsidePatient", "bedside_patient", "coma_score_of", "draw_bedside"]
