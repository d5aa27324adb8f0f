"""How findings are spoken of, composed and turned into facts."""

from __future__ import annotations

import pytest

from triagelab.cases.extraction import extract
from triagelab.cases.findings import Assertion


def said(note: str, concept: str) -> set[str]:
    return {finding.assertion.value for finding in extract(note).findings if finding.concept == concept}


@pytest.mark.parametrize(
    ("note", "concept", "assertion"),
    [
        ("c/o CP and SOB", "chest_pain", "present"),
        ("denies CP, SOB, N/V", "dyspnoea", "negated"),
        ("denies CP, SOB, N/V", "vomiting", "negated"),
        ("No fever, chills or cough.", "cough", "negated"),
        ("No fever but has a cough", "cough", "present"),
        ("No fever; cough since Monday", "cough", "present"),
        ("no cough, has had fever for 3 days", "fever", "present"),
        ("chest pain denied", "chest_pain", "negated"),
        ("PE ruled out at the outside hospital", "pe_suspected", "negated"),
        ("LOC: neg", "loss_of_consciousness", "negated"),
        ("no change in chest pain", "chest_pain", "present"),
        ("not only fever but rigors", "fever", "present"),
        ("chest pain resolved before arrival", "chest_pain", "resolved"),
        ("fever is gone now", "fever", "resolved"),
        ("history of pulmonary embolism", "pe_suspected", "historical"),
        ("PMH: MI, CVA. Here with cough", "cough", "present"),
        ("had a seizure as a child", "seizure", "historical"),
        ("Stroke in 2016, no residual", "stroke_signs", "historical"),
        ("intubated for pneumonia six years ago", "intubated", "historical"),
        ("family history of MI", "stemi", "family"),
        ("Mother has diabetes", "diabetic", "family"),
        ("Seizures run in the family", "seizure", "family"),
        ("return if chest pain", "chest_pain", "hypothetical"),
        ("worried it is a stroke", "stroke_signs", "hypothetical"),
        ("possible ectopic", "ectopic_suspected", "uncertain"),
        ("r/o DVT", "dvt_suspected", "uncertain"),
        ("may need intubation", "intubated", "planned"),
        ("refused intubation", "intubated", "refused"),
        ("not intubated", "intubated", "negated"),
        ("no chest tube", "chest_tube_acute", "negated"),
        ("here for chest pain", "chest_pain", "present"),
        ("mother states child has had a fever", "fever", "present"),
        ("patient has a cough period no fever comma no rash period", "fever", "negated"),
    ],
)
def test_assertion(note, concept, assertion):
    assert said(note, concept) == {assertion}


@pytest.mark.parametrize(
    ("note", "concept"),
    [
        ("pain in the left calf", "calf_pain"),
        ("calf is really sore", "calf_pain"),
        ("my right elbow hurts", "elbow_pain"),
        ("swelling and pain of left ankle", "ankle_swelling"),
        ("left ankle pain and swelling", "ankle_swelling"),
        ("laceration to R forearm", "forearm_laceration"),
        ("cut his thumb with a knife", "finger_laceration"),
        ("numb left arm", "arm_numbness"),
        ("pain, chest", "chest_pain"),
        ("stabbed in the abdomen", "penetrating_core"),
        ("GSW to chest", "penetrating_core"),
        ("GSW to the thigh", "thigh_gunshot"),
        ("swollen tongue", "airway_angioedema"),
        ("neck, back and shoulder pain", "back_pain"),
        ("no pulse in the foot", "pulseless_limb"),
        ("testicles are sore", "testicular_pain"),
    ],
)
def test_a_sense_and_a_site_make_a_concept(note, concept):
    assert said(note, concept) == {"present"}


@pytest.mark.parametrize(
    ("note", "fact", "value"),
    [
        ("63M chest pain radiating to left arm", "acs_suspected", True),
        ("19F chest wall pain, worse when pressed", "acs_suspected", None),
        ("intubated by medics", "intubated", True),
        ("may need intubation", "intubated", None),
        ("not intubated", "intubated", False),
        ("on home vent, chronic trach, unchanged", "intubated", None),
        ("T 39.2", "fever", True),
        ("afebrile", "fever", False),
        ("temp of 103 at home last night, T 37.0 here", "fever", True),
        ("on Coumadin, hit her head on the door", "head_injury_anticoagulated", True),
        ("allergies: warfarin", "anticoagulated", None),
        ("stopped taking warfarin last month", "anticoagulated", False),
        ("confused at baseline per family, dementia", "new_confusion", False),
        ("confused since this morning, normally sharp", "new_confusion", True),
        ("unresponsive at home, now alert and oriented", "unresponsive", None),
        ("on 2 L at home", "home_oxygen", True),
        ("denies SI/HI", "suicidal", False),
        ("hives and wheezing after a bee sting", "anaphylaxis", True),
        ("epinephrine given by EMS", "epinephrine_given", True),
        ("Narcan given, woke up", "naloxone_given", True),
        ("fell 25 feet from scaffold", "fall_over_6m", True),
        ("fell 3 feet off a step", "fall_over_6m", None),
        ("dialysis patient, missed two sessions of dialysis", "dialysis_patient", True),
        ("Mother on dialysis.", "dialysis_patient", None),
        ("30 week pregnant with headache", "pregnant", True),
        ("negative pregnancy test", "pregnant", False),
        ("denies pregnancy", "pregnant", False),
    ],
)
def test_facts(note, fact, value):
    assert extract(note).facts[fact] is value


def test_a_chest_tube_of_this_event_and_a_chronic_drain_are_told_apart():
    assert extract("chest tube placed by flight crew").facts["chest_tube_acute"] is True
    drain = extract("PleurX drain for months, leaking").facts
    assert drain["chronic_drain"] is True
    assert drain["chest_tube_acute"] is None


def test_silence_is_unknown_never_no():
    facts = extract("sprained ankle").facts
    assert facts["intubated"] is None
    assert facts["pregnant"] is None


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("diarrhoea and haematemesis", "diarrhea and hematemesis"),
        ("VOMITING", "vomits"),
        ("dyspnoeic", "sob"),
        ("tonic-clonic seizures", "seizure"),
    ],
)
def test_spelling_case_and_inflection_do_not_matter(written, clean):
    first = {finding.concept for finding in extract(written).findings}
    second = {finding.concept for finding in extract(clean).findings}
    assert first & second


def test_words_that_only_look_alike_are_not_read():
    assert not said("lifted a bag of cement", "bag_valve_mask")
    assert not said("pregnancy tests", "testicular_pain")
    assert not said("had a severe headache", "amputation")
    assert not said("pain that comes back at night", "back_pain")


def test_an_empty_note_says_nothing():
    empty = extract("")
    assert empty.findings == ()
    assert empty.facts.to_mapping() == {}


def test_only_text_is_read():
    with pytest.raises(TypeError, match="note: got int"):
        extract(3)  # type: ignore[arg-type]


def test_has_answers_three_valued():
    found = extract("fever, no cough")
    assert found.has("fever") is True
    assert found.has("cough") is False
    assert found.has("rash") is None
    assert Assertion.PRESENT in {finding.assertion for finding in found.findings}
