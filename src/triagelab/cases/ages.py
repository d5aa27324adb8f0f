"""Age in every usual form: "67 yo", "18moM", "F/34", "in her 80s", "this is Edna, 82,", "9/12", "day of life 5"."""

from __future__ import annotations

from typing import NamedTuple

from triagelab.cases.readings import number_at
from triagelab.cases.tokens import Tokens, wordset

DAYS = 365.25
STRONG, PLAIN, WEAK, LAST = 3.0, 2.0, 1.0, 0.5
_YEAR, _MONTH = wordset("year yr yrs yo y yoa yof yom yf ym"), wordset("month mo mos mth mths mof")
_WEEK, _DAY, _HOUR = wordset("week wk wks wo wof"), wordset("day d dol"), wordset("hour hr hrs h")
_FACTOR: dict[str, float] = {
    **dict.fromkeys(_YEAR, 1.0), **dict.fromkeys(_MONTH, 1 / 12), **dict.fromkeys(_WEEK, 7 / DAYS),
    **dict.fromkeys(_DAY, 1 / DAYS), **dict.fromkeys(_HOUR, 1 / 24 / DAYS),
}  # fmt: skip
_WHOLE = wordset("yo yoa yof yom yf ym mof wof")
"""Units that say "old" by themselves."""
_KID = wordset("baby infant newborn neonate")
_NEWBORN = wordset("newborn neonate")
_YOUNG = _KID | wordset("child toddler kid son daughter boy girl")
_SEXED = wordset("male female man woman boy girl lady gentleman gent fem lad guy bloke gal m f")
PEOPLE = _SEXED | _YOUNG | wordset("pt patient teen pedestrian driver resident student worker person")
_KIN = wordset("mother father mom dad mum parent grandmother grandfather "
        "brother sister husband wife spouse partner aunt "
               "uncle boyfriend girlfriend roommate son daughter "
        "neighbor caregiver sibling twin cousin dog cat")  # fmt: skip
_CHILDREN = wordset("son daughter")
_THINGS = wordset(
    "bruise wound cut injury hip knee replacement history hx "
    "h scar tattoo fracture burn laceration surgery graft stent "
    "prosthesis car bite sprain rash sore ulcer puncture dressing suture stitch catheter foley tube needle french fr "
    "port line implant iud tab tablet pill dose iv gauge screw house pacemaker fistula cast dog cat abscess incision"
)
_LINKS = PEOPLE | wordset("with w c for has and here s in presents after post")
_AGED_AT = wordset("at since by from until till before after around")
_SUBJECT = wordset("he she shes hes i'm im i patient pt child baby son "
        "daughter boy girl infant toddler kid mother father mom dad "
                   "mum husband wife grandmother grandfather grandma grandpa nan who brother sister")  # fmt: skip
_BE = wordset("is am was turned only just about aged nearly almost")
_STOP = frozenset((",", ".", ";", "", "\n", ")", "-", "!", "?", ":", "/"))
_GO_ON = _STOP | wordset("and but who with he she i has had my have so it not we came fell")
_OPEN = frozenset(("", ".", "\n", ":", ",", "(", ";", "|", "/", ")", "-")) | wordset(
    "pt patient a an the is triag this old approx for from with w of about ~ hpi cc am im i'm and"
)
_SAY = wordset("say state states report tell call think note")
_BORN = wordset("weeker preemie premature premie born")
_DECADES = {
    word: 10.0 * value
    for value, group in enumerate(
        ("twenties twenty", "thirties thirty", "forties forty", "fifties fifty", "sixties sixty", "seventies seventy",
         "eighties eighty", "nineties ninety"), 2)
    for word in wordset(group)
}  # fmt: skip
_DECADE_BEFORE = wordset("her his their late early mid my the")
_SHIFT = {"late": 7.5, "early": 2.5}


class Age(NamedTuple):
    """An age written at tokens `start:end`, how sure it is, and the sex written into it ("34F")."""

    years: float
    start: int
    end: int
    score: float
    sex: str | None = None


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
        elif word in _NEWBORN and _word(tokens, index - 1) not in ("her", "his", "of", "with", "healthy"):
            found = Age(1 / DAYS, index, index + 1, LAST)
        elif word in _DECADES and (_word(tokens, index - 1) in _DECADE_BEFORE):
            found = Age(_DECADES[word] + _SHIFT.get(_word(tokens, index - 1), 5.0), index, index + 1, PLAIN)
        elif word in ("year", "month", "week", "day") and _word(tokens, index - 1) in ("a", "an"):
            rest = _suffix(tokens, index + 1)
            found = Age(_FACTOR[word], index - 1, rest, PLAIN) if rest else None
        if found is not None and 0 <= found.years <= 120 and (best is None or found.score > best.score):
            best = found
            if best.score == STRONG:
                break
    return best


def _word(tokens: Tokens, index: int) -> str:
    return tokens.words[index] if 0 <= index < len(tokens.words) else ""


def _at(tokens: Tokens, index: int, labels: frozenset[int]) -> Age | None:
    """Return the age whose number stands at `index`."""
    value = number_at(tokens, index)
    if value is None or value > 400 or "." in _word(tokens, index)[:1]:
        return None
    value, place, sub = _amount(tokens, index, value)
    before = _word(tokens, index - 1)
    found = (
        _decade(tokens, index, place, value)
        or _with_unit(tokens, index, place, value, sub)
        or _lettered(tokens, index, place, value)
        or _labelled(tokens, index, place, value)
    )
    if found is None and value == int(value) and 0 < value <= 110 and not sub:
        found = _told(tokens, index, place, value) or _set_off(tokens, index, place, value, labels)
    if found is None or (before in ("/", "+") and found.sex is None and found.score < STRONG):
        return None
    return _of_patient(tokens, found)


def _amount(tokens: Tokens, index: int, value: float) -> tuple[float, int, float]:
    """Return (value, end, factor): "2 1/2" and "2 and a half" are 2.5; "9/12" is months, "3/52" weeks, "5/7" days."""
    after = [_word(tokens, index + step) for step in (1, 2, 3)]
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


def _with_unit(tokens: Tokens, index: int, place: int, value: float, sub: float) -> Age | None:
    """Read "67 yo", "3-week-old", "18moM", "5 years of age", "boy 7y", "9/12 M", "1 yr 6 mo old"."""
    if sub:
        letter = _sex_letter(tokens, place)
        old = _suffix(tokens, place)
        return Age(value * sub, index, max(place, old), PLAIN, letter) if letter or old else None
    while _word(tokens, place) in ("-", "–", "‑"):
        place += 1
    unit = _word(tokens, place)
    glued = place == index + 1 and tokens.ends[index] == tokens.starts[place] if place < len(tokens.words) else False
    if unit == "mom" and glued:
        return Age(value / 12, index, place + 1, STRONG, "male")
    if unit == "do" and _word(tokens, place + 1) in _KID | _SEXED | {"old"}:
        return Age(value / DAYS, index, place + 1, STRONG)
    if unit == "wo" and not glued:
        return None
    factor = _FACTOR.get(unit)
    if unit in ("w", "m") and _word(tokens, place + 1) == "/" and _word(tokens, place + 2) == "o":
        return Age(value * (7 / DAYS if unit == "w" else 1 / 12), index, place + 3, STRONG)
    if factor is None:
        return None
    end, years = place + 1, value * factor
    if unit in ("yof", "yf", "mof", "wof", "yom", "ym"):
        return Age(years, index, end, STRONG, "male" if unit in ("yom", "ym") else "female")
    more = number_at(tokens, end)
    if unit in _YEAR and more is not None and _word(tokens, end + 1) in _MONTH and more < 12:
        years, end = years + more / 12, end + 2
    sex = _sex_letter(tokens, end)
    if unit in _WHOLE or unit == "wo":
        return Age(years, index, end, STRONG, sex)
    old = _suffix(tokens, end)
    if old:
        return Age(years, index, old, STRONG, sex or _sex_letter(tokens, old))
    return _unit_alone(tokens, index, end, years, unit)


def _unit_alone(tokens: Tokens, index: int, end: int, years: float, unit: str) -> Age | None:
    """Read a number with a unit that no "old" follows, by the person before or after it."""
    before, after = _word(tokens, index - 1), _word(tokens, end)
    if after in (",", ".") and _word(tokens, end + 1) in _SEXED:
        after = _word(tokens, end + 1)
    if after in PEOPLE and (after not in ("m", "f") or tokens.raw(end).isupper() or unit in _YEAR | _MONTH):
        return Age(years, index, end, STRONG if unit not in _HOUR | _DAY else PLAIN, _sex_letter(tokens, end))
    comma = before == ","
    who = _word(tokens, index - 2) if comma or before in _BE else before
    long = unit in _YEAR | _MONTH
    ends = after in _STOP or after in ("with", "and", "who", "had", "old") or (long and after in _GO_ON)
    if (
        (
            who in _KID
            or (who in _YOUNG | _SEXED and long)
            or (who in _SUBJECT and long and (before in _BE or who in ("he", "hes", "she")))
        )
        and ends
        and _word(tokens, end) not in ("ago", "pregnant", "of")
    ):
        return Age(years, index, end, PLAIN)
    if before == "now" and not _BORN.isdisjoint(tokens.words[max(index - 8, 0) : index]):
        return Age(years, index, end, STRONG)
    short = unit in ("mo", "y", "yr", "yrs", "mos")
    if index == 0 and short and after not in ("history", "hx", "ago", "of", "h", "x", "post", "s", "pregnant"):
        return Age(years, index, end, WEAK)
    return None


def _suffix(tokens: Tokens, place: int) -> int:
    """Return the end of "old", "/o", ".o.", "of age" at `place`, 0 if it is not there."""
    while _word(tokens, place) in ("-", "/", ".", "–"):
        if _word(tokens, place) == "." and _word(tokens, place + 1) not in ("o", "old"):
            return 0
        place += 1
    if _word(tokens, place) == "of" and _word(tokens, place + 1) == "age":
        return place + 2
    if _word(tokens, place) in ("old", "o", "aged"):
        return place + (2 if _word(tokens, place + 1) == "." and _word(tokens, place) == "o" else 1)
    return 0


def _sex_letter(tokens: Tokens, place: int) -> str | None:
    word = _word(tokens, place)
    if word in ("m", "f") and (tokens.raw(place).isupper() or tokens.ends[place - 1] == tokens.starts[place]):
        return "female" if word == "f" else "male"
    return None


def _lettered(tokens: Tokens, index: int, place: int, value: float) -> Age | None:
    """Read "34F", "34/M", "M34", "F/34", "(F/47)", "M, 44", "76 lady"."""
    if value != int(value) or value > 112:
        return None
    step = place + 1 if _word(tokens, place) == "/" else place
    after = _word(tokens, step)
    if after in ("m", "f") and (
        tokens.raw(step).isupper()
        or (_word(tokens, index - 1) in ("", "im", "i'm", "am") and _word(tokens, step + 1) in _STOP)
    ):
        if number_at(tokens, step + 1) is not None and tokens.ends[step] == tokens.starts[step + 1]:
            return None
        hot = after == "f" and value >= 94
        glued = tokens.ends[index] == tokens.starts[place] and _word(tokens, step + 1) in _STOP
        clear = (glued or _word(tokens, index - 1) in _OPEN) and _word(tokens, step + 1) not in _THINGS
        if clear and not hot and _word(tokens, step + 1) not in ("/", "°"):
            return Age(value, index, step + 1, PLAIN, "female" if after == "f" else "male")
        return None
    if after in _SEXED and after not in ("m", "f") and _word(tokens, index - 1) in _OPEN:
        return Age(value, index, place, PLAIN)
    slash = _word(tokens, index - 1) in ("/", ",", ":", "-")
    letter = index - 2 if slash else index - 1
    if letter < 0 or _word(tokens, letter) not in ("m", "f") or not tokens.raw(letter).isupper():
        return None
    glued = tokens.ends[index - 1] == tokens.starts[index]
    alone = (
        letter == 0 or tokens.ends[letter - 1] < tokens.starts[letter] or _word(tokens, letter - 1) in ("(", ":", "/")
    )
    start = letter == 0 or _word(tokens, letter - 1) in (".", "\n", ":", "(", "age")
    ends = _word(tokens, place) in _STOP or (glued and letter == 0)
    if alone and value > 1 and (start or (glued and ends)):
        sex = "female" if _word(tokens, letter) == "f" else "male"
        return Age(value, letter, place, PLAIN, sex)
    return None


def _labelled(tokens: Tokens, index: int, place: int, value: float) -> Age | None:
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
            if before in _AGED_AT or before in ("gestational", "ga") or value > 120:
                return None
            return Age(value, index, place, STRONG if near[-back] == "age" else PLAIN)
    return None


def _decade(tokens: Tokens, index: int, place: int, value: float) -> Age | None:
    """Read "in her 80s", "late 60s male", "60ish male", "60-something"."""
    mark = _word(tokens, place)
    if mark in ("'", "’"):
        mark, place = _word(tokens, place + 1), place + 1
    before, after = _word(tokens, index - 1), _word(tokens, place + 1)
    if mark == "-" and after == "something":
        return Age(value + 5, index, place + 2, PLAIN)
    if mark == "ish" and after in PEOPLE | {"yo", "year"}:
        return Age(value, index, place + 1, PLAIN)
    if tokens.raw(index).lower().endswith("ties") and before in _DECADE_BEFORE:
        return Age(value + _SHIFT.get(before, 5.0), index, index + 1, PLAIN)
    if mark != "s" or value % 10 or not 20 <= value <= 100:
        return None
    possessive = _word(tokens, index - 2) in ("her", "his", "their", "my", "the")
    if (
        before in ("her", "his", "their", "my")
        or after in _SEXED
        or (before in ("late", "early", "mid") and possessive)
    ):
        return Age(value + _SHIFT.get(before, 5.0), index, place + 1, PLAIN)
    return None


def _told(tokens: Tokens, index: int, place: int, value: float) -> Age | None:
    """Read "he is 79.", "im 67 and", "my daughter 13 came off", "shes 6 and has had"."""
    before, after = _word(tokens, index - 1), _word(tokens, place)
    who = index - 1
    while who > index - 4 and _word(tokens, who) in _BE:
        who -= 1
    subject = _word(tokens, who)
    if subject not in _SUBJECT or (subject == "i" and before not in ("am", "turned")):
        return None
    if (
        (
            after in _GO_ON
            or after in ("she", "sh", "hes")
            or (_word(tokens, who - 1) in ("my", "our") and after.isalpha() and len(after) > 3)
        )
        and after not in ("/", "-", ":")
        and after not in _FACTOR
    ):
        return Age(value, index, place, PLAIN)
    return None


def _set_off(tokens: Tokens, index: int, place: int, value: float, labels: frozenset[int]) -> Age | None:
    """Read ", 82," and "(44)" behind a person near the start of a sentence ("this is Edna, 82, tripped")."""
    opened, closed = _word(tokens, index - 1), _word(tokens, place)
    if not ((opened == "," and closed == ",") or (opened == "(" and closed == ")")):
        return None
    who, after = _word(tokens, index - 2), _word(tokens, place + 1)
    if not who.isalpha() or len(who) < 3 or not after.isalpha() or place + 1 in labels:
        return None
    start = index - 2
    while start > 0 and index - start < 8 and _word(tokens, start - 1) not in (".", "\n"):
        if "0" <= _word(tokens, start)[0] <= "9" or start in labels:
            return None
        start -= 1
    known = who in PEOPLE or who in _KIN
    if start in labels or index - start >= 8 or not (known or tokens.raw(index - 2).istitle() or start >= index - 4):
        return None
    return Age(value, index, place, PLAIN)


def _of_patient(tokens: Tokens, age: Age) -> Age | None:
    """Return the age if it is the patient's: not of a thing, not of the relative who tells the story."""
    words = tokens.words
    after = words[age.end : age.end + 2]
    first = after[0] if after else ""
    second = len(after) > 1 and after[1] in _THINGS and first.isalpha() and first not in _LINKS
    if first in _THINGS or (second and age.sex is None):
        return None
    mine = any(word in ("my", "our") for word in words[max(age.start - 3, 0) : age.start])
    if first in _KIN and not mine:
        return age._replace(score=LAST) if first in _CHILDREN else None
    near = words[max(age.start - 3, 0) : age.start]
    told = next((word for word in reversed(near) if word in _KIN), None)
    if told is None or mine or (age.score == STRONG and told in _CHILDREN and "," not in near and "(" not in near):
        return age
    aside = near[-1:] in ([","], ["("], ["age"], ["is"]) or words[age.start - 1 : age.start] == [told]
    speaks = not _SAY.isdisjoint(words[age.end : age.end + 4])
    if told in _CHILDREN and not speaks:
        return age
    return None if aside and (speaks or told not in _CHILDREN) and near[-1:] != ["is"] else age
