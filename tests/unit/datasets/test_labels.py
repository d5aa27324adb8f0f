"""CDC's label programs and the step from a coder's label to plain words."""

from __future__ import annotations

import pytest

from triagelab.datasets import labels
from triagelab.datasets.labels import complaint_words, plain_words, read_labels
from triagelab.errors import BadInputError, DataFormatError

PROGRAM = """clear
label variable RFV1 "reason"
label define OTHERF 10501 "not this one"
label define RFVF 10501 "Chest pain"
  label define RFVF\t 14000 "Nasal congestion" , add
label define RFVF -9 "Blank" , add
label values RFV1 RFVF
label values RFV2 RFVF
"""


def program(tmp_path, text):
    path = tmp_path / "ed2019.do"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_labels_of_the_variable_are_read(tmp_path):
    assert read_labels(program(tmp_path, PROGRAM), "RFV1") == {
        10501: "Chest pain",
        14000: "Nasal congestion",
        -9: "Blank",
    }


def test_a_program_without_labels_for_the_variable_is_refused(tmp_path):
    with pytest.raises(DataFormatError, match="no value label for RFV9"):
        read_labels(program(tmp_path, PROGRAM), "RFV9")


def test_a_missing_or_huge_program_is_refused(tmp_path, monkeypatch):
    with pytest.raises(BadInputError, match="not there"):
        read_labels(tmp_path / "no.do", "RFV1")
    path = program(tmp_path, PROGRAM)
    monkeypatch.setattr(labels, "MAX_PROGRAM_BYTES", 10)
    with pytest.raises(DataFormatError, match="larger than 10 bytes"):
        read_labels(path, "RFV1")


def test_bytes_that_are_no_text_do_not_stop_the_read(tmp_path):
    path = tmp_path / "ed2019.do"
    path.write_bytes(b"\xff\xfe junk\n" + PROGRAM.encode())
    assert read_labels(path, "RFV1")[10501] == "Chest pain"


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("Chest pain", "chest pain"),
        ("Abdominal pain, cramps, spasms, NOS", "abdominal pain, cramps, spasms"),
        ("Breathing problems, NEC", "breathing problems"),
        ("Back pain, ache, soreness, discomfort", "back pain"),
        ("Hand and finger pain, ache, soreness,...", "hand and finger pain"),
        ("Symptoms of face, not elsewhere class...", "symptoms of face"),
        ("Swelling, inflammation of the scrotum...", "swelling, inflammation"),
        ("Other and unspecified diseases of the...", "other and unspecified diseases"),
        ("Human immunodeficiency virus (HIV) co...", "human immunodeficiency virus (HIV)"),
        ("Infection, inflammation, swelling of ...", "infection, inflammation, swelling"),
        ("EKG", "EKG"),
        ("...", ""),
    ],
)
def test_plain_words(label, words):
    assert plain_words(label) == words


def test_overrides_win_but_only_for_codes_that_the_source_knows():
    words = complaint_words(
        {10501: "Chest pain", -9: "Blank", 3: "..."}, {10501: "pain in the chest", 77777: "unknown"}
    )
    assert words == {10501: "pain in the chest"}
