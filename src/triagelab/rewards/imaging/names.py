"""Which rewards are for imaging appropriateness, told without loading any of them."""

from __future__ import annotations

from triagelab.rewards.preset_files import is_of_task, shipped_names


def imaging_preset_names() -> tuple[str, ...]:
    """Return the names of the shipped imaging rewards."""
    return shipped_names("imaging")


def is_imaging(reward: str) -> bool:
    """Return whether an imaging reward is meant: a shipped name or one that begins like it, or a TOML file."""
    return is_of_task(reward, "imaging", 'kind = "imaging"')


__all__ = ["imaging_preset_names", "is_imaging"]
