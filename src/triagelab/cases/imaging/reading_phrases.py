"""What the reader of imaging notes knows: phrases that training data is worded with, and the words of the rules.

The phrases that only unseen data is worded with are never among them, and of a condition that is held out none is:
there the words of the rules are all there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from triagelab.cases.imaging.wording import KEPT_OPENINGS, common, known, worded_conditions, wording
from triagelab.clinical.imaging import condition, conditions
from triagelab.clinical.imaging_table import Condition
from triagelab.clinical.predicates import Flag, Not

OPENING, NOTHING = "opening", "nothing"
"""What a phrase may be about beside a feature or number: which condition it is, or nothing that decides."""
COMMON = ""
"""The condition of phrases that stand in notes of every condition."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase and what it says.

    Attributes:
        condition: COMMON for phrases of every condition.
        about: a feature, a number, OPENING or NOTHING.
        value: what is said of a feature; None for everything else.
        knowledge: words of the rules, not of a note.
    """

    text: str
    condition: str
    about: str
    value: bool | None = None
    knowledge: bool = False


@cache
def phrases() -> tuple[Phrase, ...]:
    """Return every phrase that the reader knows; `{}` stands for a number."""
    found = list(_common())
    worded = set(worded_conditions())
    for name, one in conditions().items():
        found += _knowledge(one)
        if name in worded and not one.held_out:
            found += _worded(name)
    return tuple(found)


def _common() -> Iterator[Phrase]:
    for feature, row in common().say.items():
        yield from (Phrase(text, COMMON, feature, True) for text in known(row.yes))
        yield from (Phrase(text, COMMON, feature, False) for text in known(row.no))
    for number, row in common().number.items():
        yield from (Phrase(text, COMMON, number) for text in known(row.say))
    yield from (Phrase(text, COMMON, NOTHING) for group in common().distractors.values() for text in group)


def _worded(name: str) -> Iterator[Phrase]:
    words = wording(name)
    yield from (Phrase(text, name, OPENING) for text in known(words.opening, KEPT_OPENINGS))
    for feature, row in words.say.items():
        if feature not in common().say:
            yield from (Phrase(text, name, feature, True) for text in known(row.yes))
            yield from (Phrase(text, name, feature, False) for text in known(row.no))
    for number, row in words.number.items():
        if number not in common().number:
            yield from (Phrase(text, name, number) for text in known(row.say))


def _knowledge(one: Condition) -> Iterator[Phrase]:
    """Yield the words of the rules: title, features, and the sentences of criteria that are one feature."""
    yield Phrase(one.title, one.id, OPENING, knowledge=True)
    shared = set(common().say) | {"female"}
    for feature, text in one.features.items():
        if feature not in shared:
            yield Phrase(text, one.id, feature, True, knowledge=True)
    for number, text in one.numbers.items():
        if number not in ("age_years", "egfr"):
            yield Phrase(f"{_short(text)} {{}}", one.id, number, knowledge=True)
    for criterion in one.criteria.values():
        when, turned = criterion.when, False
        while isinstance(when, Not):
            when, turned = when.of, not turned
        if isinstance(when, Flag) and (feature := when.names()[0]) not in shared:
            yield Phrase(criterion.yes, one.id, feature, not turned, knowledge=True)
            yield Phrase(criterion.no, one.id, feature, turned, knowledge=True)


def _short(text: str) -> str:
    """Return the name of a number without what stands in brackets."""
    return re.sub(r"\s*\([^)]*\)", "", text)


@cache
def candidates(procedure: str) -> tuple[str, ...]:
    """Return the conditions whose rules know a procedure."""
    return tuple(name for name in conditions() if procedure in condition(name).rules)


__all__ = ["COMMON", "NOTHING", "OPENING", "Phrase", "candidates", "phrases"]
