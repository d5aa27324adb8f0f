"""Reward presets that a task ships as files: their names, what is meant by a text, and how one is read.

Light to import: which reward a text means is asked before anything is loaded.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

if TYPE_CHECKING:
    from pydantic import BaseModel

Preset = TypeVar("Preset", bound="BaseModel")
LONGEST_FILE = 100_000
"""Bytes above which a file is not looked into."""


def shipped_names(task: str) -> tuple[str, ...]:
    """Return the names of the presets that `rewards.TASK` ships."""
    folder = resources.files(f"triagelab.rewards.{task}") / "presets"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def is_of_task(reward: str, task: str, mark: str) -> bool:
    """Return whether a reward of the task is meant: a shipped name, one that begins like it, or a TOML file.

    Args:
        mark: what stands in the task's files, and in no others.
    """
    if reward in shipped_names(task):
        return True
    path = Path(reward)
    if reward.endswith(".toml"):
        return path.is_file() and path.stat().st_size < LONGEST_FILE and mark in path.read_text("utf-8", "replace")
    return reward.startswith(task) and ":" not in reward and "/" not in reward


def load_task_preset(kind: type[Preset], task: str, name_or_path: str | Path) -> Preset:
    """Return a shipped preset of the task by name, or the one in a TOML file.

    Raises: UnknownNameError with the nearest name, BadInputError for a file that is not there, DataFormatError for a
    file that is no such preset.
    """
    text = str(name_or_path)
    if text in shipped_names(task):
        return _shipped(kind, task, text)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text:
        return _read(kind, task, text)
    raise UnknownNameError(f"{task} preset", text, shipped_names(task))


@cache
def _shipped(kind: type[Preset], task: str, name: str) -> Preset:
    return _read(kind, task, str(resources.files(f"triagelab.rewards.{task}") / "presets" / f"{name}.toml"))


def _read(kind: type[Preset], task: str, path: str) -> Preset:
    from pydantic import ValidationError

    try:
        return kind.model_validate(read_toml(path, f"{task} preset file"))
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"])) or "file"
        raise DataFormatError(f"{path}: {place}: {problem['msg']}") from error


__all__ = ["is_of_task", "load_task_preset", "shipped_names"]
