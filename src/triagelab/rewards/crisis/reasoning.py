"""What reasoning states, checked against the view: true facts about what the acts are about pay, false ones cost.

A clause is about the ids it names; without one, about the system, place or count it names. In it, labelled numbers
(`SpO2 84`, `free 2`) and checkable words (needs, places, tags, drugs, states) are claims. Length pays nothing: three
subjects with one true fact each are enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from triagelab.completions.crisis_facts import Facts, Sheet, checkable_words, subjects_of, words_of
from triagelab.hospital.acts import Act

LONGEST = 4000
"""Characters of reasoning that are looked at."""
ENOUGH = 3
"""Subjects of acts that need a true fact for full marks."""
FALSE = 0.6
"""What each false claim, and each id that nobody has in view, leaves of the value: more true ones buy nothing back."""
ID = re.compile(r"\b[A-Z]{1,3}-[A-Z0-9][A-Za-z0-9-]{0,24}\b")
_CLAUSE = re.compile(r"[;\n]+|[.!?](?=\s|$)")
_LABELLED = re.compile(r"\b([a-z][a-z0-9 +-]{0,24}?)\s*(?:=|:|is|of|at)?\s*(\d{1,6}(?:\.\d{1,4})?)(?![\w-])")
_NOT = re.compile(r"\b(?:no|not|without|never|isn't|lacks?)(?:\s+\w+){0,1}\s*\Z")


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of a text. `true_about`: subjects of which something true is said; `unknown`: ids nobody has in view."""

    right: int
    wrong: int
    true_about: frozenset[str]
    unknown: frozenset[str]


def claims_of(text: str, facts: Facts, acts: Sequence[Act]) -> Claims:
    """Return what a text claims and what of it is so."""
    meant: dict[str, set[str]] = {}
    for act in acts:
        for subject in subjects_of(act):
            meant.setdefault(_name(subject), set()).update(words_of(act))
    right = wrong = 0
    about: set[str] = set()
    unknown: set[str] = set()
    for subject, said in _segments(text[:LONGEST], facts):
        sheet = facts.of(subject)
        if sheet is None:
            unknown.add(subject)
            continue
        good, bad = _check(said, sheet, meant.get(subject, set()))
        right, wrong = right + good, wrong + bad
        if good and not bad:
            about.add(subject)
    return Claims(right, wrong, frozenset(about), frozenset(unknown))


def reasoning_value(claims: Claims, acts: Sequence[Act]) -> tuple[float, str]:
    """Return how well acts are reasoned for, 0 to 1: the share of acts with a true fact, less for each false claim."""
    asked = [frozenset(map(_name, subjects)) for subjects in map(subjects_of, acts) if subjects]
    distinct = list(dict.fromkeys(asked))
    supported = sum(1 for subjects in distinct if subjects & claims.true_about)
    support = min(1.0, supported / min(len(distinct), ENOUGH)) if distinct else 0.0
    bad = claims.wrong + len(claims.unknown)
    return support * FALSE**bad, f"{supported} of {len(distinct)} subjects with a true fact, {bad} false claims"


def _name(subject: str) -> str:
    """Return a subject as segments name it: an id as it is, a word with blanks for underscores."""
    return subject if ID.fullmatch(subject) else _plain(subject)


def _segments(text: str, facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield (subject, what is said of it) clause by clause."""
    for clause in _CLAUSE.split(text):
        found = _own_subjects(list(ID.finditer(clause)), facts)
        if found:
            for place, match in enumerate(found):
                begin = 0 if place == 0 else match.end()
                end = found[place + 1].start() if place + 1 < len(found) else len(clause)
                said = clause[begin:end]
                yield match[0], said.replace(match[0], " ", 1) if place == 0 else said
            continue
        low = _plain(clause)
        names = [name for name in facts.named if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", low)]
        for name in names:
            yield name, low.replace(name, " ", 1) if len(names) == 1 else _near(low, name)


def _own_subjects(found: list[re.Match[str]], facts: Facts) -> list[re.Match[str]]:
    """Return the ids that begin a segment of their own: not those that are a fact of the id before them."""
    kept: list[re.Match[str]] = []
    for match in found:
        sheet = facts.of(kept[-1][0]) if kept else None
        if sheet is None or match[0].lower() not in sheet.words:
            kept.append(match)
    return kept


def _near(clause: str, name: str) -> str:
    """Return what follows a name up to the next comma: several are spoken of in one clause."""
    return clause.split(name, 1)[1].split(",", 1)[0]


def _plain(text: str) -> str:
    """Return the text as labels and words are looked for in it; the 2 of SpO2 is no number."""
    return text.lower().replace("_", " ").replace("₂", "2").replace("spo2", "sats")


def _check(said: str, sheet: Sheet, meant: set[str]) -> tuple[int, int]:
    """Return how many claims of a segment are true and how many are false."""
    low = _plain(said)
    right = wrong = 0
    for label, number in _LABELLED.findall(_plain(ID.sub(" ", said))):
        known = _label(label, sheet)
        if known is not None:
            value, tolerance = sheet.numbers[known], 0.15 if known.startswith("temp") else 0.51
            if abs(float(number) - value) <= (tolerance if value > 2 else 0.051):
                right += 1
            else:
                wrong += 1
        elif _vital(label) or not _in_view(float(number), sheet):
            wrong += 1
    for word in sheet.words:
        place = _find(low, word)
        if place is not None:
            denied = _NOT.search(low, max(0, place - 24), place) is not None
            right, wrong = right + (not denied), wrong + denied
    for match in _words().finditer(low):
        word = match[0]
        if word not in sheet.words and word not in meant:
            wrong += _NOT.search(low, max(0, match.start() - 24), match.start()) is None
    return right, wrong


def _find(low: str, word: str) -> int | None:
    """Return where a word stands by itself, None where it does not."""
    place = low.find(word)
    while place >= 0:
        end = place + len(word)
        if not (place and low[place - 1].isalnum()) and not (end < len(low) and low[end].isalnum()):
            return place
        place = low.find(word, end)
    return None


def _label(label: str, sheet: Sheet) -> str | None:
    """Return the longest known label with which the words before a number end."""
    fitting = [name for name in sheet.numbers if label == name or label.endswith(" " + name)]
    if not fitting and len(sheet.numbers) == 1:
        return next(iter(sheet.numbers))
    return max(fitting, key=len, default=None)


def _vital(label: str) -> bool:
    return label.rsplit(" ", 1)[-1] in ("hr", "rr", "sbp", "bp", "gcs", "temp", "pulse", "sats")


def _in_view(number: float, sheet: Sheet) -> bool:
    return any(abs(number - value) <= 0.051 for value in sheet.numbers.values())


@cache
def _words() -> re.Pattern[str]:
    ordered = sorted(checkable_words(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)")


__all__ = ["ENOUGH", "ID", "Claims", "claims_of", "reasoning_value"]
