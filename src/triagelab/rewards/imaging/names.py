"""Which rewards are for imaging appropriateness, told without loading any of them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

LONGEST_FILE = 100_000
"""Bytes above which a file is not looked into."""


def imaging_preset_names() -> tuple[str, ...]:
    """Return the names of the shipped imaging rewards."""
    folder = resources.files("triagelab.rewards.imaging") / "presets"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def is_imaging(reward: str) -> bool:
    """Return whether an imaging reward is meant: a shipped name or one that begins like it, or a TOML file."""
    if reward in imaging_preset_names():
        return True
    path = Path(reward)
    if reward.endswith(".toml"):
        return (
            path.is_file()
            and path.stat().st_size < LONGEST_FILE
            and 'kind = "imaging"' in path.read_text("utf-8", "replace")
        )
    return reward.startswith("imaging") and ":" not in reward and "/" not in reward


__all__ = ["imaging_preset_names", "is_imaging"]
