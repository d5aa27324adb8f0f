"""Citations in a reasoning: which there are, and which of them nobody has shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ID = re.compile(r"\[((?:[a-z]+-[a-z0-9-]+|\d{1,3}(?:\s*[,-]\s*\d{1,3})*))\]", re.IGNORECASE)
_NAME = r"[A-Z][A-Za-z'’-]+"
_AUTHOR_YEAR = re.compile(
    rf"({_NAME})(?:\s+(?:et\s+al\.?|and\s+colleagues|and\s+{_NAME}|&\s*{_NAME}))?,?\s*\(?\s*((?:19|20)\d\d)\b"
)
_ET_AL = re.compile(rf"({_NAME})\s+(?:et\s+al\b|and\s+colleagues)")
_NUMBERED = re.compile(r"\b(?:PMID|doi|arXiv|NCT)\s*[:#]?\s*([\w./-]*\d[\w./-]*)", re.IGNORECASE)
_NOT_NAMES = frozenset(
    [
        "In",
        "Since",
        "Until",
        "From",
        "By",
        "Before",
        "After",
        "During",
        "Around",
        "About",
        "Of",
        "The",
        "May",
        "June",
        "July",
        "August",
        "March",
        "April",
        "January",
        "February",
        "September",
        "October",
        "November",
        "December",
    ]
)


def citations_of(text: str) -> tuple[str, ...]:
    """Return the citations of a text, each once: `[id]`, `author year`, `author et al`, and numbers of works."""
    found: dict[str, None] = {}
    found.update((f"[{match[1].lower()}]", None) for match in _ID.finditer(text))
    named = set()
    for match in _AUTHOR_YEAR.finditer(text):
        if match[1] not in _NOT_NAMES:
            named.add(match[1].lower())
            found[f"{match[1].lower()} {match[2]}"] = None
    for match in _ET_AL.finditer(text):
        if match[1].lower() not in named:
            found[f"{match[1].lower()} et al"] = None
    found.update((match[1].lower().rstrip("."), None) for match in _NUMBERED.finditer(text))
    return tuple(found)


def invented(text: str, shown: Iterable[str]) -> tuple[str, ...]:
    """Return the citations of a text that the lines shown do not hold."""
    return tuple(one for one in citations_of(text) if not _stands(one, [line.lower() for line in shown]))


def _stands(citation: str, lines: Sequence[str]) -> bool:
    """Return whether one line holds every word of a citation."""
    if citation.startswith("["):
        return any(citation in line for line in lines)
    words = [word for word in citation.split() if word not in ("et", "al")]
    return any(all(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line) for word in words) for line in lines)


__all__ = ["citations_of", "invented"]
