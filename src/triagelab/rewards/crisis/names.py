"""Which rewards are for the hospital crisis, told without loading any of them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

LONGEST_FILE = 100_000
"""Bytes above which a file is not looked into."""


def crisis_preset_names() -> tuple[str, ...]:
    """Return the names of the shipped crisis rewards."""
    folder = resources.files("triagelab.rewards.crisis") / "presets"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def is_crisis(reward: str) -> bool:
    """Return whether a crisis reward is meant: a shipped name, one that begins like them, or a TOML file with terms."""
    if reward in crisis_preset_names():
        return True
    path = Path(reward)
    if reward.endswith(".toml"):
        return (
            path.is_file() and path.stat().st_size < LONGEST_FILE and "verifier" in path.read_text("utf-8", "replace")
        )
    return reward.startswith("crisis") and ":" not in reward and "/" not in reward


__all__ = ["crisis_preset_names", "is_crisis"]
