"""Which rewards are for the hospital crisis, told without loading any of them."""

from __future__ import annotations

from triagelab.rewards.preset_files import is_of_task, shipped_names


def crisis_preset_names() -> tuple[str, ...]:
    """Return the names of the shipped crisis rewards."""
    return shipped_names("crisis")


def is_crisis(reward: str) -> bool:
    """Return whether a crisis reward is meant: a shipped name, one that begins like them, or a TOML file with terms."""
    return is_of_task(reward, "crisis", "verifier")


__all__ = ["crisis_preset_names", "is_crisis"]
