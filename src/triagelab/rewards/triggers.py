"""What the rule terms may know of a note: what it asserts now. Read once a note, never from a completion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class CaseFindings:
    """What one note asserts.

    Attributes:
        present: facts that hold of the patient now; negated, past, planned and family mentions are left out.
        pain_score: reported pain 0-10, None where the note gives none.
    """

    present: frozenset[str]
    pain_score: float | None


@lru_cache(maxsize=32_768)
def case_findings(note: str) -> CaseFindings:
    """Return what the note asserts; every completion of the case shares one reading."""
    from triagelab.cases.extraction import extract

    read = extract(note)
    present = frozenset(name for name, value in read.facts.flags.items() if value is True)
    return CaseFindings(present, read.vitals.pain_score)
