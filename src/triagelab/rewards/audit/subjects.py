"""From what a user names to what an audit looks at: a preset, a file, a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from triagelab.errors import BadInputError
from triagelab.rewards.audit.subject import Subject, subject_of
from triagelab.rewards.presets import load_preset

MOST = 1e9
"""Largest reward that is looked at; squares of much larger ones are no numbers any more."""


def load_subject(reward: str | Path | Callable[..., Any]) -> Subject:
    """Return the reward that is meant: a function or the text `module:function`, else a preset name or a TOML file.

    Raises: BadInputError, UnknownNameError, DataFormatError where it is none, or pays what no figure can be made of.
    """
    if isinstance(reward, str) and reward.endswith(".py"):
        raise BadInputError("reward", reward, "a preset, a TOML file, or file.py:function", "name the function as well")
    if isinstance(reward, Path) or (isinstance(reward, str) and (":" not in reward or reward.endswith(".toml"))):
        subject = subject_of(load_preset(reward))
    else:
        from triagelab.rewards.audit.callables import subject_of_callable

        subject = subject_of_callable(reward)
    most = float(abs(subject.table).max())
    if not most <= MOST:
        raise BadInputError(f"{subject.name}: largest reward", most, f"at most {MOST:g} either way")
    return subject
