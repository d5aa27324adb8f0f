"""Which clinical pattern the findings speak for most, by a stated table (data/bedside_patterns.toml)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache

from pydantic import BaseModel, ConfigDict

from triagelab.cases.bedside.actions import PATTERNS
from triagelab.cases.derivation import rules as derivations
from triagelab.cases.lexicon import lexicon
from triagelab.clinical.facts import vocabulary
from triagelab.errors import UnknownNameError
from triagelab.files import packaged_table

FURTHER = ("asks_only", "infant_under_3_months")
"""Names that the forecast knows and no table of words does."""
TOGETHER = "+"
"""Joins names that must hold together."""


class PatternTable(BaseModel):
    """data/bedside_patterns.toml.

    Attributes:
        otherwise: the pattern where nothing speaks for any.
        points: pattern -> name of a concept or fact, `*` for any letters, or such names joined by `+` -> points.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    verified: bool
    otherwise: str
    points: dict[str, dict[str, float]]


@cache
def pattern_table() -> PatternTable:
    """Return the table. Raises: DataFormatError naming the entry that is wrong."""
    return packaged_table("triagelab.agents", "bedside_patterns.toml", PatternTable)


@cache
def known_names() -> frozenset[str]:
    """Return every name that a picture of a patient can hold."""
    words = lexicon()
    broader = {parent for parents in words.ancestors.values() for parent in parents}
    return frozenset({*vocabulary(), *words.concepts, *broader, *(rule.fact for rule in derivations()), *FURTHER})


@cache
def _by_name() -> Mapping[str, tuple[tuple[frozenset[str], str, float], ...]]:
    """Return name -> (names that must hold together with it, pattern, points).

    Raises: UnknownNameError for a name that is none.
    """
    found: dict[str, list[tuple[frozenset[str], str, float]]] = {}
    for pattern, points in pattern_table().points.items():
        for key, value in points.items():
            first, *others = key.split(TOGETHER)
            beside = frozenset(name for other in others for name in _meant(other))
            for name in _meant(first):
                found.setdefault(name, []).append((beside, pattern, value))
    return {name: tuple(rows) for name, rows in found.items()}


def _meant(name: str) -> Iterable[str]:
    known = known_names()
    meant = [one for one in known if fnmatchcase(one, name)] if "*" in name else [name] if name in known else []
    if not meant:
        raise UnknownNameError("bedside_patterns.toml: finding", name, known)
    return meant


def pattern_points(present: Iterable[str]) -> dict[str, float]:
    """Return the points of every pattern that something speaks for."""
    table, holds = _by_name(), set(present)
    total: dict[str, float] = {}
    for name in holds & table.keys():
        for beside, pattern, value in table[name]:
            if beside <= holds:
                total[pattern] = total.get(pattern, 0.0) + value
    return total


def likeliest_pattern(present: Iterable[str]) -> str:
    """Return the pattern with the most points; on a tie the one that stands first in the served list."""
    points = pattern_points(present)
    if not points:
        return pattern_table().otherwise
    return max(PATTERNS, key=lambda name: points.get(name, 0.0))
