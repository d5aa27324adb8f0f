"""NHAMCS files: splits by year, wrong places, wrong files, and the real thing where it is at hand."""

from __future__ import annotations

import pytest

from dataset_samples import zipped
from triagelab.datasets import nhamcs
from triagelab.datasets.columns import survey_map
from triagelab.datasets.registry import load_dataset
from triagelab.errors import BadInputError, DataFormatError

MAP = survey_map("nhamcs")


def folder_of(tmp_path, *years):
    for year in years:
        (tmp_path / f"ed{year}_sas.zip").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("years", "splits"),
    [
        ([2020], ["test"]),
        ([2019, 2020], ["dev", "test"]),
        ([2016, 2018, 2019, 2020], ["train", "train", "dev", "test"]),
    ],
)
def test_the_newest_year_is_the_test_split(tmp_path, years, splits):
    files = nhamcs.survey_files(folder_of(tmp_path, *reversed(years)), MAP)
    assert [(file.year, file.split) for file in files] == list(zip(years, splits, strict=True))


def test_one_zip_alone_is_a_test_split(tmp_path):
    (file,) = nhamcs.survey_files(folder_of(tmp_path, 2018, 2020) / "ed2018_sas.zip", MAP)
    assert (file.year, file.split) == (2018, "test")


def test_other_files_are_left_alone(tmp_path):
    folder_of(tmp_path, 2020)
    for name in ("ed2020_sas.zip.part", "opd2020_sas.zip", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert len(nhamcs.survey_files(tmp_path, MAP)) == 1


def test_a_place_without_survey_files_says_what_to_do(tmp_path):
    with pytest.raises(BadInputError, match=r"ed2016_sas\.zip .* docs/data\.md") as caught:
        load_dataset("nhamcs", tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"this is no SAS file" * 100, bytes(4096)])
def test_a_zip_that_holds_no_survey_is_refused(tmp_path, content):
    zipped(tmp_path / "ed2020_sas.zip", {"ed2020.sas7bdat": content})
    with pytest.raises(DataFormatError, match=r"ed2020_sas\.zip") as caught:
        load_dataset("nhamcs", tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.realdata
def test_the_newest_year_as_CDC_ships_it(data_dir):
    dataset = load_dataset("nhamcs", data_dir / "nhamcs" / "ed2020_sas.zip")
    assert (len(dataset.cases), len(dataset.rejects)) == (9624, 5236)
    assert dataset.reject_counts() == {
        "no triage level (unknown)": 3675,
        "no triage level (blank)": 912,
        "no triage level (this department does not triage)": 333,
        "no triage level (this visit was not triaged)": 316,
    }
    levels = [sum(case.truth.level == level for case in dataset) for level in (1, 2, 3, 4, 5)]
    assert levels == [100, 1496, 4964, 2661, 403]
    assert all(case.weight and case.weight > 0 and case.cluster for case in dataset)
    assert len({case.cluster for case in dataset}) <= 174
    assert sum(case.presentation.chief_complaint is None for case in dataset) < 100
    without_pain = sum(case.presentation.vitals.pain_score is None for case in dataset)
    assert without_pain / len(dataset) == pytest.approx(0.274, abs=0.001)
    assert any("codes without text: 3" in note for note in dataset.notes)


@pytest.mark.realdata
def test_only_mapped_columns_of_the_file_are_read(data_dir):
    (file,) = nhamcs.survey_files(data_dir / "nhamcs" / "ed2020_sas.zip", MAP)
    assert set(nhamcs.read_year(file, MAP).columns) == set(MAP.read_columns())
