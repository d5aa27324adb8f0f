"""When findings began and how they went on."""

from __future__ import annotations

import pytest

from triagelab.cases.courses import Course
from triagelab.cases.extraction import extract


@pytest.mark.parametrize(
    ("note", "concept", "minutes"),
    [
        ("chest pain x3d", "chest_pain", 3 * 1440),
        ("chest pain x 3 days", "chest_pain", 3 * 1440),
        ("cough for 2 weeks", "cough", 14 * 1440),
        ("cough for two weeks", "cough", 14 * 1440),
        ("chest pain 1 hr PTA", "chest_pain", 60),
        ("chest pain started 20 min ago", "chest_pain", 20),
        ("vomiting since this morning", "vomiting", 360),
        ("headache since yesterday", "headache", 1440),
        ("headache last night", "headache", 720),
        ("3 days of cough", "cough", 3 * 1440),
        ("2-day history of vomiting", "vomiting", 2 * 1440),
        ("abdominal pain for a few days", "abdominal_pain", 4320),
        ("back pain for 10 years", "back_pain", 10 * 525_960),
        ("chest pain, 45 minutes duration", "chest_pain", 45),
        ("chest pain that began forty minutes ago", "chest_pain", 40),
        ("fever x 48 hrs", "fever", 2880),
        ("chest pain", "chest_pain", None),
        ("67 year old with chest pain", "chest_pain", None),
        ("chest pain. Cough for 3 days", "chest_pain", None),
    ],
)
def test_onset(note, concept, minutes):
    assert extract(note).course(concept).onset_minutes == minutes


@pytest.mark.parametrize(
    ("note", "concept", "words"),
    [
        ("sudden onset chest pain", "chest_pain", {"sudden"}),
        ("headache, sudden, worst ever", "headache", {"sudden"}),
        ("gradual onset headache", "headache", {"gradual"}),
        ("intermittent abdominal pain", "abdominal_pain", {"intermittent"}),
        ("abdominal pain that comes and goes", "abdominal_pain", {"intermittent"}),
        ("chest pain on and off", "chest_pain", {"intermittent"}),
        ("constant headache getting worse", "headache", {"constant", "worse"}),
        ("cough improving", "cough", {"better"}),
        ("chest pain, now resolved", "chest_pain", {"resolved"}),
        ("headache, now gone", "headache", {"resolved"}),
        ("recurrent vomiting", "vomiting", {"recurrent"}),
        ("cough, no change", "cough", {"usual"}),
        ("dry cough", "cough", set()),
    ],
)
def test_course_words(note, concept, words):
    assert set(extract(note).course(concept).words) == words


def test_courses_stand_beside_findings():
    found = extract("sudden chest pain 20 min ago, no fever, cough x 2 weeks")
    assert len(found.courses) == len(found.findings)
    assert found.course("chest_pain").onset_minutes == 20
    assert found.course("cough").onset_minutes == 14 * 1440
    assert found.course("rash") == Course()
