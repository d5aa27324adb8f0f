"""Derived facts: what follows from words and numbers, and what is taken back."""

from __future__ import annotations

import pytest

from triagelab.cases.derivation import rules
from triagelab.cases.extraction import extract, read
from triagelab.clinical.vitals import VitalSigns


@pytest.mark.parametrize(
    ("note", "fact"),
    [
        ("62F, cellulitis of the leg, HR 118, RR 26, T 39.1", "sepsis_signs"),
        ("80F, burning with urination and rigors", "urosepsis_risk"),
        ("type 1 diabetic, vomiting, ran out of insulin", "dka_suspected"),
        ("glucose 480, vomiting", "dka_suspected"),
        ("stiff neck and fever", "meningism"),
        ("sudden onset headache, pain 9/10", "thunderclap_headache"),
        ("seizure an hour ago, still confused", "prolonged_postictal"),
        ("27F pregnant, having a seizure", "obstetric_emergency"),
        ("VP shunt, headache and vomiting", "shunt_malfunction"),
        ("haemophilia, swollen knee after a bump", "haemophilia_bleed"),
        ("sickle cell disease with back and leg pain", "sickle_cell_crisis"),
        ("72M fell, right hip pain, unable to bear weight", "hip_fracture_or_dislocation"),
        ("45M HR 178, BP 82/50", "unstable_arrhythmia"),
        ("45M HR 178, BP 122/80", "symptomatic_arrhythmia"),
        ("pale and sweaty, BP 84/50, 50F", "hypoperfusion"),
        ("stab wound to the abdomen, 30M, BP 78/40", "penetrating_core_unstable"),
        ("cold foot after knee dislocation", "neurovascular_compromise"),
        ("flank pain 9/10, writhing", "severe_flank_pain"),
        ("pain 9/10, writhing on the bed", "pain_corroborated"),
        ("40F short of breath with calf swelling", "pe_suspected"),
        ("barky cough with stridor, 2 yo", "moderate_croup_bronchiolitis_asthma"),
        ("3-month-old, floppy", "flaccid_infant"),
        ("nosebleed that gushes and will not stop bleeding", "brisk_epistaxis"),
    ],
)
def test_follows(note, fact):
    assert extract(note).facts[fact] is True


@pytest.mark.parametrize(
    ("note", "fact"),
    [
        ("sore throat, T 38.2, HR 96, RR 18, 20F", "sepsis_signs"),
        ("chest pain reproducible with palpation, 60M", "acs_suspected"),
        ("headache like her usual migraine, sudden onset, pain 9/10", "thunderclap_headache"),
        ("crying child with a scraped knee", "pain_corroborated"),
        ("ankle fracture, foot warm, neurovascularly intact, cool to touch", "neurovascular_compromise"),
        ("hives after a new soap, no trouble breathing, no distress", "anaphylaxis"),
        ("limp after twisting the knee, 30M", "flaccid_infant"),
        ("confused at baseline, dementia", "new_confusion"),
        ("hit head, not on blood thinners", "head_injury_anticoagulated"),
        ("testicular pain for 3 weeks, 35M", "testicular_torsion"),
    ],
)
def test_does_not_follow(note, fact):
    assert extract(note).facts[fact] is not True


def test_every_rule_gives_a_reason_and_a_condition():
    for rule in rules():
        assert rule.reason
        assert rule.all or rule.any or rule.from_ or rule.below or rule.above or rule.upto


def test_the_reason_of_a_derived_fact_is_kept():
    reading = read("T 39.2")
    now = reading.picture(None, None, reading.numbers.vitals)
    assert now.reasons["fever"] == "temperature 38.0 C or more"


def test_numbers_of_a_record_complete_the_words_of_a_note():
    reading = read("cellulitis")
    vitals = VitalSigns(heart_rate_bpm=120, resp_rate_bpm=28)
    assert "sepsis_signs" not in reading.picture(None, None, vitals).present
    assert "sepsis_signs" in reading.picture(60.0, None, vitals).present


def test_the_way_a_thing_is_said_is_kept_apart():
    reading = read("slurred speech, now resolved. History of stroke. May need intubation")
    present = reading.picture(None, None, VitalSigns()).present
    assert {"slurred_speech_resolved", "intubated_planned"} <= present
    assert "intubated" not in present
