"""Words of a sentence as they are compared: stems without filling words, whether it denies, which label it names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from triagelab.clinical.imaging import Appropriateness
from triagelab.clinical.imaging_table import LABELS
from triagelab.files import read_toml

LONGEST = 600
"""Characters of a sentence that are looked at."""
FEWEST_WORDS = 3
"""Words below which nothing counts as a sentence."""
LEAST_FILLING = 0.15
"""Share of filling words in a sentence whose verb is none of the common ones."""
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*|\d+(?:\.\d+)?%?")
_PLAIN_VERB = re.compile(r"[a-z]{3,}(?:s|ed)")
_LABEL = re.compile(
    r"usually[\s_-]+not[\s_-]+appropriate|usually[\s_-]+appropriate|may[\s_-]+be[\s_-]+appropriate"
    r"|(?:not|in)[\s_-]*appropriate"
)
_FALSE = re.compile(r"\b(?:it is|it's) (?:not true|false|wrong|untrue|not the case) that\b")


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists of `words.toml`."""

    negates: frozenset[str]
    filling: frozenset[str]
    verbs: frozenset[str]


@cache
def _lists() -> _Lists:
    raw = read_toml(str(resources.files("triagelab.rewards.imaging") / "words.toml"))
    return _Lists(**{name: frozenset(words.split()) for name, words in raw.items()})


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence. `stems`: without filling words and negations; `denies`: says no, an odd number of times."""

    stems: frozenset[str]
    denies: bool
    full: bool
    count: int


@lru_cache(maxsize=65_536)
def words_of(sentence: str) -> Words:
    """Return the words of a sentence."""
    low = sentence[:LONGEST].lower().replace("’", "'").replace("cannot", "can not")
    low = re.sub(r"n't\b", " not", low)
    # "It is not true that" turns the rest around and is no negation of its own.
    low, turned = _FALSE.subn(" ", low)
    found = _WORD.findall(low)
    negations = [word for word in found if word in _lists().negates]
    stems = frozenset(stem(word) for word in found if word not in _lists().negates and word not in _lists().filling)
    return Words(stems, (len(negations) > 0) != (turned % 2 == 1), _is_full(low, found), len(found))


def stem(word: str) -> str:
    """Return a word without its commonest endings; only good enough to compare words with each other."""
    if not word.isalpha() or len(word) < 4:
        return word
    for ending, new in (("iness", "y"), ("ies", "y"), ("ness", ""), ("ing", ""), ("edly", ""), ("ed", ""), ("es", "")):
        if word.endswith(ending) and len(word) - len(ending) + len(new) >= 3:
            word = word[: -len(ending)] + new
            break
    else:
        word = word[:-1] if word.endswith("s") and not word.endswith("ss") else word
    return word.removesuffix("e") if len(word) > 4 else word


def is_full(sentence: str) -> bool:
    """Return whether a text is a sentence rather than a list of words: a verb, few commas, some filling words."""
    return words_of(sentence).full


def labels_in(sentence: str) -> frozenset[Appropriateness]:
    """Return the labels that a sentence names."""
    found = set()
    for match in _LABEL.findall(sentence[:LONGEST].lower()):
        bare = re.sub(r"[\s_-]", "", match)
        named = {"usuallyappropriate": "usually", "maybeappropriate": "may"}.get(bare, "not")
        found.add(LABELS[named])
    return frozenset(found)


@lru_cache(maxsize=65_536)
def normal(sentence: str) -> str:
    """Return a sentence as equal ones are recognised: letters and digits only."""
    return " ".join(_WORD.findall(sentence.lower()))


def likeness(said: Collection[str], text: Collection[str], weights: Mapping[str, float], other: float) -> float:
    """Return how alike two sets of stems are, 0 to 1: weighted share of each in the other, harmonic mean.

    Args:
        weights: stem -> weight; `other`: weight of a stem that has none.
    """
    shared = sum(weights.get(one, other) for one in text if one in said)
    if not shared:
        return 0.0
    total = sum(weights.get(one, other) for one in said) + sum(weights.get(one, other) for one in text)
    return 2 * shared / total


def _is_full(low: str, found: list[str]) -> bool:
    if len(found) < FEWEST_WORDS or low.count(",") + low.count(";") + low.count("/") > len(found) / 3:
        return False
    if any(word in _lists().verbs for word in found):
        return True
    filling = sum(word in _lists().filling or word in _lists().negates for word in found)
    return filling >= LEAST_FILLING * len(found) and any(_PLAIN_VERB.fullmatch(word) for word in found[1:])


__all__ = ["Words", "is_full", "labels_in", "likeness", "normal", "stem", "words_of"]
