"""From the text of an imaging note to a condition and facts: clauses matched with phrases that training data has.

What the reader is not sure of is unknown. It sees note and procedure, never a variant, and no phrase that was kept for
unseen data (`reading_phrases`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from triagelab.cases.imaging.reading_match import Index, is_negative, numbers_in
from triagelab.cases.imaging.reading_phrases import COMMON, NOTHING, OPENING, Phrase, candidates, phrases
from triagelab.clinical.imaging import condition

LEAST = 0.25
"""How alike a clause and a phrase are before anything is read from it."""
TURNED = 0.85
"""How much a phrase counts for the opposite where it denies and the clause does not, or the other way round."""
MARGIN = 0.03
"""How far yes and no are apart before one of them is read."""
KNOWLEDGE = 1.0
"""How much the words of the rules count beside the words of notes."""
_APART = 1.5
_SPAN = 3
_MOST_KEPT = 4_096
_PERSON = re.compile(
    r"^\s*(?:this is an? )?(?:(?P<months>\d+)\s*(?:-?months?-old|mo\b)|"
    r"(?P<years>\d+)\s*(?:-?years?-old|yo?\b|(?=[FM]\b)))\s*(?P<sex>woman|man|girl|boy|female|male|F\b|M\b)?\s*[,.:;]?\s*",
    re.IGNORECASE,
)
_FEMALE = frozenset(("woman", "girl", "female", "f"))
_STRONG = re.compile(r"[;\n]+|\.(?=\s|$)")
_LISTED = re.compile(r"^(?:noted|also)\b:?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """One clause and what was read from it. `alike`: with the phrase that it was read by, 0 to 1."""

    clause: str
    about: str
    value: bool | float | None
    alike: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A note as read for one condition.

    Attributes:
        weight: how well the note fits the condition; of several readings, the best one is first.
        facts: feature or number -> value; what is unknown is left out.
    """

    condition: str
    weight: float
    facts: Mapping[str, Any]
    said: tuple[Said, ...]


def read_note(note: str, procedure: str) -> tuple[Reading, ...]:
    """Return the readings of a note under every condition in which the procedure may be asked for, best first.

    Missing: without a condition that fits age and sex, nothing.
    """
    person, rest = read_person(note)
    found = [
        _read(name, rest, person) for name in candidates(procedure) if _fits(name, person.get("age_years"), person)
    ]
    return tuple(sorted(found, key=lambda one: (-one.weight, one.condition)))


def read_person(note: str) -> tuple[dict[str, Any], str]:
    """Return age and sex as facts, and the note without them. Missing: what is not said is left out."""
    found = _PERSON.match(note)
    if not found:
        return {}, note
    facts: dict[str, Any] = {}
    months, years, sex = found["months"], found["years"], found["sex"]
    facts["age_years"] = float(years) if years else int(months) / 12
    if sex:
        facts["female"] = sex.lower() in _FEMALE
    return facts, note[found.end() :]


def clauses_of(text: str) -> list[tuple[bool, tuple[str, ...]]]:
    """Return the sentences or lines of a note: whether one lists several things, and its parts between commas."""
    found = []
    for raw in _STRONG.split(text):
        line = raw.strip(" -\t•*")
        listing = _LISTED.match(line) is not None
        parts = tuple(part.strip() for part in _LISTED.sub("", line).split(",") if part.strip())
        if parts:
            found.append((listing, parts))
    return found


class _Reader:
    """The phrases of one condition, and what each is about."""

    def __init__(self, name: str, index: Index, known: Sequence[Phrase]) -> None:
        places = [i for i, one in enumerate(known) if one.condition in (name, COMMON)]
        self.places = np.array(places)
        self.abouts = sorted({known[i].about for i in places})
        order = {about: i for i, about in enumerate(self.abouts)}
        self.about = np.array([order[known[i].about] for i in places])
        self.value = np.array([{True: 1, False: 0, None: 2}[known[i].value] for i in places])
        self.scale = np.array([KNOWLEDGE if known[i].knowledge else 1.0 for i in places])
        self.counts = np.array(["{}" in known[i].text for i in places])
        self.texts = [known[i].text for i in places]
        self.negative = index.negative[self.places]
        self._kept: dict[str, np.ndarray] = {}

    def evidence(self, clause: str) -> np.ndarray:
        """Return how much a clause says for no, yes, or neither of them, of everything. Shapes: (abouts, 3)."""
        if clause not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            alike = _likeness(clause)[self.places] * self.scale
            if not numbers_in(clause):
                alike = np.where(self.counts, 0.0, alike)
            table = np.zeros((len(self.abouts), 3))
            turned = (self.value < 2) & (self.negative != is_negative(clause))
            np.maximum.at(
                table, (self.about, np.where(turned, 1 - self.value, self.value)), alike * np.where(turned, TURNED, 1.0)
            )
            self._kept[clause] = table
        return self._kept[clause]

    def best(self, clause: str) -> float:
        """Return how like a clause and its nearest phrase are."""
        return float(self.evidence(clause).max(initial=0.0))

    def split(self, listing: bool, parts: tuple[str, ...]) -> list[str]:
        """Return the clauses of a sentence: neighbouring parts are one where they are more like a phrase together.

        Outside a list a sentence is one clause unless its parts say clearly more than the whole.
        """
        if len(parts) == 1:
            return list(parts)
        reach: list[tuple[float, list[str]]] = [(0.0, [])]
        for end in range(1, len(parts) + 1):
            options = []
            for start in range(max(0, end - _SPAN), end):
                span = ", ".join(parts[start:end])
                gain = self.best(span) ** 2 * (end - start)
                options.append((reach[start][0] + gain, [*reach[start][1], span]))
            reach.append(max(options, key=lambda one: one[0]))
        whole = ", ".join(parts)
        apart = listing or reach[-1][0] > _APART * len(parts) * self.best(whole) ** 2
        return reach[-1][1] if apart else [whole]

    def read(self, clauses: Sequence[str]) -> tuple[Said, ...]:
        """Return what clauses say: the most alike first, and each feature once."""
        tables = [self.evidence(clause) for clause in clauses]
        if not tables:
            return ()
        peaks = np.stack([table.max(axis=1) for table in tables])
        peaks[0, self.abouts.index(OPENING)] += 0.1  # a note opens with why the patient comes
        taken: set[int] = set()
        done: set[int] = set()
        found: list[Said] = []
        for flat in np.argsort(-peaks, axis=None, kind="stable"):
            row, place = divmod(int(flat), len(self.abouts))
            alike = float(peaks[row, place])
            if alike < LEAST:
                break
            if row in done or place in taken:
                continue
            done.add(row)
            about = self.abouts[place]
            if about != NOTHING:
                taken.add(place)
            found.append(Said(clauses[row], about, self._value(clauses[row], tables[row][place]), min(alike, 1.0)))
        return tuple(found)

    def _value(self, clause: str, evidence: np.ndarray) -> bool | float | None:
        no, yes, other = (float(one) for one in evidence)
        if other >= max(no, yes):
            numbers = numbers_in(clause)
            return numbers[0] if len(numbers) == 1 else None
        return None if abs(yes - no) < MARGIN else yes > no


def _read(name: str, text: str, person: Mapping[str, Any]) -> Reading:
    reader = _reader(name)
    clauses = [clause for listing, parts in clauses_of(text) for clause in reader.split(listing, parts)]
    said = reader.read(clauses)
    one = condition(name)
    facts = dict(person)
    for each in said:
        wanted = bool if each.about in one.features else float
        if each.about in (*one.features, *one.numbers) and isinstance(each.value, wanted):
            facts[each.about] = each.value
    weight = sum(each.alike**2 for each in said) / max(1, len(clauses))
    return Reading(name, weight, MappingProxyType(facts), said)


def _fits(name: str, age: float | None, person: Mapping[str, Any]) -> bool:
    one = condition(name)
    told = person.get("female")
    sexed = told is None or one.sex == "any" or told == (one.sex == "female")
    return sexed and (age is None or one.ages[0] <= age < one.ages[1])


@lru_cache(maxsize=1)
def _index() -> Index:
    return Index.of([one.text for one in phrases()])


@lru_cache(maxsize=2_048)
def _likeness(clause: str) -> np.ndarray:
    return _index().likeness(clause)


@lru_cache(maxsize=256)
def _reader(name: str) -> _Reader:
    return _Reader(name, _index(), phrases())


__all__ = ["LEAST", "Reading", "Said", "clauses_of", "read_note", "read_person"]
