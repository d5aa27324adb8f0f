"""One written order to a `DrugOrder`: "ketorolac 30 mg IV q6h x 5 days". Two readings of one thing are refused."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from triagelab.clinical.drug_names import MAX_NAME, is_spelling
from triagelab.clinical.drug_order import DrugOrder
from triagelab.clinical.drug_units import ROUTE_WORDS, TIMES, parse_unit
from triagelab.errors import BadInputError

_NUMBER = r"(?<!\d)(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_MASS = r"(mcgs?|ug|µg|μg|mgs?|ng|gms?|grams?|g|million units?|units?|iu|u|meq|mmol|ml|l)"
_TIME = r"(min(?:ute)?s?|h(?:ou)?rs?|h|d(?:ay)?s?)"
_END = r"(?![a-z\d])"

_CONCENTRATION = re.compile(rf"{_NUMBER}\s*(mg|g|mcg)\s*/\s*ml{_END}")
_STRENGTH = re.compile(r"\d+(?:\.\d+)?\s*%|\b1\s*:\s*\d[\d,]*")
_RATE = re.compile(rf"(?:\bat\s+)?{_NUMBER}\s*{_MASS}(\s*/\s*kg)?\s*/\s*{_TIME}{_END}")
_DOSE = re.compile(rf"(?<![a-z\d./-]){_NUMBER}\s*{_MASS}(\s*/\s*kg)?{_END}(?!\s*/)")
_RANGE = re.compile(rf"(?<![a-z\d./-]){_NUMBER}\s*(?:-|to)\s*(?={_NUMBER}\s*{_MASS}(?:\s*/\s*kg)?{_END}(?!\s*/))")
# A bag: "20 mEq in 100 mL NS", "20 mEq/100 mL". A smaller volume after a stroke is a liquid's strength ("10 mg/5 mL").
_BAG = re.compile(
    rf"(?<![a-z\d./-]){_NUMBER}\s*{_MASS}(\s*/\s*kg)?"
    rf"(?:\s+in\s+(\d[\d,]*)|\s*/\s*([5-9]\d|\d{{3,4}}|\d,\d{{3}}))\s*ml{_END}(?!\s*/)"
    r"(?:\s+(?:of\s+)?(?:ns|normal saline|d5w?|lr|sterile water)\b)?"
)
_STRENGTHS = re.compile(r"(\d)\s*mg\s*/\s*(\d[\d.]*)\s*mg\b")
# Neither a dose nor a rate, and as part of the name it would be lost: "30mg/70kg", "10 mg/5 mL".
_NO_DOSE = re.compile(rf"{_NUMBER}\s*{_MASS}\s*/\s*\d[\d.,]*\s*(?:kg|ml|l|m2){_END}")
_COUNT = re.compile(rf"{_NUMBER}\s*(?:tab(?:let)?s?|cap(?:sule)?s?|puffs?|drops?){_END}")
_BARE = re.compile(r"\d[\d.,]*")
_GLUED = re.compile(rf"(?<=[a-z]{{3}})(?=\d[\d.,]*\s*{_MASS}{_END})")
_OVER = re.compile(rf"\bover\s+{_NUMBER}\s*{_TIME}{_END}")
_DURATION = re.compile(rf"(?:\bx|\bfor)\s*{_NUMBER}\s*(d(?:ay)?s?|weeks?|wk){_END}")
_EVERY = re.compile(rf"\b(?:q|every)\s*{_NUMBER}(?:\s*-\s*\d+)?\s*{_TIME}{_END}")
_FREQUENCIES: tuple[tuple[tuple[str, Any], tuple[str, ...]], ...] = (
    (("every_h", 24.0), ("daily", "qd", "qday", "q day", "once daily", "once a day", "nightly", "qhs", "every day")),
    (("every_h", 168.0), ("weekly", "once weekly", "once a week", "every week")),
    (("times_per_day", 2.0), ("bid", "twice daily", "twice a day")),
    (("times_per_day", 3.0), ("tid", "three times daily", "three times a day")),
    (("times_per_day", 4.0), ("qid", "four times daily", "four times a day")),
    (("once", True), ("once", "x1", "x 1", "one dose", "stat")),
)
_OFTEN: dict[str, tuple[str, Any]] = {text: entry for entry, texts in _FREQUENCIES for text in texts}


def _words(names: Any) -> re.Pattern[str]:
    """Return a pattern for any of some words, the longest first."""
    return re.compile(r"\b(?:" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r")\b")


_OFTEN_WORDS = _words(_OFTEN)
# These stand in too many other phrases to be read as a route; an order that uses them is refused, not guessed.
_ROUTES = _words(set(ROUTE_WORDS) - {"it", "ia", "local", "eye", "ear", "spinal", "peg", "gel"})


def _minutes(unit: str) -> float:
    return TIMES["min" if unit.startswith("m") else "h" if unit.startswith("h") else "d"]


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _amount(match: re.Match[str]) -> tuple[float, str]:
    """Return number and unit of a dose or rate, "million units" multiplied out and "u" spelt out."""
    value, unit = _value(match[1]), match[2]
    if unit.startswith("million"):
        value, unit = value * 1e6, "units"
    return value, ("units" if unit == "u" else unit) + ("/kg" if match[3] else "")


class _Text:
    """What is left of a written order while its parts are taken out."""

    def __init__(self, text: str) -> None:
        self.whole, self.left = text, text

    def take(self, pattern: re.Pattern[str], what: str) -> re.Match[str] | None:
        """Return the one match of a pattern and take it out.

        Raises: BadInputError for two different ones.
        """
        found = list(pattern.finditer(self.left))
        if len({match[0] for match in found}) > 1:
            shown = " and ".join(repr(match[0].strip()) for match in found)
            raise BadInputError("order", self.whole, f"one {what}", f"{shown} are two")
        self.left = pattern.sub(" ", self.left)
        return found[0] if found else None


def parse_order(text: str, **more: Any) -> DrugOrder:
    """Return the order that one line of text describes; `more` adds what the text cannot say, such as `indication`.

    Read: dose ("30 mg", "0.9 mg/kg"), strength ("1%", "1 mg/mL"), rate ("10 mEq/h"), route, "IV push", "over 20 min",
    frequency ("q6h", "tid", "weekly", "once"; of "q4-6h" the shorter), "x 5 days"; of a range of
    doses the upper end; "20 mEq in 100 mL" is a dose, or with a rate a strength. The rest must be the name of a drug.

    Raises: BadInputError for a text with two doses, routes or the like; UnknownNameError for a name in no list.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_NAME:
        raise BadInputError("order", text, f"one written order, at most {MAX_NAME} characters")
    plain = unicodedata.normalize("NFKC", text).casefold().replace("μ", "µ")
    rest = _Text(_GLUED.sub(" ", _STRENGTHS.sub(r"\1mg/\2mg", plain)))
    found: dict[str, Any] = {}
    if match := rest.take(_CONCENTRATION, "strength"):
        found["concentration"] = match[0].replace(",", "")
    elif match := _STRENGTH.search(rest.left):
        # A strength in per cent can be part of the name (3% saline), so it stays there.
        found["concentration"] = match[0]
        rest.left = re.sub(r"\b1\s*:\s*\d[\d,]*", " ", rest.left)
    if match := rest.take(_RATE, "rate"):
        found["rate"], unit = _amount(match)
        minutes = _minutes(match[4])
        found["rate_unit"] = unit + ("/min" if minutes == 1 else "/h" if minutes == 60 else "/d")
    _bag(rest, found)
    rest.left = _RANGE.sub(_lower_end, rest.left)
    if match := rest.take(_DOSE, "dose"):
        if "dose" in found:
            raise BadInputError("order", text, "one dose", f"{match[0].strip()!r} stands beside a bag")
        found["dose"], found["unit"] = _amount(match)
    # Tablets are no dose without their strength, which then counts as unknown.
    rest.take(_COUNT, "number of tablets")
    _times(rest, found)
    if match := rest.take(_ROUTES, "route"):
        found["route"] = match[0]
    if match := _NO_DOSE.search(rest.left):
        raise BadInputError("order", text, 'a dose such as "30 mg" or "0.9 mg/kg"', f"{match[0]!r} is none")
    bare = [word for word in rest.left.split() if _BARE.fullmatch(word)]
    if bare and not is_spelling(rest.left):
        raise BadInputError("order", text, "a unit for every number", f"{bare[0]} has none")
    return DrugOrder(**{"drug": rest.left.strip() or text, **found, **more})


def _bag(rest: _Text, found: dict[str, Any]) -> None:
    """Read what a bag holds: as the dose, or beside a rate as the strength, since nobody is given the whole of it."""
    match = rest.take(_BAG, "bag")
    if match is None:
        return
    value, unit = _amount(match)
    if "rate" not in found:
        found["dose"], found["unit"] = value, unit
    elif (read := parse_unit(unit, "dose")).base == "mg" and not read.per_kg:
        found["concentration"] = value * read.factor / _value(match[4] or match[5])


def _lower_end(match: re.Match[str]) -> str:
    """Return nothing for the lower end of a range; two strengths of one product ("875-125 mg") stay as they are."""
    return "" if _value(match[1]) < _value(match[2]) else match[0]


def _times(rest: _Text, found: dict[str, Any]) -> None:
    if match := rest.take(_OVER, "time to run"):
        found["infusion_min"] = _value(match[1]) * _minutes(match[2])
    if match := rest.take(_DURATION, "duration"):
        found["duration_d"] = _value(match[1]) * (7.0 if match[2].startswith("w") else 1.0)
    if match := rest.take(_EVERY, "frequency"):
        found["every_h"] = _value(match[1]) * _minutes(match[2]) / 60.0
    elif match := rest.take(_OFTEN_WORDS, "frequency"):
        name, value = _OFTEN[match[0]]
        found[name] = value
