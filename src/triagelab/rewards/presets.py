"""The shipped rewards by name, and any user's reward by file. A shipped preset is never edited, only succeeded."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from triagelab.errors import UnknownNameError
from triagelab.files import read_toml
from triagelab.rewards.spec import RewardSpec, build_spec

ALIASES = {"v47": "v46"}
"""v47 was v46 trained for 750 more steps: another run, the same reward."""


def preset_names() -> tuple[str, ...]:
    """Return the names of the shipped rewards, aliases left out."""
    folder = resources.files("triagelab.rewards") / "presets"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_preset(name_or_path: str | Path) -> RewardSpec:
    """Return a shipped reward by name, or the reward in a TOML file.

    Raises: UnknownNameError with the nearest preset name, BadInputError for a file that is not there, DataFormatError
    for a file that is not a reward.
    """
    text = str(name_or_path)
    name = ALIASES.get(text, text)
    if name in preset_names():
        return _shipped(name)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text:
        return build_spec(read_toml(text, "preset file"), text)
    raise UnknownNameError("preset", text, [*preset_names(), *ALIASES])


@cache
def _shipped(name: str) -> RewardSpec:
    path = str(resources.files("triagelab.rewards") / "presets" / f"{name}.toml")
    return build_spec(read_toml(path, "preset"), path)
