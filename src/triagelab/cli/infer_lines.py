"""The lines of an inference run, exactly as graders read them: one `[START]`, `[STEP]`s and one `[END]` an episode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import quote

from triagelab.errors import DataFormatError

_KEPT = "!#$&'()*+,-./:;<=>?@[]^_`{|}~"
_LONGEST = 300


def start_line(task: str, env: str, model: str) -> str:
    """Return the line that opens an episode."""
    return f"[START] task={word(task)} env={word(env)} model={word(model)}"


def step_line(number: int, action: str, reward: float, done: bool, error: str | None = None) -> str:
    """Return the line of one step; `number` counts from 1."""
    return (
        f"[STEP] step={number} action={word(action)} reward={money(reward)} done={_said(done)} error={sentence(error)}"
    )


def end_line(success: bool, rewards: Sequence[float]) -> str:
    """Return the line that closes an episode; without steps nothing stands after `rewards=`."""
    return f"[END] success={_said(success)} steps={len(rewards)} rewards={','.join(money(one) for one in rewards)}"


def word(text: str) -> str:
    """Return text without spaces, line ends and other characters that would break a line; those are written as %XX."""
    return quote(text, safe=_KEPT, errors="replace") or "-"


def sentence(text: str | None) -> str:
    """Return one printable line, `null` for None."""
    if text is None:
        return "null"
    line = " ".join(text.split())
    shown = "".join(char if char.isprintable() else "?" for char in line)[:_LONGEST]
    return "unknown" if shown in ("", "null") else shown


def money(reward: float) -> str:
    """Return a reward with two decimals, never as minus zero. Raises: DataFormatError for what is no number."""
    if not math.isfinite(reward):
        raise DataFormatError(f"reward: got {reward}; expected a finite number")
    return f"{round(reward, 2) + 0.0:.2f}"


def _said(value: bool) -> str:
    return "true" if value else "false"
