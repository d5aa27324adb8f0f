"""Patients at the bedside: one a seed, everything measurable, the truth by the engine, some who play things down."""

from __future__ import annotations

from itertools import pairwise

import pytest

from triagelab.cases.archetypes import load_archetypes
from triagelab.cases.bedside.actions import PATTERNS
from triagelab.cases.bedside.patient import bedside_patient, coma_score_of, draw_bedside
from triagelab.cases.bedside.vocabulary import bedside_table, channels
from triagelab.cases.draws import Draws
from triagelab.cases.generator import draw_archetype, iter_detailed, label
from triagelab.cases.patient import draw_patient
from triagelab.cases.speech import NOT_SPEAKING
from triagelab.cases.splits import SPLITS, families_of
from triagelab.clinical.facts import Facts
from triagelab.errors import UnknownNameError

SEEDS = range(300)
PATIENTS = {split: [draw_bedside(split, seed) for seed in SEEDS] for split in SPLITS}
EVERYBODY = [patient for patients in PATIENTS.values() for patient in patients]


@pytest.mark.parametrize("split", SPLITS)
def test_the_same_seed_gives_the_same_patient(split: str) -> None:
    assert [draw_bedside(split, seed) for seed in range(30)] == PATIENTS[split][:30]


@pytest.mark.parametrize("split", SPLITS)
def test_neighbouring_seeds_give_different_patients(split: str) -> None:
    pairs = pairwise(PATIENTS[split])
    assert all(one.start != other.start and one.case_id != other.case_id for one, other in pairs)


@pytest.mark.parametrize("split", SPLITS)
def test_patients_come_from_the_families_of_their_split(split: str) -> None:
    assert {patient.patient.archetype.family for patient in PATIENTS[split]} <= families_of(split)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="split"):
        draw_bedside("exam", 1)


@pytest.mark.parametrize("split", SPLITS)
def test_levels_come_near_the_mix_of_the_notes(split: str) -> None:
    here = [label(patient.start)[0].level for patient in PATIENTS[split]]
    notes = [item.case.truth.level for item in iter_detailed(300, 9, split)]
    for level in range(1, 6):
        assert abs(here.count(level) - notes.count(level)) <= 45, level


def test_patterns_are_of_the_closed_list() -> None:
    assert {patient.pattern for patient in EVERYBODY} <= set(PATTERNS)


def test_nothing_measurable_is_left_unrecorded() -> None:
    for patient in EVERYBODY:
        if any(patient.start.flags.get(name) for name in ("pulseless", "cpr_in_progress")):
            continue
        vitals = patient.start.vitals
        assert None not in (vitals.heart_rate_bpm, vitals.sbp_mmhg, vitals.dbp_mmhg, vitals.spo2_pct, vitals.temp_c)
        assert vitals.glucose_mg_dl is not None


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("hypoglycaemia-altered", 10, 60), ("dka", 250, 700), ("vomiting-ketones", 250, 700), ("insulin-refill", 90, 240)],
)
def test_sugar_fits_the_diabetic_emergency(kind: str, low: float, high: float) -> None:
    for seed in range(20):
        patient = bedside_patient(load_archetypes()[kind], Draws("test.sugar", seed), "case")
        assert low < (patient.start.vitals.glucose_mg_dl or 0.0) < high


def test_sugar_says_nothing_of_who_has_no_diabetes() -> None:
    for patient in EVERYBODY:
        if not any(patient.start.flags.get(name) for name in ("diabetic", "dka_suspected", "hypoglycaemia_altered")):
            assert 60 < (patient.start.vitals.glucose_mg_dl or 0.0) < 200


def test_coma_score_fits_what_is_true() -> None:
    for patient in EVERYBODY:
        score = patient.start.vitals.gcs
        if patient.start.flags.get("unresponsive"):
            assert score is None or score <= 12
        if score is not None and not any(patient.start.flags.get(name) for name in {*NOT_SPEAKING, "flaccid_infant"}):
            assert score >= 13


def test_no_coma_score_of_who_never_spoke_or_is_ventilated() -> None:
    for name in ("nonverbal_baseline", "intubated"):
        assert coma_score_of(Facts(flags={name: True}), Draws("test", 1)) is None
    assert coma_score_of(Facts(), Draws("test", 1)) == 15.0


def test_recorded_vital_signs_are_among_the_measurable_ones() -> None:
    for seed in range(200):
        archetype = draw_archetype("train", Draws("test.bedside", seed))
        written = draw_patient(archetype, Draws("test.bedside", seed, "one"))
        everything = draw_patient(archetype, Draws("test.bedside", seed, "one"), recorded=False)
        assert written.facts.flags == everything.facts.flags
        for name in written.facts.vitals.measured():
            assert name in everything.facts.vitals.measured()
    assert len(everything.facts.vitals.measured()) >= 5


def test_about_an_eighth_of_speaking_adults_play_something_down() -> None:
    adults = [
        patient
        for split in SPLITS
        for seed in range(700)
        if ((patient := draw_bedside(split, seed)).start.age_years or 0) >= 18
        and not patient.patient.archetype.bystander
        and not any(patient.start.flags.get(name) for name in NOT_SPEAKING)
    ]
    share = sum(bool(patient.minimised) for patient in adults) / len(adults)
    assert 0.09 <= share <= 0.15


def test_only_own_true_symptoms_are_played_down_and_never_those_already_said() -> None:
    history, never = channels().history(), set(bedside_table().minimise.never)
    for patient in EVERYBODY:
        hidden = patient.minimised - {"pain_score"}
        stated = {name for layer in (patient.patient.archetype, *patient.patient.modifiers) for name in layer.stated}
        assert hidden <= history - never - stated
        assert all(patient.start.flags.get(name) for name in hidden)


def test_who_cannot_speak_and_who_is_a_child_plays_nothing_down() -> None:
    for seed in range(400):
        draws = Draws("test.minimise", seed)
        archetype = draw_archetype("train", draws)
        patient = bedside_patient(archetype, draws, f"case-{seed}", minimises=True)
        silent = any(patient.start.flags.get(name) for name in NOT_SPEAKING)
        if silent or archetype.bystander or (patient.start.age_years or 0) < 18:
            assert not patient.minimised


def test_minimising_can_be_switched_off() -> None:
    for seed in range(100):
        draws = Draws("test.minimise", seed)
        archetype = draw_archetype("train", draws)
        assert not bedside_patient(archetype, draws, "case", minimises=False).minimised
