"""The forms in which an age is written: with a unit, a sex letter, a label, as a decade, told in a sentence."""

from __future__ import annotations

from typing import NamedTuple

from triagelab.cases.age_words import (
    AGED_AT,
    BE,
    BORN,
    DAY,
    DAYS,
    DECADE_BEFORE,
    FACTOR,
    GO_ON,
    HOUR,
    KID,
    KIN,
    MONTH,
    OPEN,
    PEOPLE,
    SEXED,
    SHIFT,
    STOP,
    SUBJECT,
    TUBES,
    WHOLE,
    YEAR,
    YOUNG,
)
from triagelab.cases.readings import number_at
from triagelab.cases.tokens import Tokens, wordset

STRONG, PLAIN, WEAK, LAST = 3.0, 2.0, 1.0, 0.5
"""How sure a form is that its number is the patient's age."""


class Age(NamedTuple):
    """An age written at tokens `start:end`, how sure it is, and the sex written into it ("34F")."""

    years: float
    start: int
    end: int
    score: float
    sex: str | None = None


def word_at(tokens: Tokens, index: int) -> str:
    return tokens.words[index] if 0 <= index < len(tokens.words) else ""


def amount(tokens: Tokens, index: int, value: float) -> tuple[float, int, float]:
    """Return (value, end, factor): "2 1/2" and "2 and a half" are 2.5; "9/12" is months, "3/52" weeks, "5/7" days."""
    after = [word_at(tokens, index + step) for step in (1, 2, 3)]
    if after == ["1", "/", "2"]:
        return value + 0.5, index + 4, 0.0
    if after == ["and", "a", "half"]:
        return value + 0.5, index + 4, 0.0
    parts = {"12": 1 / 12, "52": 7 / DAYS, "7": 1 / DAYS}
    if after[0] == "/" and after[1] in parts and after[2] != "/":
        return value, index + 3, parts[after[1]]
    upper = number_at(tokens, index + 2)
    if after[0] in ("-", "to") and upper is not None and value < upper <= value + 10:
        return (value + upper) / 2, index + 3, 0.0
    return value, index + 1, 0.0


def with_unit(tokens: Tokens, index: int, place: int, value: float, sub: float) -> Age | None:
    """Read "67 yo", "3-week-old", "18moM", "5 years of age", "boy 7y", "9/12 M", "1 yr 6 mo old"."""
    if sub:
        letter = _sex_letter(tokens, place)
        old = suffix(tokens, place)
        return Age(value * sub, index, max(place, old), PLAIN, letter) if letter or old else None
    while word_at(tokens, place) in ("-", "–", "‑"):
        place += 1
    unit = word_at(tokens, place)
    glued = place == index + 1 and tokens.ends[index] == tokens.starts[place] if place < len(tokens.words) else False
    if unit == "mom" and glued:
        return Age(value / 12, index, place + 1, STRONG, "male")
    if unit == "do" and word_at(tokens, place + 1) in KID | SEXED | {"old"}:
        return Age(value / DAYS, index, place + 1, STRONG)
    if unit == "wo" and not glued:
        return None
    factor = FACTOR.get(unit)
    if unit in ("w", "m") and word_at(tokens, place + 1) == "/" and word_at(tokens, place + 2) == "o":
        return Age(value * (7 / DAYS if unit == "w" else 1 / 12), index, place + 3, STRONG)
    if factor is None:
        return None
    end, years = place + 1, value * factor
    if unit in ("yof", "yf", "mof", "wof", "yom", "ym"):
        return Age(years, index, end, STRONG, "male" if unit in ("yom", "ym") else "female")
    more = number_at(tokens, end)
    if unit in YEAR and more is not None and word_at(tokens, end + 1) in MONTH and more < 12:
        years, end = years + more / 12, end + 2
    sex = _sex_letter(tokens, end)
    if unit in WHOLE or unit == "wo":
        return Age(years, index, end, STRONG, sex)
    old = suffix(tokens, end)
    if old:
        return Age(years, index, old, STRONG, sex or _sex_letter(tokens, old))
    return _unit_alone(tokens, index, end, years, unit)


def _unit_alone(tokens: Tokens, index: int, end: int, years: float, unit: str) -> Age | None:
    """Read a number with a unit that no "old" follows, by the person before or after it."""
    before, after = word_at(tokens, index - 1), word_at(tokens, end)
    if after in (",", ".") and word_at(tokens, end + 1) in SEXED:
        after = word_at(tokens, end + 1)
    if after in PEOPLE and (after not in ("m", "f") or tokens.raw(end).isupper() or unit in YEAR | MONTH):
        return Age(years, index, end, STRONG if unit not in HOUR | DAY else PLAIN, _sex_letter(tokens, end))
    comma = before == ","
    who = word_at(tokens, index - 2) if comma or before in BE or before == "of" else before
    long = unit in YEAR | MONTH
    long = long or (who in YOUNG | wordset("boy girl") and _tiny(tokens, index, before))
    ends = after in STOP or after in ("with", "and", "who", "had", "old") or (long and after in GO_ON)
    if (
        (
            who in KID
            or (who in YOUNG | SEXED and long)
            or (who in SUBJECT and long and (before in BE or who in ("he", "hes", "she")))
        )
        and ends
        and word_at(tokens, end) not in ("ago", "pregnant", "of")
    ):
        return Age(years, index, end, PLAIN)
    if before == "now" and not BORN.isdisjoint(tokens.words[max(index - 8, 0) : index]):
        return Age(years, index, end, STRONG)
    short = unit in ("mo", "y", "yr", "yrs", "mos")
    if index == 0 and short and after not in ("history", "hx", "ago", "of", "h", "x", "post", "s", "pregnant"):
        return Age(years, index, end, WEAK)
    return None


def _tiny(tokens: Tokens, index: int, before: str) -> bool:
    """Return whether days or weeks are the age of a baby: "baby girl, 3 weeks,", "my daughter is ten weeks and"."""
    return before in BE | {"of"} or not KID.isdisjoint(tokens.words[max(index - 4, 0) : index])


def suffix(tokens: Tokens, place: int) -> int:
    """Return the end of "old", "/o", ".o.", "of age" at `place`, 0 if it is not there."""
    while word_at(tokens, place) in ("-", "/", ".", "–"):
        if word_at(tokens, place) == "." and word_at(tokens, place + 1) not in ("o", "old"):
            return 0
        place += 1
    if word_at(tokens, place) == "of" and word_at(tokens, place + 1) == "age":
        return place + 2
    if word_at(tokens, place) in ("old", "o", "aged"):
        return place + (2 if word_at(tokens, place + 1) == "." and word_at(tokens, place) == "o" else 1)
    return 0


def _sex_letter(tokens: Tokens, place: int) -> str | None:
    word = word_at(tokens, place)
    if word in ("m", "f") and (tokens.raw(place).isupper() or tokens.ends[place - 1] == tokens.starts[place]):
        return "female" if word == "f" else "male"
    return None


def lettered(tokens: Tokens, index: int, place: int, value: float, labels: frozenset[int] = frozenset()) -> Age | None:
    """Read "34F", "34/M", "M34", "F/34", "(F/47)", "M, 44", "76 lady"; "headache 51M BP 164/92" before a label."""
    if value != int(value) or value > 112:
        return None
    step = place + 1 if word_at(tokens, place) == "/" else place
    after = word_at(tokens, step)
    if after in ("m", "f") and (
        tokens.raw(step).isupper()
        or (word_at(tokens, index - 1) in ("", "im", "i'm", "am") and word_at(tokens, step + 1) in STOP)
    ):
        if number_at(tokens, step + 1) is not None and tokens.ends[step] == tokens.starts[step + 1]:
            return None
        hot = after == "f" and value >= 94
        ends = word_at(tokens, step + 1) in STOP or step + 1 in labels
        glued = tokens.ends[index] == tokens.starts[place] and ends and not {index - 1, index - 2} & labels
        clear = (glued or word_at(tokens, index - 1) in OPEN) and word_at(tokens, step + 1) not in TUBES
        if clear and not hot and word_at(tokens, step + 1) not in ("/", "°"):
            return Age(value, index, step + 1, PLAIN, "female" if after == "f" else "male")
        return None
    if after in SEXED and after not in ("m", "f") and number_at(tokens, step + 1) is None:
        opens = word_at(tokens, index - 1) in OPEN
        if opens or (word_at(tokens, index - 1).isalpha() and not {index - 1, index - 2} & labels):
            return Age(value, index, place, PLAIN if opens else WEAK)
    slash = word_at(tokens, index - 1) in ("/", ",", ":", "-")
    letter = index - 2 if slash else index - 1
    if letter < 0 or word_at(tokens, letter) not in ("m", "f") or not tokens.raw(letter).isupper():
        return None
    glued = tokens.ends[index - 1] == tokens.starts[index]
    alone = (
        letter == 0 or tokens.ends[letter - 1] < tokens.starts[letter] or word_at(tokens, letter - 1) in ("(", ":", "/")
    )
    start = letter == 0 or word_at(tokens, letter - 1) in (".", "\n", ":", "(", "age")
    ends = word_at(tokens, place) in STOP or (glued and letter == 0)
    if alone and value > 1 and (start or (glued and ends)):
        sex = "female" if word_at(tokens, letter) == "f" else "male"
        return Age(value, letter, place, PLAIN, sex)
    return None


def labelled(tokens: Tokens, index: int, place: int, value: float) -> Age | None:
    """Read "age: 77", "aged 70", "Age/Sex: 61", "y/o 45", "day of life 5"; "at age 12" is when something happened."""
    words = tokens.words
    near = words[max(index - 4, 0) : index]
    if near[-3:] == ["day", "of", "life"] or near[-1:] == ["dol"]:
        return Age(value / DAYS, index, place, STRONG)
    if near[-3:] == ["y", "/", "o"]:
        return Age(value, index, place, STRONG)
    for back in (1, 2, 4):
        if (
            len(near) >= back
            and near[-back] in ("age", "aged")
            and all(w in ("/", ":", "sex", "=") for w in near[1 - back :][: back - 1])
        ):
            before = words[index - back - 1] if index - back - 1 >= 0 else ""
            if before in AGED_AT or before in ("gestational", "ga") or value > 120:
                return None
            return Age(value, index, place, STRONG if near[-back] == "age" else PLAIN)
    return None


def decade(tokens: Tokens, index: int, place: int, value: float) -> Age | None:
    """Read "in her 80s", "late 60s male", "60ish male", "60-something"."""
    mark = word_at(tokens, place)
    if mark in ("'", "’"):
        mark, place = word_at(tokens, place + 1), place + 1
    before, after = word_at(tokens, index - 1), word_at(tokens, place + 1)
    if mark == "-" and after == "something":
        return Age(value + 5, index, place + 2, PLAIN)
    if mark == "ish" and after in PEOPLE | {"yo", "year"}:
        return Age(value, index, place + 1, PLAIN)
    if tokens.raw(index).lower().endswith("ties") and before in DECADE_BEFORE:
        return Age(value + SHIFT.get(before, 5.0), index, index + 1, PLAIN)
    if mark != "s" or value % 10 or not 20 <= value <= 100:
        return None
    possessive = word_at(tokens, index - 2) in ("her", "his", "their", "my", "the")
    if before in ("her", "his", "their", "my") or after in SEXED or (before in ("late", "early", "mid") and possessive):
        return Age(value + SHIFT.get(before, 5.0), index, place + 1, PLAIN)
    return None


def told(tokens: Tokens, index: int, place: int, value: float) -> Age | None:
    """Read "he is 79.", "im 67 and", "my daughter 13 came off", "shes 6 and has had"."""
    before, after = word_at(tokens, index - 1), word_at(tokens, place)
    who = index - 1
    while who > index - 4 and word_at(tokens, who) in BE:
        who -= 1
    subject = word_at(tokens, who)
    if subject not in SUBJECT or (subject == "i" and before not in ("am", "turned")):
        return None
    if (
        (
            after in GO_ON
            or after in ("she", "sh", "hes")
            or (word_at(tokens, who - 1) in ("my", "our") and after.isalpha() and len(after) > 3)
        )
        and after not in ("/", "-", ":")
        and after not in FACTOR
    ):
        return Age(value, index, place, PLAIN)
    return None


def set_off(tokens: Tokens, index: int, place: int, value: float, labels: frozenset[int]) -> Age | None:
    """Read ", 82," and "(44)" behind a person near the start of a sentence ("this is Edna, 82, tripped")."""
    opened, closed = word_at(tokens, index - 1), word_at(tokens, place)
    if not ((opened == "," and closed == ",") or (opened == "(" and closed == ")")):
        return None
    who, after = word_at(tokens, index - 2), word_at(tokens, place + 1)
    if not who.isalpha() or len(who) < 3 or not after.isalpha() or place + 1 in labels:
        return None
    start = index - 2
    while start > 0 and index - start < 8 and word_at(tokens, start - 1) not in (".", "\n"):
        if "0" <= word_at(tokens, start)[0] <= "9" or start in labels:
            return None
        start -= 1
    known = who in PEOPLE or who in KIN
    if start in labels or index - start >= 8 or not (known or tokens.raw(index - 2).istitle() or start >= index - 4):
        return None
    return Age(value, index, place, PLAIN)
