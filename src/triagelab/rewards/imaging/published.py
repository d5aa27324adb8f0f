"""The published readings, for comparison only. Assumed, for want of the code: the expressions and their order."""

from __future__ import annotations

import re

from triagelab.clinical.imaging import Appropriateness

_BETWEEN = re.compile(r"</think>\s*<answer>")


def published_answer(text: str, label: Appropriateness) -> bool:
    """Return whether the first answer block equals the label but for case and blanks around it."""
    found = _first(text, "answer")
    return found is not None and found.strip().lower() == label.value


def published_format(text: str) -> bool:
    """Return whether the tags stand in order somewhere in the text."""
    start = text.find("<think>")
    between = _BETWEEN.search(text, start) if start >= 0 else None
    return between is not None and text.find("</answer>", between.end()) >= 0


def published_reasoning(text: str) -> str:
    """Return the first reasoning block, or nothing."""
    return (_first(text, "think") or "").strip()


def _first(text: str, tag: str) -> str | None:
    """Return what the expression `<tag>(.*?)</tag>` finds first, in linear time."""
    start = text.find(f"<{tag}>")
    end = text.find(f"</{tag}>", start) if start >= 0 else -1
    return text[start + len(tag) + 2 : end] if end >= 0 else None


__all__ = ["published_answer", "published_format", "published_reasoning"]
