"""Weeks of pregnancy: "32 weeks pregnant", "G2P1 at 32 wks", "34w2d", "28+3", "7/40", "39 2/7 wks"."""

from __future__ import annotations

from triagelab.cases.readings import number_at
from triagelab.cases.tokens import Tokens, wordset

_WEEK, _MONTH = wordset("week wk wks w weeks"), wordset("month mo mos mth")
_SAYS = wordset("pregnant gestation gestational ega ga gravid iup along pregnancy preggo gravida primigravida primip "
                "primip multip twins twin triplet preg edd edc iugr fetal")  # fmt: skip
_BIRTH = wordset("born delivered ex weeker preemie premature miscarry postpartum partum pp ppd lost")
_OTHER_TIME = wordset("for x past last since over within in previous prior every next another")
_RELATIVE = wordset("wife mother mom girlfriend partner sister daughter")
_EYES = wordset("va vision acuity eye od os ou snellen strength score mmse moca tds")
_TESTS = wordset("upt hcg bhcg uhcg upreg preg uptest")
_NEGATIVE, _POSITIVE = wordset("neg negative - no"), wordset("pos positive +")
_WOMAN = wordset("f female woman lady")
WEEKS_IN_MONTH = 4.345


def read_gestation(tokens: Tokens, age_start: int | None) -> tuple[float, int, int] | None:
    """Return (weeks, start, end) of the patient's pregnancy as written, None if there is none.

    Units: weeks; days count as sevenths, months as 4.345 weeks.
    """
    words = tokens.words
    places = {i for i, word in enumerate(words) if word in _SAYS or (word == "g" and _is_gravida(tokens, i))}
    if places and not _RELATIVE.isdisjoint(words) and all(_of_relative(words, place) for place in places):
        return None
    for index, word in enumerate(words):
        if not "0" <= word[0] <= "9" or index == age_start:
            continue
        found = _forty(tokens, index) or (_weeks(tokens, index, places) if _has(words, index, places) else None)
        if found is not None and 2 <= found[0] <= 44 and not _other(words, index, found[1]):
            return round(found[0], 1), index, found[1]
    return None


def weeks_beside_age(tokens: Tokens, age: tuple[int, int], years: float) -> tuple[float, int, int] | None:
    """Return weeks that follow a woman's age as a statement of their own ("26F 34 weeks, headache")."""
    index = age[1]
    while _word(tokens, index) in (",", "(") or _word(tokens, index) in _WOMAN:
        index += 1
    value = number_at(tokens, index)
    if value is None or not 12 <= years <= 50 or not 5 <= value <= 42 or _word(tokens, index + 1) not in _WEEK:
        return None
    ends = _word(tokens, index + 2) in (",", ".", ")", ";", "\n", "with", "c", "and", "passenger")
    return (float(value), index, index + 2) if ends else None


def pregnancy_test(words: list[str]) -> bool | None:
    """Return what "UPT neg", "pregnancy test: positive", "preg(-)" says; None if there is no test."""
    for place, word in enumerate(words):
        if word not in _TESTS and not (word in ("pregnancy", "preg") and "test" in words[place + 1 : place + 2]):
            continue
        for near in words[place + 1 : place + 5]:
            if near in _NEGATIVE:
                return False
            if near in _POSITIVE:
                return True
            if near in (".", ";", "\n", ",") or near in ("unknown", "pend"):
                break
        if words[place - 1 : place] and words[place - 1] in _NEGATIVE - {"-"} and place:
            return False
    return None


def _word(tokens: Tokens, index: int) -> str:
    return tokens.words[index] if 0 <= index < len(tokens.words) else ""


def _of_relative(words: list[str], place: int) -> bool:
    return not _RELATIVE.isdisjoint(words[max(place - 7, 0) : place])


def _has(words: list[str], index: int, places: set[int]) -> bool:
    """Return whether a word of pregnancy stands near, or the number is written as weeks and days."""
    if words[index + 1 : index + 2] == ["w"] and words[index + 3 : index + 4] == ["d"]:
        return True
    return any(place in places for place in range(index - 6, index + 7))


def _other(words: list[str], index: int, end: int) -> bool:
    """Return whether the weeks are of something else: a birth, how long it has lasted, an earlier pregnancy."""
    before = words[max(index - 2, 0) : index]
    if not _BIRTH.isdisjoint(words[max(index - 3, 0) : index]) or words[end : end + 1] in (["ago"], ["weeker"], ["pp"]):
        return True
    if "old" in words[end : end + 2] or not _BIRTH.isdisjoint(words[end : end + 2]):
        return True
    waiting = before[-1:] and before[-1] in _OTHER_TIME
    says = words[end : end + 1] and words[end] in _SAYS
    return bool(
        (waiting and not says and before[-1:] != ["x"]) or (before[-1:] == ["x"] and before[:1] != ["pregnant"])
    )


def _forty(tokens: Tokens, index: int) -> tuple[float, int] | None:
    """Read "34/40", the British way of writing 34 weeks."""
    value = number_at(tokens, index)
    if value is None or not 4 <= value <= 42 or value != int(value):
        return None
    if _word(tokens, index + 1) != "/" or _word(tokens, index + 2) != "40" or _word(tokens, index - 1) == "/":
        return None
    if tokens.ends[index] != tokens.starts[index + 1] or not _EYES.isdisjoint(
        tokens.words[max(index - 5, 0) : index + 6]
    ):
        return None
    return value, index + 3


def _weeks(tokens: Tokens, index: int, places: set[int]) -> tuple[float, int] | None:
    """Return (weeks, end) of a number with its unit, or behind "EGA"."""
    value = number_at(tokens, index)
    if value is None:
        return None
    place, extra = index + 1, 0.0
    if _word(tokens, place) == "+" and (days := number_at(tokens, place + 1)) is not None and days < 7:
        return value + days / 7, place + (3 if _word(tokens, place + 2) in _WEEK else 2)
    if _word(tokens, place + 1) == "/" and _word(tokens, place + 2) == "7":
        extra, place = (number_at(tokens, place) or 0.0) / 7, place + 3
    if _word(tokens, place) in ("-", "/", "+"):
        place += 1
    unit = _word(tokens, place)
    if unit in _WEEK:
        days = number_at(tokens, place + 1)
        if unit == "w" and days is not None and days < 7 and _word(tokens, place + 2) in ("d", "day"):
            return value + days / 7, place + 3
        return value + extra, place + 1
    if unit in _MONTH:
        return value * WEEKS_IN_MONTH, place + 1
    near = (index - 1 in places or index - 2 in places) and 4 <= value <= 44 and value == int(value)
    named = _word(tokens, index - 1) in ("ega", "ga", ":", "is", "of") and _word(tokens, index + 1) != "/"
    return (value, index + 1) if near and named else None


def _is_gravida(tokens: Tokens, index: int) -> bool:
    """Return whether a "g" opens "G2P1", "G4 P3" or "G1 at"."""
    if number_at(tokens, index + 1) is None:
        return False
    return _word(tokens, index + 2) in ("p", "at", "@", ",")
