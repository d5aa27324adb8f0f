"""The reader does not mind order, case, spaces, voice or length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triagelab.cases.extraction import extract

SENTENCES = {
    "Crushing chest pain for two hours.": ("chest_pain", True),
    "No fever.": ("fever", False),
    "Denies vomiting.": ("vomiting", False),
    "Has a headache.": ("headache", True),
    "Short of breath.": ("dyspnoea", True),
    "Negative for rash.": ("rash", False),
    "Mother had a stroke.": ("stroke_signs", None),
    "PMH: DVT.": ("dvt_suspected", None),
}
SETS = ["HR 118", "BP 88/60", "RR 24", "SpO2 91%", "T 38.4 C", "GCS 14"]
NOTE = (
    "67 yo F with chest pain and shortness of breath since this morning. Denies fever, cough or vomiting. "
    "BP 88/60, HR 118, RR 24, SpO2 91% RA, T 38.4 C, pain 7/10, GCS 14."
)


def said(note: str) -> dict[str, bool | None]:
    found = extract(note)
    return {concept: found.has(concept) for concept in ("chest_pain", "dyspnoea", "fever", "cough", "vomiting")}


@settings(max_examples=80, deadline=None)
@given(st.permutations(list(SENTENCES)))
def test_the_order_of_sentences_does_not_matter(sentences):
    found = extract(" ".join(sentences))
    for concept, holds in SENTENCES.values():
        assert found.has(concept) is holds, concept


@settings(max_examples=60, deadline=None)
@given(st.permutations([*SENTENCES, *(f"{item}." for item in SETS)]))
def test_vital_signs_may_stand_anywhere_between_sentences(parts):
    found = extract(" ".join(parts)).vitals.measured()
    assert found == {
        "heart_rate_bpm": 118, "sbp_mmhg": 88, "dbp_mmhg": 60, "resp_rate_bpm": 24, "spo2_pct": 91, "temp_c": 38.4,
        "gcs": 14,
    }  # fmt: skip


@pytest.mark.parametrize(
    "noise",
    [
        str.lower,
        str.upper,
        lambda note: note.replace(" ", "  "),
        lambda note: note.replace(" ", "\t"),
        lambda note: note.replace(". ", ".\n"),
        lambda note: note.replace(". ", ".\r\n\r\n"),
        lambda note: note.replace(", ", " , "),
        lambda note: note.replace(". ", "... "),
        lambda note: note.replace(". ", "! "),
        lambda note: "\ufeff" + note + "\n\n",
        lambda note: note.replace(" ", "\u00a0"),
    ],
)
def test_case_spaces_and_punctuation_do_not_matter(noise):
    clean, noisy = extract(NOTE), extract(noise(NOTE))
    assert said(noise(NOTE)) == said(NOTE)
    assert noisy.vitals == clean.vitals
    assert noisy.age_years == clean.age_years == 67


VOICES = [
    "67 yo F c/o CP + SOB x2h, denies fever/cough. BP 88/60 HR 118 RR 24 SpO2 91%",
    "A 67-year-old woman reports chest pain and shortness of breath for two hours. She has no fever or cough. "
    "Blood pressure 88/60 mmHg, heart rate 118, respiratory rate 24, oxygen saturation 91%.",
    "67 year old female chest pain and shortness of breath two hours no fever no cough b p eighty eight over sixty "
    "heart rate one eighteen resps twenty four sats ninety one percent",
    "I am 67 and my chest hurts and I can't catch my breath for 2 hours. No fever, no cough. Blood pressure 88 over "
    "60, pulse 118, breathing 24 times a minute, oxygen 91%",
    "F/67. chest pain(+), SOB(+), fever(-), cough(-), 2 hrs. 88/60-118-24-91%",
    "CC: chest pain\nHPI: 2h of chest pain and dyspnea\nROS: neg for fever, cough\nVS: 88/60, 118, 24, 91%\n"
    "Age/Sex: 67 F",
]


@pytest.mark.parametrize("note", VOICES)
def test_every_voice_says_the_same(note):
    found = extract(note)
    assert found.age_years == 67
    assert found.vitals.measured() == {
        "sbp_mmhg": 88, "dbp_mmhg": 60, "heart_rate_bpm": 118, "resp_rate_bpm": 24, "spo2_pct": 91,
    }  # fmt: skip
    assert found.has("chest_pain") is True
    assert found.has("dyspnoea") is True
    assert found.has("fever") is False
    assert found.has("cough") is False


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_bytes_read_as_text_raise_nothing(raw):
    for encoding in ("latin-1", "utf-16-le"):
        note = raw.decode(encoding, errors="replace")
        for finding in extract(note).findings:
            assert note[finding.start : finding.end] == finding.text


PIECES = [
    "no ", "pain, ", "1/", "HR ", "9 ", "one hundred and ", "98 % ", "BP 1 ", "now 96 ", "-> ", "5 year old ", "(-) ",
    "history of ", "( ", "mother is ", "it is gone ", "G2P1 ", "3 days ago ",
]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_time_grows_with_length_and_not_faster(piece):
    def seconds(size: int) -> float:
        note = piece * (size // len(piece))
        best = float("inf")
        for _ in range(2):
            begin = time.process_time()
            extract(note)
            best = min(best, time.process_time() - begin)
        return best

    extract(piece)
    assert seconds(32_000) <= 8 * max(seconds(8_000), 0.002)
