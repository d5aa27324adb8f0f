"""MIETIC, on files made in its format."""

from __future__ import annotations

import csv

import pytest

from dataset_samples import MIETIC_AFTER, USUAL_MIETIC, mietic_folder
from triagelab.datasets.mietic import load
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError, DataFormatError


def rows(first, count, **more):
    return [{"stay_id": str(first + place), "subject_id": str((first + place) // 2)} | more for place in range(count)]


def test_a_usual_row(tmp_path):
    dataset = load(mietic_folder(tmp_path, [{}], None))
    (case,) = dataset
    shown = case.presentation
    assert shown.narrative == 'A 44-year-old, made up,\nwith "pain" of the abdomen. Visit 100.'
    assert (shown.age_years, shown.sex, shown.arrival, shown.chief_complaint) == (44, "female", "ambulance", "Abd pain")
    assert shown.vitals.temp_c == 36.8
    assert shown.credentialed
    assert (case.truth.level, case.truth.scale, case.truth.labelled_by) == (3, "esi-v4", "nurse")
    assert (case.case_id, case.cluster) == ("mietic-100", "9100")
    assert any("no validation file" in note for note in dataset.notes)
    assert any("assumed" in note for note in dataset.notes)


def test_splits_are_by_patient_and_the_validation_file_is_the_test(tmp_path):
    folder = mietic_folder(tmp_path, rows(0, 400), rows(1000, 5) + rows(2000, 2, **{"Final Decision": "REMOVE"}))
    dataset = load(folder)
    assert [case.case_id for case in dataset.split("test")] == [f"mietic-{1000 + place}" for place in range(5)]
    assert {case.truth.labelled_by for case in dataset.split("test")} == {"experts"}
    train, dev = ({case.cluster for case in dataset.split(name)} for name in ("train", "dev"))
    assert not train & dev
    assert 8 <= len(dev) <= 35
    assert len(train) + len(dev) == 200
    assert dataset.reject_counts() == {"the experts' decision is not RETAIN": 2}
    assert load(folder).cases == dataset.cases
    assert all(case.presentation.credentialed for case in dataset)


@pytest.mark.parametrize("decision", ["RETAIN", "REMOVE"])
@pytest.mark.parametrize(
    "same",
    [
        {"subject_id": "77"},
        {"stay_id": "1000", "subject_id": "5"},
        {"tiragecase": "A  made-up NOTE"},
    ],
)
def test_nothing_of_the_validation_file_is_trained_on(tmp_path, same, decision):
    tested = {"stay_id": "1000", "subject_id": "77", "tiragecase": "a made-up note", "Final Decision": decision}
    dataset = load(mietic_folder(tmp_path, [{"stay_id": "1"} | same, {"stay_id": "2"}], [tested]))
    assert [case.case_id for case in dataset if case.split != "test"] == ["mietic-2"]
    assert dataset.reject_counts()["patient, visit or narrative of the validation file"] == 1


def test_one_file_alone_and_the_other_beside_it(tmp_path):
    folder = mietic_folder(tmp_path, rows(0, 4), rows(2, 1))
    assert len(load(folder / "MIETIC.csv")) == len(load(folder)) == 3
    only = load(folder / "MIETIC-validate-samples.csv")
    assert ([case.split for case in only], only.notes[-1]) == (["test"], "no corpus file: only the test split, 1 cases")


def test_a_file_without_the_optional_columns(tmp_path):
    with (tmp_path / "MIETIC.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerows([["stay_id", "acuity", "tiragecase"], ["5", "2.0", "A note."]])
    (case,) = load(tmp_path)
    assert (case.truth.level, case.presentation.age_years, case.cluster) == (2, None, None)
    assert case.presentation.vitals.measured() == {}


def test_refusals_and_remarks(tmp_path):
    corpus = [
        {"stay_id": "1"},
        {"stay_id": "1"},
        {"stay_id": ""},
        {"stay_id": "2", "acuity": "6"},
        {"stay_id": "3", "tiragecase": " "},
        {"stay_id": "4", "tiragecase": "ESI level 2.", "temperature": "300", "age": "400"},
    ]
    dataset = load(mietic_folder(tmp_path, corpus, None))
    assert [case.case_id for case in dataset] == ["mietic-1", "mietic-4"]
    assert dataset.reject_counts() == {
        "duplicate stay_id": 1,
        "no stay_id": 1,
        "acuity is not 1 to 5": 1,
        "no narrative, or one that is far too long": 1,
    }
    assert any("name ESI, acuity or a triage level: 1;" in note for note in dataset.notes)
    assert dataset.notes[-1] == "left out as implausible: temp_c 1, age_years 1"


@pytest.mark.parametrize("column", MIETIC_AFTER)
def test_no_column_after_triage_changes_anything(tmp_path, column):
    assert column in USUAL_MIETIC
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = load(mietic_folder(tmp_path / "a", [{}], None))
    other = load(mietic_folder(tmp_path / "b", [{column: "MARKER"}], None))
    assert one.cases == other.cases


def test_places_without_the_files(tmp_path):
    with pytest.raises(BadInputError, match="MIETIC-validate-samples"):
        load_dataset("mietic", tmp_path)
    (tmp_path / "MIETIC.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataFormatError, match="no column stay_id, tiragecase, acuity"):
        load_dataset("mietic", tmp_path)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadInputError, match="it has 2 and 0"):
        load_dataset("mietic", tmp_path)
    (tmp_path / "other.csv").rename(tmp_path / "MIETIC-validate-samples.csv")
    with pytest.raises(DataFormatError, match="Final Decision"):
        load_dataset("mietic", tmp_path)
