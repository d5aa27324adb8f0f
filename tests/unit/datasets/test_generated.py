"""Generated patients as a dataset: made on the spot or read back, the same either way."""

from __future__ import annotations

import json

import pytest

from triagelab.datasets.registry import load_dataset
from triagelab.errors import DataFormatError
from triagelab.files import write_jsonl


def test_a_file_gives_back_what_was_generated(tmp_path):
    made = load_dataset("generated", split="dev", n=5, seed=3)
    write_jsonl(tmp_path / "cases.jsonl", (case.to_dict() for case in made))
    read = load_dataset("generated", tmp_path / "cases.jsonl")
    assert read.cases == made.cases
    assert (read.scale, {case.split for case in read}) == ("esi-v5", {"dev"})


def test_n_is_a_split_and_seeds_differ():
    dataset = load_dataset("generated", n=4, seed=1)
    assert [len(dataset.split(name)) for name in ("train", "dev", "test")] == [4, 4, 4]
    assert dataset.split("test").cases == load_dataset("generated", split="test", n=4, seed=1).cases
    assert dataset.cases != load_dataset("generated", n=4, seed=2).cases


def test_repeated_ids_are_refused(tmp_path):
    case = load_dataset("generated", split="dev", n=1)[0]
    path = tmp_path / "cases.jsonl"
    write_jsonl(path, [case.to_dict(), case.to_dict()])
    dataset = load_dataset("generated", path)
    assert (len(dataset), dataset.reject_counts()) == (1, {"duplicate id": 1})


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw.pop("truth"),
        lambda raw: raw["truth"].update(level=9),
        lambda raw: raw["presentation"].update(sex="unknown"),
        lambda raw: raw["presentation"].update(surprise=1),
        lambda raw: raw["presentation"].update(vitals={"heart_rate_bpm": 9999}),
        lambda raw: raw.update(presentation="text"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, damage):
    good, bad = (load_dataset("generated", split="dev", n=1)[0].to_dict() for _ in range(2))
    damage(bad)
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(good) + "\n" + json.dumps(bad) + "\n")
    with pytest.raises(DataFormatError, match=r"cases\.jsonl:2: not a case") as caught:
        load_dataset("generated", path)
    assert "\n" not in str(caught.value)


def test_an_empty_file(tmp_path):
    (tmp_path / "cases.jsonl").write_text("\n")
    with pytest.raises(DataFormatError, match="no case in it"):
        load_dataset("generated", tmp_path / "cases.jsonl")


def test_labels_on_two_scales_are_not_mixed(tmp_path):
    one, two = (case.to_dict() for case in load_dataset("generated", split="dev", n=2))
    two["truth"]["scale"] = "ktas"
    write_jsonl(tmp_path / "cases.jsonl", [one, two])
    with pytest.raises(DataFormatError, match="several scales"):
        load_dataset("generated", tmp_path / "cases.jsonl")
