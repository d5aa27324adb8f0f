"""Signs that a value gives the truth away: by its name, word for word, or because it goes along with it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from triagelab.envs.check.lab import number
from triagelab.seeding import stream

SURE = 0.001
"""Chance at most that a value goes along with the truth this well by accident."""
PERMUTATIONS = 2000
LEAST = 12
"""Cases below which nothing is judged by statistics."""
COVERED = 0.5
"""Share of cases at least whose value stands beside another case with the same value."""
CODE_COVERED, CODE_VALUES = 0.8, 3
"""In what an agent is meant to read (a complaint may well mean level 1) only a code counts: that share of cases, and no
more values than so many for each answer."""

_NAMES = re.compile(
    r"^(true|truth|gold|golden|correct|expected|hidden|secret|solution|ground_?truth|answer_?key|oracle|label)(_|$)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:level|severity|esi|acuity|tier|urgency|label|answer|truth|gold|class|category)\W{0,4}(?:is\W{0,3})?(\w+)",
    re.IGNORECASE,
)


def named(value: Any, path: str = "", public: Collection[str] = ()) -> str:
    """Return where a filled field has a name that says truth, empty where there is none.

    Args:
        public: names that only look so, such as the `label` of a bag of blood.
    """
    if isinstance(value, Mapping):
        for name, inside in value.items():
            place = f"{path}.{name}" if path else str(name)
            if _NAMES.match(str(name)) and name not in public and inside not in (None, "", [], {}):
                return f"{place} is {str(inside)[:40]!r}"
            if sign := named(inside, place, public):
                return sign
    elif isinstance(value, list | tuple):
        for place, inside in enumerate(value):
            if sign := named(inside, f"{path}.{place}", public):
                return sign
    return ""


def tells(values: Sequence[Any], truths: Sequence[Any], name: str, *, evidence: bool = False) -> str:
    """Return how the values of one field, one for each case, tell the truths; empty where they do not.

    A field tells where equal values always stand beside equal truths, over at least half of the cases, better than
    chance; and where the text of the truth stands in the field of its own case and of no other.

    Args:
        evidence: agents are meant to read the field, so that only a code for the truth counts.
    """
    pairs = [(value, truth) for value, truth in zip(values, truths, strict=True) if truth is not None]
    if len(pairs) < LEAST or len({truth for _, truth in pairs}) < 2:
        return ""
    if _word_for_word(pairs):
        return f"holds the {name} word for word"
    for how, seen in _readings([value for value, _ in pairs]):
        for which, wanted in _questions([truth for _, truth in pairs], name):
            if _goes_along(seen, wanted, evidence):
                return f"tells {which}{how}"
    return ""


def _word_for_word(pairs: Sequence[tuple[Any, Any]]) -> bool:
    texts = [(str(value), str(truth)) for value, truth in pairs if isinstance(truth, str) and len(truth) >= 4]
    if len(texts) < LEAST:
        return False
    known = {truth for _, truth in texts}
    own = sum(truth in text for text, truth in texts) / len(texts)
    other = sum(word in text for text, truth in texts for word in known - {truth}) / (
        len(texts) * max(1, len(known) - 1)
    )
    return own >= 0.9 and other <= 0.1


def _readings(values: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield ways to look at a field: as it is, and what it says behind words such as `level`."""
    yield "", [str(value) for value in values]
    if any(isinstance(value, str) for value in values):
        said = [_SAID.findall(str(value)) for value in values]
        yield " behind a word such as `level`", [" ".join(words).lower() for words in said]
        yield " by its last character", [str(value)[-1:] for value in values]
    numbers = [len(str(value)) if isinstance(value, str) else None for value in values]
    if all(size is not None for size in numbers):
        yield " by its length", list(numbers)


def _questions(truths: Sequence[Any], name: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield what could be told: the truth, and for numbers whether it is at most k."""
    yield f"the {name}", list(truths)
    if all(number(truth) for truth in truths):
        for cut in sorted(set(truths))[:-1]:
            sides = [truth <= cut for truth in truths]
            if 0.1 <= sum(sides) / len(sides) <= 0.9:
                yield f"whether the {name} is at most {cut}", sides


def _goes_along(seen: Sequence[Any], truths: Sequence[Any], evidence: bool) -> bool:
    """Return whether equal values always have equal truths, in at least half of the cases, and not by accident."""
    groups: dict[Any, list[int]] = defaultdict(list)
    for place, value in enumerate(seen):
        groups[value].append(place)
    shared = [places for places in groups.values() if len(places) > 1]
    covered = CODE_COVERED if evidence else COVERED
    if len(groups) < 2 or sum(map(len, shared)) < covered * len(seen):
        return False
    if evidence and len(groups) > CODE_VALUES * len(set(truths)):
        return False
    if any(len({truths[place] for place in places}) > 1 for places in shared):
        return False
    if len({truths[places[0]] for places in shared}) < 2:
        return False
    return _chance(shared, truths) < SURE


def _chance(groups: Sequence[Sequence[int]], truths: Sequence[Any]) -> float:
    """Return how often shuffled truths are equal within all groups."""
    codes = {truth: code for code, truth in enumerate(Counter(truths))}
    coded = np.array([codes[truth] for truth in truths])
    rng = stream("envs.check.chance", 0, len(truths))
    hits = 0
    for _ in range(PERMUTATIONS):
        mixed = rng.permutation(coded)
        hits += all((mixed[list(places)] == mixed[places[0]]).all() for places in groups)
    return (hits + 1) / (PERMUTATIONS + 1)
