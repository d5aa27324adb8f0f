"""Sentences of a reasoning read as claims about the criteria of a condition: which one, and whether it holds.

Lexical and deterministic: a sentence is compared with the two sentences of every criterion and with the phrases by
which notes word its feature. What is not near to any of them is no claim; where it cannot be told what is said,
it is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Any

from triagelab.cases.imaging.wording import worded_conditions, wording
from triagelab.clinical.imaging import condition
from triagelab.clinical.imaging_table import COMMON, safety_rules
from triagelab.clinical.predicates import Flag
from triagelab.rewards.imaging.lexical import FEWEST_WORDS, is_full, labels_in, likeness, normal, words_of

NEAR = 0.62
"""Likeness from which a sentence is about a criterion."""
APART = 0.04
"""Difference of likeness below which the two sentences of a criterion are equally near, and negation decides."""
UNKNOWN_WORD = 0.6
"""Weight of a word that no text of the condition has, in units of that of a word which stands in one of them."""
_CLAUSE = re.compile(r"[,;:]\s+(?:and |but |while |although |whereas )?|\s+(?:and|but|while|although|whereas)\s+")
SAFETY = "safety."
QUESTION = "The question is "
"""How a sentence begins that says what was asked and claims nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. `criterion`: id, or `safety.` and the id of a safety rule; `held`: said to hold, or to fail."""

    criterion: str
    held: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class _Text:
    criterion: str
    held: bool
    stems: frozenset[str]
    denies: bool


@dataclass(frozen=True)
class _Book:
    """What sentences about one condition are compared with."""

    exact: Mapping[str, tuple[str, bool]]
    texts: tuple[_Text, ...]
    reasons: Mapping[str, frozenset[str]]
    weights: Mapping[str, float]
    other: float


def claims_of(condition_id: str, sentences: Iterable[str]) -> tuple[Claim, ...]:
    """Return the claims of sentences in order; at most one for each criterion and clause.

    Raises: UnknownNameError for a condition that is none.
    """
    return tuple(claim for sentence in sentences for claim in claims_in(condition_id, sentence))


@lru_cache(maxsize=65_536)
def claims_in(condition_id: str, sentence: str) -> tuple[Claim, ...]:
    """Return the claims of one sentence: of the whole, or of its clauses where the whole says nothing that is known."""
    if labels_in(sentence) or sentence.startswith(QUESTION):
        return ()
    book = _book(condition_id)
    known = book.exact.get(normal(sentence))
    if known is not None:
        return (Claim(*known, sentence),)
    if normal(sentence) in book.reasons or not is_full(sentence):
        return ()
    found = _claim(book, sentence)
    if found is not None:
        return (Claim(*found, sentence),)
    parts = [part for part in _CLAUSE.split(sentence) if len(part.split()) >= FEWEST_WORDS]
    read = (_claim(book, part) for part in parts) if len(parts) > 1 else ()
    return tuple(dict.fromkeys(Claim(*one, sentence) for one in read if one is not None))


def faithful(condition_id: str, claims: Iterable[Claim], facts: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return how many distinct claims are right, wrong and unknown by what the note tells.

    Missing: what is not told is unknown; a criterion or safety rule that hangs on it is neither right nor wrong, except
    that common features nobody mentions count as absent, as the prompt says.
    """
    held = holding(condition_id, facts)
    right = wrong = unknown = 0
    for criterion, said in dict.fromkeys((claim.criterion, claim.held) for claim in claims):
        truth = held.get(criterion)
        right += truth is not None and truth == said
        wrong += truth is not None and truth != said
        unknown += truth is None
    return right, wrong, unknown


def holding(condition_id: str, facts: Mapping[str, Any]) -> dict[str, bool | None]:
    """Return criterion -> whether it holds, None where what is told leaves it open; safety rules included."""
    told = {**dict.fromkeys(COMMON, False), **facts}
    if "female" not in facts:
        told.pop("female")
    found = {name: row.when.test()(told) for name, row in condition(condition_id).criteria.items()}
    return {**found, **{SAFETY + row.id: row.when.reading()(told) for row in safety_rules()}}


def reason_likeness(condition_id: str, sentence: str, reason: str) -> float:
    """Return how near a sentence is to a reason of a rule, 0 to 1; 0 where it denies what the reason says."""
    if normal(sentence) == normal(reason):
        return 1.0
    book, said, text = _book(condition_id), words_of(sentence), words_of(reason)
    if not said.full or said.denies != text.denies:
        return 0.0
    return likeness(said.stems, text.stems, book.weights, book.other)


def reasons_of(condition_id: str) -> tuple[str, ...]:
    """Return the reasons of all rules of a condition, and of the safety rules."""
    rules = (rule.text for rows in condition(condition_id).rules.values() for rule in rows)
    return tuple(dict.fromkeys((*rules, *(row.text for row in safety_rules()))))


def _claim(book: _Book, sentence: str) -> tuple[str, bool] | None:
    """Return the criterion that a sentence is nearest to and what it says of it."""
    said = words_of(sentence)
    best: dict[tuple[str, bool], tuple[float, _Text]] = {}
    for text in book.texts:
        near = likeness(said.stems, text.stems, book.weights, book.other)
        key = (text.criterion, text.held)
        if near > best.get(key, (0.0, text))[0]:
            best[key] = (near, text)
    if not best:
        return None
    near, text = max(best.values(), key=lambda pair: pair[0])
    reason = max((likeness(said.stems, one, book.weights, book.other) for one in book.reasons.values()), default=0.0)
    if near < NEAR or reason > near:
        return None
    rival = best.get((text.criterion, not text.held))
    if rival is not None and near - rival[0] < APART:
        denying = {text.held: text.denies, (not text.held): rival[1].denies}
        fitting = [held for held, denies in denying.items() if denies == said.denies]
        return (text.criterion, fitting[0]) if len(fitting) == 1 else None
    return text.criterion, text.held == (text.denies == said.denies)


@lru_cache(maxsize=256)
def _book(condition_id: str) -> _Book:
    one = condition(condition_id)
    said: list[tuple[str, bool, str]] = []
    for name, row in one.criteria.items():
        said += [(name, True, row.yes), (name, False, row.no)]
    said += [(SAFETY + row.id, True, row.text) for row in safety_rules()]
    exact: dict[str, tuple[str, bool]] = {}
    for name, held, text in said:
        exact.setdefault(normal(text), (name, held))
    said += list(_phrases(condition_id))
    texts = tuple(_Text(name, held, words_of(text).stems, words_of(text).denies) for name, held, text in said)
    rules = [rule.text for rows in one.rules.values() for rule in rows]
    reasons = {normal(text): words_of(text).stems for text in rules}
    weights = _weights(texts, reasons.values())
    return _Book(exact, texts, reasons, weights, UNKNOWN_WORD * log(1 + len(one.criteria)))


def _phrases(condition_id: str) -> Iterable[tuple[str, bool, str]]:
    """Yield what notes say of criteria that are one feature by itself."""
    if condition_id not in worded_conditions():
        return
    say = wording(condition_id).say
    for name, row in condition(condition_id).criteria.items():
        if isinstance(row.when, Flag) and next(iter(row.when.names())) in say:
            words = say[next(iter(row.when.names()))]
            yield from ((name, True, text) for text in words.yes)
            yield from ((name, False, text) for text in words.no)


def _weights(texts: Sequence[_Text], reasons: Iterable[frozenset[str]]) -> Mapping[str, float]:
    """Return stem -> weight: a word that many criteria have tells little."""
    by_criterion: dict[str, set[str]] = {}
    for text in texts:
        by_criterion.setdefault(text.criterion, set()).update(text.stems)
    counts = Counter(stem for stems in by_criterion.values() for stem in stems)
    for stems in reasons:
        for stem in stems:
            counts.setdefault(stem, 1)
    size = len(by_criterion)
    return {stem: log(1 + size / count) for stem, count in counts.items()}


__all__ = ["SAFETY", "Claim", "claims_in", "claims_of", "faithful", "holding", "reason_likeness", "reasons_of"]
