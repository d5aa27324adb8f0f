"""Age in every usual form: "67 yo", "18moM", "F/34", "in her 80s", "this is Edna, 82,", "9/12", "day of life 5"."""

from __future__ import annotations

from triagelab.cases.age_alone import alone, called
from triagelab.cases.age_forms import (
    LAST,
    PLAIN,
    STRONG,
    Age,
    amount,
    decade,
    labelled,
    lettered,
    set_off,
    suffix,
    told,
    with_unit,
    word_at,
)
from triagelab.cases.age_words import (
    CALLED,
    CHILDREN,
    DAYS,
    DECADE_BEFORE,
    DECADES,
    FACTOR,
    KIN,
    LINKS,
    NEWBORN,
    SAY,
    SHIFT,
    THINGS,
)
from triagelab.cases.readings import number_at
from triagelab.cases.tokens import Tokens, wordset

_SAID = wordset("fever pain breathing afebrile")
_FIRST = wordset("i im i'm i've ive")


def read_age(tokens: Tokens, labels: frozenset[int]) -> Age | None:
    """Return the patient's age: the surest form, the first of equals; None if the note gives none.

    Args:
        labels: tokens at which a vital sign's label begins; numbers behind one are no ages.
    """
    best: Age | None = None
    words = tokens.words
    for index, word in enumerate(words):
        found = None
        if "0" <= word[0] <= "9":
            found = _at(tokens, index, labels)
        elif word in NEWBORN and word_at(tokens, index - 1) not in ("her", "his", "of", "with", "healthy"):
            found = Age(1 / DAYS, index, index + 1, LAST)
        elif word in DECADES and (word_at(tokens, index - 1) in DECADE_BEFORE):
            found = Age(DECADES[word] + SHIFT.get(word_at(tokens, index - 1), 5.0), index, index + 1, PLAIN)
        elif word in ("year", "month", "week", "day") and word_at(tokens, index - 1) in ("a", "an"):
            rest = suffix(tokens, index + 1)
            found = Age(FACTOR[word], index - 1, rest, PLAIN) if rest else None
        if found is not None and 0 <= found.years <= 120 and (best is None or found.score > best.score):
            best = found
            if best.score == STRONG:
                break
    return best


def _at(tokens: Tokens, index: int, labels: frozenset[int]) -> Age | None:
    """Return the age whose number stands at `index`."""
    value = number_at(tokens, index)
    if value is None or value > 400 or "." in word_at(tokens, index)[:1]:
        return None
    value, place, sub = amount(tokens, index, value)
    before = word_at(tokens, index - 1)
    found = (
        decade(tokens, index, place, value)
        or with_unit(tokens, index, place, value, sub)
        or lettered(tokens, index, place, value, labels)
        or labelled(tokens, index, place, value)
    )
    told_off = before == "." and word_at(tokens, index - 2) in _SAID  # "No fever. 32."
    named = not told_off and bool({index - 1, index - 2} & labels)
    if found is None and 0 < value <= 110 and not sub and index not in labels and not named:
        found = told(tokens, index, place, value)
        if found is None and value == int(value):
            found = (
                called(tokens, index, place, value, labels)
                or set_off(tokens, index, place, value, labels)
                or alone(tokens, index, place, value, labels)
            )
    bare = before in ("/", "+") and word_at(tokens, index - 2) not in CALLED
    if found is None or (bare and found.sex is None and found.score < STRONG):
        return None
    return _of_patient(tokens, found)


def _of_patient(tokens: Tokens, age: Age) -> Age | None:
    """Return the age if it is the patient's: not of a thing, not of the relative who tells the story."""
    words = tokens.words
    after = words[age.end : age.end + 2]
    first = after[0] if after else ""
    second = len(after) > 1 and after[1] in THINGS and first.isalpha() and first not in LINKS
    if age.sex is None and (first in THINGS or second):
        return None
    if tokens.raw(age.end - 1).lower().endswith(("'s", "’s")):
        return age  # "a 6-year-old's parents"
    mine = any(word in ("my", "our") for word in words[max(age.start - 3, 0) : age.start])
    if mine and _FIRST.intersection(words[: age.start]):
        age = age._replace(score=min(age.score, LAST))  # "I eat and work. 45. My mother, 78, has pneumonia"
    if first in KIN and not mine and age.sex is None:
        return age._replace(score=LAST) if first in CHILDREN else None
    near = words[max(age.start - 3, 0) : age.start]
    told = next((word for word in reversed(near) if word in KIN), None)
    if told is None or mine or (age.score == STRONG and told in CHILDREN and "," not in near and "(" not in near):
        return age
    aside = near[-1:] in ([","], ["("], ["age"], ["is"]) or words[age.start - 1 : age.start] == [told]
    speaks = not SAY.isdisjoint(words[age.end : age.end + 4])
    if told in CHILDREN and not speaks:
        return age._replace(score=LAST) if near[-2:-1] == [told] and near[-1:] == [","] else age
    return None if aside and (speaks or told not in CHILDREN) and near[-1:] != ["is"] else age
