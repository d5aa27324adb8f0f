"""Checkpoints that are whole or do not count, and the state of a run folder."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triagelab.errors import RunStateError
from triagelab.files import write_json
from triagelab.training.config import RunRecipe

CONFIG, MANIFEST, COMPLETE = "config.json", "manifest.json", "complete.json"
_NAME = re.compile(r"checkpoint-(\d+)")


def open_run(out: Path, recipe: RunRecipe, *, resume: bool, about: Mapping[str, Any] | None = None) -> bool:
    """Make `out` the folder of this run; return True if the run in it is already finished.

    Args:
        about: what else is written beside the recipe of a new run.

    Raises: RunStateError where the folder holds another run, or one that `resume` was not asked to continue.
    """
    place = out / CONFIG
    wanted = recipe.model_dump(mode="json")
    if out.is_dir() and not place.exists() and any(out.iterdir()):
        raise RunStateError(f"{out}: holds files that are no run; choose another --out")
    if place.exists():
        saved = _read(place).get("recipe", {})
        changed = different_settings(saved, wanted)
        if not resume:
            raise RunStateError(f"{out}: already holds a run; continue it with --resume or choose another --out")
        if changed:
            shown = "; ".join(f"{key}: was {old!r}, now {new!r}" for key, (old, new) in list(changed.items())[:4])
            raise RunStateError(f"{out}: cannot resume with another configuration ({shown}); choose another --out")
        return (out / MANIFEST).is_file()
    write_json(place, {"recipe": wanted, "hash": recipe.hash(), **(about or {})})
    return False


def different_settings(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> dict[str, tuple[Any, Any]]:
    """Return dotted key -> (old, new) for every setting that differs."""
    found: dict[str, tuple[Any, Any]] = {}
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found.update(different_settings(before, after, f"{prefix}{key}."))
        elif before != after:
            found[f"{prefix}{key}"] = (before, after)
    return found


def seal(folder: Path) -> None:
    """Mark a checkpoint as whole, once every file of it is on the disk with its size."""
    sizes = {
        str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file() and p.name != COMPLETE
    }
    write_json(folder / COMPLETE, {"files": sizes})


def is_whole(folder: Path) -> bool:
    """Return whether every file of the checkpoint is there with the size it was sealed with."""
    place = folder / COMPLETE
    if not place.is_file():
        return False
    try:
        sizes = json.loads(place.read_text(encoding="utf-8"))["files"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return False


def checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Return (step, folder) of every checkpoint, whole or not, oldest first."""
    if not folder.is_dir():
        return []
    return sorted((int(m[1]), p) for p in folder.iterdir() if (m := _NAME.fullmatch(p.name)) and p.is_dir())


def last_whole(folder: Path) -> Path | None:
    """Return the newest checkpoint that is whole, or None."""
    return next((path for _, path in reversed(checkpoints(folder)) if is_whole(path)), None)


def drop_broken(folder: Path) -> None:
    """Remove checkpoints that were cut off while being written."""
    for _, path in checkpoints(folder):
        if not is_whole(path):
            shutil.rmtree(path, ignore_errors=True)


def prune(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` whole checkpoints. Call only after the newest is sealed."""
    whole = [path for _, path in checkpoints(folder) if is_whole(path)]
    for path in whole[:-keep]:
        # The seal goes first, so that a removal that is cut off leaves nothing that looks whole.
        (path / COMPLETE).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)


def _read(place: Path) -> dict[str, Any]:
    try:
        return json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunStateError(f"{place}: cannot be read ({str(error)[:80]}); choose another --out") from error
