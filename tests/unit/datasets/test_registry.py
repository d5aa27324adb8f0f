"""One function loads everything; whatever is wrong with the call is said in one line."""

from __future__ import annotations

import json

import pytest

from dataset_samples import hospital
from triagelab.datasets.base import Dataset
from triagelab.datasets.parquet import write_parquet
from triagelab.datasets.registry import DATASET_NAMES, load_dataset
from triagelab.errors import BadInputError, UnknownNameError


@pytest.fixture
def vignettes(tmp_path):
    path = tmp_path / "v.jsonl"
    rows = ({"id": str(place), "case": f"Note {place}.", "esi": 1 + place % 5} for place in range(40))
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_names():
    assert {"generated", "nhamcs", "mimic-iv-ed", "vignettes"} <= set(DATASET_NAMES)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'nhamcs'"):
        load_dataset("nhamc", ".")


@pytest.mark.parametrize("name", [name for name in DATASET_NAMES if name not in ("generated", "written")])
def test_a_path_is_asked_for(name, tmp_path):
    with pytest.raises(BadInputError, match=f"{name} path"):
        load_dataset(name)
    with pytest.raises(BadInputError, match="nothing at this place"):
        load_dataset(name, tmp_path / "nowhere")


@pytest.mark.parametrize(
    "arguments", [{"limit": 0}, {"limit": -1}, {"limit": 2.5}, {"limit": True}, {"split": "validation"}, {"n": 3}]
)
def test_bad_arguments(vignettes, arguments):
    with pytest.raises(BadInputError, match=next(iter(arguments))):
        load_dataset("vignettes", vignettes, **arguments)


def test_a_split_that_is_not_there(vignettes):
    with pytest.raises(BadInputError, match=r"split 'train' of vignettes.*all test"):
        load_dataset("vignettes", vignettes, split="train")


def test_a_limit_draws_by_seed_and_keeps_the_order(vignettes):
    ten = load_dataset("vignettes", vignettes, limit=10)
    ids = [int(case.case_id) for case in ten]
    assert len(ids) == 10
    assert ids == sorted(ids) != list(range(10))
    assert ten.cases == load_dataset("vignettes", vignettes, limit=10).cases
    assert ten.cases != load_dataset("vignettes", vignettes, limit=10, seed=1).cases
    assert len(load_dataset("vignettes", vignettes, limit=1000)) == 40


def test_any_dataset_reads_its_own_parquet(vignettes, tmp_path):
    dataset = load_dataset("vignettes", vignettes)
    write_parquet(dataset, tmp_path / "cases.parquet")
    assert load_dataset("vignettes", tmp_path / "cases.parquet") == dataset
    with pytest.raises(BadInputError, match="it holds cases of vignettes"):
        load_dataset("nhamcs", tmp_path / "cases.parquet")


def test_the_second_load_comes_from_the_cache(tmp_path, own_cache, monkeypatch):
    folder = hospital(tmp_path / "data", [{"stay_id": "1"}, {"stay_id": "2", "acuity": ""}])
    first = load_dataset("mimic-iv-ed", folder)
    assert len(list(own_cache.glob("datasets/mimic-iv-ed-*.parquet"))) == 1

    def broken(path) -> Dataset:
        raise AssertionError("the files were read again")

    monkeypatch.setattr("triagelab.datasets.mimic_iv_ed.load", broken)
    assert load_dataset("mimic-iv-ed", folder) == first
    assert load_dataset("mimic-iv-ed", folder, split="test") == first
    assert not list((tmp_path / "data").rglob("*.parquet"))  # nothing is left beside the data
