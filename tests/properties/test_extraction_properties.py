"""What must hold of the reader whatever the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.cases.extraction import extract
from triagelab.cases.lexicon import lexicon
from triagelab.clinical.vitals import RANGES

PIECES = (
    "no denies not chest pain fever HR BP 120/80 98% F 67 yo , . ; but with history of mother has if ? - / : T GCS E 4 "
    "weeks pregnant pain 8/10 in her 80s EpiPen intubated chronic 2015 +LOC (-) N/V s/p ° \x00 ’ ١٢ 𝟗𝟗 é İ ﬁ \u200b …"
)
WORDS = st.sampled_from([*PIECES.split(" "), "\n", "\r\n", "\t"])
NOTES = st.one_of(
    st.text(max_size=400), st.lists(WORDS, max_size=60).map(" ".join), st.lists(WORDS, max_size=40).map("".join)
)


@settings(max_examples=300, deadline=None)
@given(NOTES)
def test_any_text_is_read_and_spans_point_at_its_words(note):
    found = extract(note)
    for finding in found.findings:
        assert note[finding.start : finding.end] == finding.text
        assert 0 <= finding.start < finding.end <= len(note)
        assert finding.concept in lexicon().concepts
    for start, end in found.number_spans.values():
        assert 0 <= start < end <= len(note)
    for name, value in found.vitals.measured().items():
        assert RANGES[name].low <= value <= RANGES[name].high


@settings(max_examples=50, deadline=None)
@given(NOTES)
def test_reading_twice_gives_the_same(note):
    first, second = extract(note), extract(note)
    assert first.findings == second.findings
    assert dict(first.facts.flags) == dict(second.facts.flags)


SAYINGS = {
    "chest pain": "chest_pain",
    "shortness of breath": "dyspnoea",
    "fever": "fever",
    "a cough": "cough",
    "vomiting": "vomiting",
    "headache": "headache",
    "abdominal pain": "abdominal_pain",
    "stridor": "stridor",
    "slurred speech": "slurred_speech",
    "facial droop": "facial_droop",
    "loss of consciousness": "loss_of_consciousness",
    "rectal bleeding": "gi_bleed",
    "suicidal ideation": "suicidal",
    "a rash": "rash",
    "calf swelling": "calf_swelling",
    "wheezing": "wheezing",
    "palpitations": "palpitations",
    "neck stiffness": "neck_stiffness",
}
DENIALS = [
    "Denies {}.",
    "No {}.",
    "Patient denies any {}.",
    "Negative for {}.",
    "She has no {}.",
    "Without {}.",
    "There is no {}.",
    "I do not have {}.",
]
CLAIMS = ["Has {}.", "Complains of {}.", "c/o {}", "Presents with {}.", "Reports {}.", "I have {}.", "Patient with {}."]


@pytest.mark.parametrize("phrase", SAYINGS)
@pytest.mark.parametrize("denial", DENIALS)
def test_negating_a_finding_flips_it(phrase, denial):
    assert extract(denial.format(phrase)).has(SAYINGS[phrase]) is False


@pytest.mark.parametrize("phrase", SAYINGS)
@pytest.mark.parametrize("claim", CLAIMS)
def test_stating_a_finding_asserts_it(phrase, claim):
    assert extract(claim.format(phrase)).has(SAYINGS[phrase]) is True


@settings(max_examples=100, deadline=None)
@given(st.permutations(list(SAYINGS)[:6]))
def test_the_order_of_a_list_does_not_matter(phrases):
    told = extract("Complains of " + ", ".join(phrases[:-1]) + " and " + phrases[-1] + ".")
    denied = extract("Denies " + ", ".join(phrases[:-1]) + " or " + phrases[-1] + ".")
    for phrase in phrases:
        assert told.has(SAYINGS[phrase]) is True, phrase
        assert denied.has(SAYINGS[phrase]) is False, phrase


@settings(max_examples=60, deadline=None)
@given(st.permutations(["HR 118", "BP 88/60", "RR 24", "SpO2 91%", "T 38.4 C", "pain 7/10", "GCS 14"]))
def test_the_order_of_vital_signs_does_not_matter(parts):
    assert (
        extract(", ".join(parts)).vitals
        == extract("HR 118, BP 88/60, RR 24, SpO2 91%, T 38.4 C, pain 7/10, GCS 14").vitals
    )


@pytest.mark.parametrize("noise", ["no ", "chest ", "1/", "- ", "(", "a|", "pain, ", "9" * 50, "not only ", "° "])
def test_a_hundred_kilobytes_of_anything_are_read(noise):
    assert extract(noise * (100_000 // len(noise))).note
