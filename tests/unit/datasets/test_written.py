"""The packaged notes: whole, shown without their labels, groups kept together; bad files are one line."""

from __future__ import annotations

import json

import pytest

from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.registry import load_dataset
from triagelab.datasets.written import PACKAGED, written_notes
from triagelab.errors import BadInputError, DataFormatError

GOOD = {
    "id": "1", "group": "1", "register": "lay", "note": "My ankle hurts", "esi": 4, "acceptable": [4, 5],
    "age_years": None, "sex": None, "vitals": {},
}  # fmt: skip


def test_packaged_notes_are_whole():
    everything = load_dataset("written")
    assert len({case.case_id for case in everything}) == len(everything) > 500
    assert {case.truth.level for case in everything} == {1, 2, 3, 4, 5}
    for case in everything:
        assert case.truth.level in (case.truth.acceptable or ())
        assert case.presentation.age_years is None
        assert not case.presentation.structured


@pytest.mark.parametrize("split", PACKAGED)
def test_what_is_noted_beside_a_note_is_possible(split):
    for note in written_notes(split):
        VitalSigns(**note.vitals)
        assert note.age_years is None or 0 <= note.age_years <= 110


def test_no_group_lies_in_two_splits():
    groups = [{note.group for note in written_notes(split)} for split in PACKAGED]
    assert sum(map(len, groups)) == len(set().union(*groups))


@pytest.mark.parametrize(
    "change", [{"esi": 6}, {"esi": "2"}, {"note": ""}, {"sex": "x"}, {"more": 1}, {"acceptable": None}]
)
def test_a_bad_line_is_named(tmp_path, change):
    path = tmp_path / "w.jsonl"
    path.write_text(json.dumps(GOOD) + "\n" + json.dumps(GOOD | change) + "\n")
    with pytest.raises(DataFormatError, match=r"w.jsonl:2: ") as caught:
        load_dataset("written", path)
    assert "\n" not in str(caught.value)


def test_a_level_outside_its_own_set_is_refused(tmp_path):
    path = tmp_path / "w.jsonl"
    path.write_text(json.dumps(GOOD | {"acceptable": [2]}) + "\n")
    with pytest.raises(BadInputError, match="acceptable"):
        load_dataset("written", path)


def test_an_empty_file(tmp_path):
    path = tmp_path / "w.jsonl"
    path.write_text("")
    with pytest.raises(DataFormatError, match="no note in it"):
        load_dataset("written", path)
