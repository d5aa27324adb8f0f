"""Vignettes: line numbers in every error, repeats refused and counted, nothing shown but the case."""

from __future__ import annotations

import json

import pytest

from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError, DataFormatError


def write(tmp_path, *rows):
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def row(**change):
    return {"id": "a", "case": "Chest pain.", "esi": 2} | change


def test_a_vignette(tmp_path):
    path = write(tmp_path, row(rationale="because", rule="B"), "", row(id=7, case="Sore throat.", esi="5"))
    dataset = load_dataset("vignettes", path)
    first, second = dataset
    assert (first.case_id, first.truth.level, first.truth.scale, first.truth.labelled_by) == (
        "a",
        2,
        "esi-v4",
        "experts",
    )
    assert (second.case_id, second.truth.level, second.split) == ("7", 5, "test")
    assert first.presentation.narrative == "Chest pain."
    assert "because" not in json.dumps(first.presentation.to_dict())


def test_repeats_and_missing_levels_are_refused_and_counted(tmp_path):
    path = write(
        tmp_path,
        row(),
        row(case="Other."),
        row(id="b", case="  Chest   pain. "),
        row(id="c", case="No level.", esi=None),
        {"id": "d", "case": "No level either."},
    )
    dataset = load_dataset("vignettes", path)
    assert dataset.reject_counts() == {"no triage level (missing)": 2, "duplicate id": 1, "duplicate text": 1}
    assert [reject.where for reject in dataset.rejects] == [f"cases.jsonl:{number}" for number in (2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"id": "b", "esi": 2}, "case: got 'None'"),
        ({"id": "b", "case": "  ", "esi": 2}, "case: got"),
        ({"id": "b", "case": ["x"], "esi": 2}, "case: got"),
        ({"case": "x", "esi": 2}, "id: got 'None'"),
        ({"id": True, "case": "x", "esi": 2}, "id: got 'True'"),
        (row(id="b", esi=6), "esi: got '6'; allowed: 1, 2, 3, 4, 5"),
        (row(id="b", esi=True), "esi: got 'True'"),
        (row(id="b", esi="urgent"), "esi: got 'urgent'"),
        (row(id="b", esi=[2]), "esi: got"),
        ("{not json", "not JSON"),
        ("[1, 2]", "expected a JSON object"),
        (row(id="b", case="x" * 100_001), "100001 characters"),
    ],
)
def test_a_line_that_is_no_vignette_is_named(tmp_path, bad, message):
    path = write(tmp_path, row(), bad)
    with pytest.raises(DataFormatError) as caught:
        load_dataset("vignettes", path)
    assert f"{path}:2: " in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_usable(tmp_path):
    with pytest.raises(DataFormatError, match="no usable vignette"):
        load_dataset("vignettes", write(tmp_path, row(esi=None)))


def test_no_file(tmp_path):
    with pytest.raises(BadInputError, match="nothing at this place"):
        load_dataset("vignettes", tmp_path / "no.jsonl")
    with pytest.raises(BadInputError, match="it is a folder"):
        load_dataset("vignettes", tmp_path)


@pytest.mark.realdata
def test_the_handbook_chapter(data_dir):
    dataset = load_dataset("vignettes", data_dir / "esi_handbook" / "chapter9.jsonl")
    assert (len(dataset), len(dataset.rejects)) == (30, 0)
