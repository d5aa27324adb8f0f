"""Which evidence is shown with an imaging question: verified entries only, found by the question's text alone.

Neither the truth nor the id of a case is looked at, so what is shown can tell no more of the label than the text does.
"""

from __future__ import annotations

import re
from functools import cache

from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.clinical.imaging_evidence import Evidence, verified_evidence

MOST = 3
"""Entries that a prompt shows at most."""


@cache
def _searches() -> tuple[tuple[Evidence, re.Pattern[str]], ...]:
    return tuple(
        (one, re.compile(r"(?<!\w)(?:" + "|".join(re.escape(term.lower()) for term in one.terms) + ")"))
        for one in verified_evidence()
    )


def retrieve(question: ImagingQuestion, most: int = MOST) -> tuple[Evidence, ...]:
    """Return the verified entries whose terms stand in note or procedure, the most hits first; none where none fits."""
    text = f"{question.note}\n{question.asked}".lower()
    hits = [(len({found[0] for found in search.finditer(text)}), one) for one, search in _searches()]
    chosen = sorted((hit for hit in hits if hit[0]), key=lambda hit: (-hit[0], hit[1].id))
    return tuple(one for _, one in chosen[:most])


def evidence_lines(question: ImagingQuestion, most: int = MOST) -> tuple[str, ...]:
    """Return the entries as lines of a prompt."""
    return tuple(one.line for one in retrieve(question, most))


__all__ = ["MOST", "evidence_lines", "retrieve"]
