"""Notes in four voices from what is told of a patient, with sentences that decide nothing among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from triagelab.cases.imaging.wording import KEPT_OPENINGS, KEPT_PHRASES, Phrases, common, wording
from triagelab.seeding import Generator

VOICES = ("sentences", "telegraphic", "list", "dictated")
MOST_DISTRACTORS = 3


def write_note(name: str, facts: Mapping[str, Any], rng: Generator, *, unseen: bool) -> str:
    """Return the note of a patient.

    Args:
        unseen: worded with the phrases that training data never has, too.
    """
    words = wording(name)
    said = [_fragment(feature, value, words, rng, unseen) for feature, value in facts.items() if feature in words.say]
    said += [
        _pick(words.number[number].say, rng, unseen).format(f"{value:g}")
        for number, value in facts.items()
        if number in words.number
    ]
    said += _distractors(rng, facts["age_years"])
    order = rng.permutation(len(said))
    opening = _pick(words.opening, rng, unseen, KEPT_OPENINGS)
    voice = VOICES[int(rng.integers(len(VOICES)))]
    person = who(facts["age_years"], facts["female"])
    return _VOICE[voice](person, opening, [said[int(place)] for place in order], facts)


def who(age: float, female: bool) -> str:
    """Return the person in words: "34-year-old woman", "5-month-old boy"."""
    noun = ("girl", "boy")[not female] if age < 16 else ("woman", "man")[not female]
    return f"{round(age * 12)}-month-old {noun}" if age < 2 else f"{age:.0f}-year-old {noun}"


def _fragment(feature: str, value: bool, words: Any, rng: Generator, unseen: bool) -> str:
    row = words.say[feature]
    return _pick(row.yes if value else row.no, rng, unseen)


def _pick(phrases: Phrases, rng: Generator, unseen: bool, kept: int = KEPT_PHRASES) -> str:
    """Return one phrase; unseen data has half of its words from those that were kept."""
    draw, place = float(rng.random()), int(rng.integers(1 << 30))
    if unseen and draw < 0.5:
        return phrases[len(phrases) - kept + place % kept]
    return phrases[place % (len(phrases) - kept)]


def _distractors(rng: Generator, age: float) -> list[str]:
    groups = common().distractors
    pool = [phrase for group, phrases in groups.items() if group != "adult" or age >= 18 for phrase in phrases]
    return [pool[int(place)] for place in rng.permutation(len(pool))[: int(rng.integers(MOST_DISTRACTORS + 1))]]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _sentences(person: str, opening: str, said: Sequence[str], facts: Mapping[str, Any]) -> str:
    return " ".join([_sentence(f"{person}, {opening}"), *map(_sentence, said)])


def _telegraphic(person: str, opening: str, said: Sequence[str], facts: Mapping[str, Any]) -> str:
    age = facts["age_years"]
    sex = "F" if facts["female"] else "M"
    short = f"{round(age * 12)}mo {sex}" if age < 2 else f"{age:.0f}{sex}"
    return "; ".join([f"{short}, {opening}", *said])


def _list(person: str, opening: str, said: Sequence[str], facts: Mapping[str, Any]) -> str:
    return "\n".join([_sentence(person), f"- {opening}", *(f"- {one}" for one in said)])


def _dictated(person: str, opening: str, said: Sequence[str], facts: Mapping[str, Any]) -> str:
    half = (len(said) + 1) // 2
    parts = [f"This is a {person}: {opening}."]
    if said[:half]:
        parts.append(f"Noted: {', '.join(said[:half])}.")
    if said[half:]:
        parts.append(f"Also {', '.join(said[half:])}.")
    return " ".join(parts)


_VOICE = {"sentences": _sentences, "telegraphic": _telegraphic, "list": _list, "dictated": _dictated}

__all__ = ["VOICES", "who", "write_note"]
