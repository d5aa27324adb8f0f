"""Who the note is about: age in every usual form, sex, weeks of pregnancy."""

from __future__ import annotations

from dataclasses import dataclass, field

from triagelab.cases.readings import number_at
from triagelab.cases.scan import Scan
from triagelab.cases.tokens import Tokens, wordset

DAYS = 365.25
_YEAR = wordset("year yr yo y yrs yoa")
_MONTH = wordset("month mo mos mth")
_WEEK = wordset("week wk wks weeker")
_DAY = wordset("day d dol")
_HOUR = wordset("hour hr hrs h")
_UNITS: dict[str, float] = {
    **dict.fromkeys(_YEAR, 1.0), **dict.fromkeys(_MONTH, 1 / 12), **dict.fromkeys(_WEEK, 7 / DAYS),
    **dict.fromkeys(_DAY, 1 / DAYS), **dict.fromkeys(_HOUR, 1 / 24 / DAYS),
}  # fmt: skip
_OLD = wordset("old o aged age")
_FEMALE = wordset("f female woman girl lady she her daughter wife mother grandmother gravida")
_MALE = wordset("m male man boy gentleman he him his son husband father grandfather guy")
_FEMALE_NOUN = wordset("f female woman girl lady daughter fem gal")
_MALE_NOUN = wordset("m male man boy gentleman son guy gent")
_FEMALE_ALWAYS, _MALE_ALWAYS = wordset("female woman lady"), wordset("male gentleman")
_SEX_WORDS = wordset("male female")
_PEOPLE = _FEMALE_NOUN | _MALE_NOUN | wordset("pt patient infant child baby toddler teen w b pedestrian driver")
_UNIT_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelv": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_DECADES = {
    "twenties": 25, "thirties": 35, "forties": 45, "fifties": 55, "sixties": 65, "seventies": 75, "eighties": 85,
    "nineties": 95, "twenty": 25, "thirty": 35, "forty": 45, "fifty": 55, "sixty": 65, "seventy": 75, "eighty": 85,
    "ninety": 95,
}  # fmt: skip
_PEOPLE_BEFORE = wordset("woman man female male patient pt boy girl lady gentleman mother father")
_BORN = wordset("born delivered ex")
_NEWBORN = wordset("newborn neonate")
_SUBJECTS = wordset(
    "he she patient pt who i child baby son daughter mother father husband wife mom dad grandmother grandfather"
)
_RELATIVE_AFTER = wordset("mother father mom dad parent grandmother grandfather brother sister husband wife")
_GESTATION = wordset("pregnant gestation gestational ega ga gravid iup along pregnancy preggo")


@dataclass(slots=True)
class Person:
    """Age, sex and pregnancy as written.

    Missing: None is "the note does not say".
    """

    age_years: float | None = None
    sex: str | None = None
    pregnancy_weeks: float | None = None
    pregnant: bool = False
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)


def read_person(scan: Scan) -> Person:
    """Return age, sex and weeks of pregnancy of the patient."""
    tokens, person = scan.tokens, Person()
    _age(scan, person)
    person.sex = _sex(tokens, person)
    _pregnancy(scan, person)
    return person


def _word(tokens: Tokens, index: int) -> str:
    return tokens.words[index] if 0 <= index < len(tokens.words) else ""


def _number(tokens: Tokens, index: int) -> tuple[float, int] | None:
    """Return (number, end) at a token, written in digits or in words ("sixty-seven")."""
    value = number_at(tokens, index)
    if value is not None:
        if (
            _word(tokens, index + 1) in ("1", "½")
            and _word(tokens, index + 2) == "/"
            and _word(tokens, index + 3) == "2"
        ):
            return value + 0.5, index + 4
        return value, index + 1
    word = _word(tokens, index)
    if word in _TENS:
        step = 2 if _word(tokens, index + 1) == "-" else 1
        unit = _UNIT_WORDS.get(_word(tokens, index + step))
        if unit is not None and unit < 10:
            return float(_TENS[word] + unit), index + step + 1
        return float(_TENS[word]), index + 1
    if word in _UNIT_WORDS:
        return float(_UNIT_WORDS[word]), index + 1
    return None


def _age(scan: Scan, person: Person) -> None:
    tokens = scan.tokens
    candidates: list[tuple[float, int, int]] = []
    words = tokens.words
    for index, word in enumerate(words):
        if not ("0" <= word[0] <= "9" or word in _TENS or word in _UNIT_WORDS):
            continue
        found = _age_at(tokens, index)
        if found is not None and 0 <= found[0] <= 120:
            candidates.append((found[0], index, found[1]))
    if candidates:
        best = next((c for c in candidates if not _of_relative(tokens, c[2])), candidates[0])
        person.age_years, person.spans["age_years"] = best[0], (best[1], best[2])
        return
    for index, word in enumerate(words):
        if word in _DECADES and _word(tokens, index - 1) in ("her", "his", "their", "late", "early", "mid"):
            person.age_years, person.spans["age_years"] = float(_DECADES[word]), (index, index + 1)
            return
        if word in _NEWBORN:
            person.age_years, person.spans["age_years"] = 1 / DAYS, (index, index + 1)
            return


def _of_relative(tokens: Tokens, end: int) -> bool:
    """Return whether an age belongs to a relative who is not the patient ("her 30-year-old mother")."""
    following = tokens.words[end : end + 3]
    return any(word in _RELATIVE_AFTER for word in following[:1])


def _age_at(tokens: Tokens, index: int) -> tuple[float, int] | None:
    """Return (age in years, end) if the number at `index` is an age."""
    read = _number(tokens, index)
    if read is None:
        return None
    value, place = read
    before = _word(tokens, index - 1)
    if before in ("is", "am", "i'm", "he's", "she's", "was", "he", "she") and _stands_alone(
        tokens, index, place, value
    ):
        return value, place
    if before == "," and _word(tokens, index - 2) in _PEOPLE_BEFORE and _word(tokens, place) in (",", ".", ";", ")"):
        return value, place
    labelled = before in ("age", "aged") or (before == ":" and _word(tokens, index - 2) == "age")
    if (
        _word(tokens, place) == "s"
        and value % 10 == 0
        and before in ("her", "his", "their", "late", "early", "mid", "s")
    ):
        return value + 5, place + 1
    if _word(tokens, place) in ("-", "–") or _word(tokens, place) == "‑":
        place += 1
    unit = _word(tokens, place)
    if (unit in ("m", "f") and tokens.raw(place).isupper()) or unit in _SEX_WORDS:
        return (value, place) if value == int(value) and _starts_note(tokens, index, place) else None
    factor = _UNITS.get(unit)
    if factor is None:
        return (value, place) if labelled and value <= 120 else None
    place += 1
    if unit in ("yo", "yoa", "weeker", "dol") and unit != "weeker":
        return value * factor, place
    rest, end = _age_suffix(tokens, place, unit)
    if rest or labelled:
        extra = _and_months(tokens, end)
        return value * factor + extra[0], max(end, extra[1])
    return None


def _stands_alone(tokens: Tokens, index: int, place: int, value: float) -> bool:
    """Return whether "he is 79." gives an age: a person before, nothing but a stop after."""
    after, subject = _word(tokens, place), _word(tokens, index - 2)
    person = subject in _SUBJECTS or _word(tokens, index - 1) in ("i'm", "he's", "she's")
    return person and value == int(value) and 0 < value < 111 and after in (".", ",", "", ";", "and", "\n")


def _age_suffix(tokens: Tokens, place: int, unit: str) -> tuple[bool, int]:
    """Return whether what follows a unit makes it an age: old, "/o", ".o.", a person, or a sex letter."""
    while _word(tokens, place) in ("-", "/", ".", "–"):
        if _word(tokens, place) == "." and _word(tokens, place + 1) not in ("o", "old"):
            break
        place += 1
    word = _word(tokens, place)
    if word in _OLD:
        end = place + 1
        if _word(tokens, end) == ".":
            end += 1
        return True, end
    if word in _PEOPLE and (word not in ("m", "f", "w", "b") or tokens.raw(place).isupper() or unit in _YEAR | _MONTH):
        return True, place
    return False, place


def _and_months(tokens: Tokens, place: int) -> tuple[float, int]:
    return 0.0, place


def _starts_note(tokens: Tokens, index: int, place: int) -> bool:
    """Return whether "67 F" can be an age: near the start of the note or sentence, not a temperature."""
    before = _word(tokens, index - 1)
    return index <= 3 or before in (".", "\n", "pt", "patient", "a", ":", ",", "(", "triag")


def _sex(tokens: Tokens, person: Person) -> str | None:
    """Return the sex by the noun at the age, else by pronouns, else by what only one sex has."""
    words = tokens.words
    if "age_years" in person.spans:
        end = person.spans["age_years"][1]
        for word in words[end : end + 5]:
            if word in _FEMALE_NOUN:
                return "female"
            if word in _MALE_NOUN:
                return "male"
            if word in (".", "\n", "with", "who"):
                break
    for index, word in enumerate(words):
        if word in _FEMALE_ALWAYS:
            return "female"
        if word in _MALE_ALWAYS:
            return "male"
        if word in ("m", "f") and tokens.raw(index).isupper() and index <= 4:
            return "female" if word == "f" else "male"
    female = sum(word in ("she", "her", "girl", "herself") for word in words)
    male = sum(word in ("he", "his", "him", "boy", "himself") for word in words)
    if female != male:
        return "female" if female > male else "male"
    return None


def _pregnancy(scan: Scan, person: Person) -> None:
    """Read "32 weeks pregnant", "G2P1 at 32 wks", "EGA 32w4d", "8 months pregnant"."""
    tokens = scan.tokens
    words = tokens.words
    gravid = any(_is_gravida(tokens, index) for index in range(len(words)) if words[index] == "g")
    places = [i for i, word in enumerate(words) if word in _GESTATION or (word == "g" and _is_gravida(tokens, i))]
    if not places:
        return
    for index in scan.numbers:
        value, unit = number_at(tokens, index), _word(tokens, index + 1)
        step = 2 if unit in ("-", "/", "+") else 1
        unit = _word(tokens, index + step)
        if value is None or unit not in _WEEK | _MONTH | {"w"}:
            if not (value is not None and _word(tokens, index - 1) in ("ega", "ga", ":") and 4 <= value <= 44):
                continue
            if not any(0 < index - place <= 2 for place in places):
                continue
            unit = "week"
        if _word(tokens, index - 1) in _BORN or _word(tokens, index - 2) in _BORN:
            continue
        if "age_years" in person.spans and person.spans["age_years"][0] == index:
            continue
        near = any(-2 <= place - index <= 5 or (-5 <= place - index < 0) for place in places)
        weeks = value * (4.345 if unit in _MONTH else 1.0)
        if near and 2 <= weeks <= 44:
            person.pregnancy_weeks, person.pregnant = round(weeks, 1), True
            person.spans["pregnancy_weeks"] = (index, index + step + 1)
            return
    if gravid and not any(word in ("postpartum", "partum") for word in words):
        return


def _is_gravida(tokens: Tokens, index: int) -> bool:
    return (
        number_at(tokens, index + 1) is not None
        and _word(tokens, index + 2) == "p"
        and number_at(tokens, index + 3) is not None
    )
