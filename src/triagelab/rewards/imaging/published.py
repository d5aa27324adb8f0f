"""The published readings, for comparison only. Assumed, for want of the code: the expressions and their order."""

from __future__ import annotations

import re

from triagelab.clinical.imaging import Appropriateness

_FIRST = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
_TAGS = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
_THOUGHT = re.compile(r"<think>(.*?)</think>", re.DOTALL)


def published_answer(text: str, label: Appropriateness) -> bool:
    """Return whether the first answer block equals the label but for case and blanks around it."""
    found = _FIRST.search(text)
    return found is not None and found[1].strip().lower() == label.value


def published_format(text: str) -> bool:
    """Return whether the tags stand in order somewhere in the text."""
    return _TAGS.search(text) is not None


def published_reasoning(text: str) -> str:
    """Return the first reasoning block, or nothing."""
    found = _THOUGHT.search(text)
    return found[1].strip() if found else ""


__all__ = ["published_answer", "published_format", "published_reasoning"]
