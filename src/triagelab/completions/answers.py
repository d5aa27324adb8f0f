"""What a completion turned out to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ParseStatus(StrEnum):
    """How the answer was found. Only CLEAN and REPAIRED carry a level."""

    CLEAN = "clean"
    REPAIRED = "repaired"
    MALFORMED = "malformed"
    CONFLICTING = "conflicting"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parser's verdict on one completion.

    Attributes:
        status: how the answer was found, or why there is none.
        level: 1-5, or None when there is no single final answer; never a guess.
        has_extraction, has_algorithm, has_answer: which sections of the format are there, in order.
        start, end: span of the final answer in the completion, or -1.
        reason: one line for people.
    """

    status: ParseStatus
    level: int | None
    has_extraction: bool = False
    has_algorithm: bool = False
    has_answer: bool = False
    start: int = -1
    end: int = -1
    reason: str = ""

    @property
    def well_formed(self) -> bool:
        return self.has_extraction and self.has_algorithm and self.has_answer
