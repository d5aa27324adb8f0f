"""Cases through Parquet come back equal, and no other file passes for one."""

from __future__ import annotations

import polars as pl
import pytest

from dataset_samples import visits, year_of
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.clinical.vitals import VitalSigns
from triagelab.datasets.base import Dataset, Reject
from triagelab.datasets.parquet import read_parquet, write_parquet
from triagelab.errors import BadInputError, DataFormatError

FULL = Case(
    Presentation(
        "x-1",
        'A "note" with\nlines and ümläuts',
        age_years=0.25,
        sex="male",
        arrival="helicopter",
        chief_complaint="",
        vitals=VitalSigns(heart_rate_bpm=0.0, temp_c=36.5, gcs=3),
        history=("a", "b, c"),
        structured={"text": "x", "number": 1.5, "nothing": None},
        credentialed=True,
    ),
    Truth(2, "esi-v5", "engine", frozenset({2, 3}), ("b.one", "b.two"), "B", {"age_years": 0.25, "pulseless": False}),
    "generated",
    "dev",
    "family",
    "cluster",
    12.5,
)
BARE = Case(Presentation("x-2", ""), Truth(5, "esi-v5", "engine"), "generated", "test")


def test_every_field_comes_back(tmp_path):
    rejects = (Reject("row 3", "b"), Reject("row 4", "a"), Reject("row 9", "b"))
    dataset = Dataset("generated", (FULL, BARE), "esi-v5", rejects, ("one", "two"))
    write_parquet(dataset, tmp_path / "cases.parquet")
    assert read_parquet(tmp_path / "cases.parquet") == dataset
    assert read_parquet(tmp_path / "cases.parquet", split="test").cases == (BARE,)


def test_survey_cases_come_back(tmp_path):
    year = year_of(visits({}, {"AGE": 0.0, "AGEDAYS": 3.0, "PULSE": 998.0, "RFV1": -9.0}, {"IMMEDR": 7.0}))
    dataset = Dataset("nhamcs", tuple(year.cases), "immedr", tuple(year.rejects))
    write_parquet(dataset, tmp_path / "cases.parquet")
    assert read_parquet(tmp_path / "cases.parquet") == dataset


def test_an_empty_dataset(tmp_path):
    write_parquet(Dataset("generated", (), "esi-v5"), tmp_path / "cases.parquet")
    assert read_parquet(tmp_path / "cases.parquet").cases == ()


def test_the_file_is_a_plain_table_for_other_tools(tmp_path):
    write_parquet(Dataset("generated", (FULL,), "esi-v5"), tmp_path / "cases.parquet")
    frame = pl.read_parquet(tmp_path / "cases.parquet")
    assert frame.select("case_id", "level", "heart_rate_bpm", "resp_rate_bpm").row(0) == ("x-1", 2, 0.0, None)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "other.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(DataFormatError, match="not a cases file"):
        read_parquet(path)
    path.write_bytes(b"PAR1 but no more")
    with pytest.raises(DataFormatError, match="not a cases file"):
        read_parquet(path)
    with pytest.raises(BadInputError, match="not there"):
        read_parquet(tmp_path / "no.parquet")


def test_a_file_of_another_format_version_is_refused(tmp_path):
    path = tmp_path / "cases.parquet"
    write_parquet(Dataset("generated", (FULL,), "esi-v5"), path)
    about = pl.read_parquet_metadata(path)["triagelab"].replace("triagelab-cases-1", "triagelab-cases-9")
    pl.read_parquet(path).write_parquet(path, metadata={"triagelab": about})
    with pytest.raises(DataFormatError, match="not a cases file that this version"):
        read_parquet(path)


def test_a_write_into_nowhere_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="output path"):
        write_parquet(Dataset("generated", (FULL,), "esi-v5"), tmp_path / "file" / "cases.parquet")
