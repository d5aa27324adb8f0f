"""A checkpoint is whole or it does not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from triagelab.errors import RunStateError
from triagelab.training import checkpoints
from triagelab.training.recipe_files import load_recipe


def write(folder: Path, step: int, *, sealed: bool = True) -> Path:
    place = folder / f"checkpoint-{step}"
    place.mkdir(parents=True)
    (place / "model.safetensors").write_bytes(b"x" * step)
    (place / "part").mkdir()
    (place / "part" / "state.pt").write_bytes(b"y")
    if sealed:
        checkpoints.seal(place)
    return place


def test_the_newest_whole_one_is_taken(tmp_path: Path) -> None:
    assert checkpoints.last_whole(tmp_path / "none") is None
    ten, nine = write(tmp_path, 10), write(tmp_path, 9)
    write(tmp_path, 11, sealed=False)
    (tmp_path / "README.md").write_text("not a checkpoint")
    assert checkpoints.last_whole(tmp_path) == ten
    (ten / "part" / "state.pt").write_bytes(b"")
    assert checkpoints.last_whole(tmp_path) == nine
    (nine / "model.safetensors").unlink()
    assert checkpoints.last_whole(tmp_path) is None


def test_a_spoilt_seal_is_no_seal(tmp_path: Path) -> None:
    place = write(tmp_path, 3)
    (place / checkpoints.COMPLETE).write_text("{")
    assert not checkpoints.is_whole(place)


def test_pruning_keeps_the_newest_and_never_touches_an_unfinished_one(tmp_path: Path) -> None:
    for step in (2, 4, 10, 20):
        write(tmp_path, step)
    write(tmp_path, 30, sealed=False)
    checkpoints.prune(tmp_path, keep=2)
    assert [step for step, _ in checkpoints.checkpoints(tmp_path)] == [10, 20, 30]
    checkpoints.drop_broken(tmp_path)
    assert [step for step, _ in checkpoints.checkpoints(tmp_path)] == [10, 20]


def test_a_run_folder_is_taken_once_and_only_by_the_same_recipe(tmp_path: Path) -> None:
    recipe = load_recipe("tiny-sft")
    out = tmp_path / "run"
    assert checkpoints.open_run(out, recipe, resume=True) is False
    assert checkpoints.open_run(out, recipe, resume=True) is False
    with pytest.raises(RunStateError, match="--resume"):
        checkpoints.open_run(out, recipe, resume=False)
    with pytest.raises(RunStateError, match="seed: was 0, now 1"):
        checkpoints.open_run(out, load_recipe("tiny-sft", {"seed": 1}), resume=True)
    (out / checkpoints.MANIFEST).write_text("{}")
    assert checkpoints.open_run(out, recipe, resume=True) is True
    (out / checkpoints.CONFIG).write_text("{")
    with pytest.raises(RunStateError, match="cannot be read"):
        checkpoints.open_run(out, recipe, resume=True)
