"""How the value of a vital sign is written: pairs, ranges, scales, units, and the three parts of the coma score."""

from __future__ import annotations

from triagelab.cases.readings import Desk
from triagelab.cases.vital_units import C_UNITS, DEGREE, F_UNITS, FOREIGN
from triagelab.clinical.vitals import temperature_c

OVER = frozenset(("/", "over", "\\", "-", "|", "on"))
_EYES = {"e": "e", "eye": "e", "v": "v", "verbal": "v", "m": "m", "motor": "m"}
_GCS_LIMITS = (4, 5, 6)
_PART_JOINS = frozenset((",", "-", "/", "+", "and", ":", "=", "(", "of", "is"))
MMOL_FACTOR = 18.0
"""mg/dL of glucose in one mmol/L."""


def range_end(desk: Desk, index: int) -> tuple[int, float | None]:
    """Return (token, number) of the upper end in "110-120", "110 to 120", "130s-140s"; no number if there is none."""
    place = index + 1
    if desk.word(place) in ("'", "%"):
        place += 1
    if desk.word(place) == "s":
        place += 1
    if desk.word(place) in ("-", "–", "to") and desk.word(place + 1) not in (">", "-"):
        return place + 1, desk.number(place + 1)
    return place, None


def pressure(desk: Desk, start: int, index: int, systolic: float) -> None:
    """Read "88/60", "88 over 60", "120 80", "88/palp", "90s/60s", "88 systolic"; "80/120" is wrong, not a pressure."""
    place = index + 1
    if desk.word(place) == "'":
        place += 1
    if desk.word(place) == "s":
        place += 1
    if desk.word(place) == "by" and desk.word(place + 1) == "palp":
        place += 2
    lower = desk.number(place + 1) if desk.word(place) in OVER else None
    low = place + 1
    if lower is None and place == index + 1 and 60 <= systolic <= 270:
        beside = desk.number(place)
        if beside is not None and 25 <= beside < systolic and beside <= 150 and desk.word(place + 1) not in FOREIGN:
            lower, low = beside, place
    if lower is not None and desk.word(place) == "-" and lower >= systolic:
        systolic, lower = min(systolic, lower), None  # "SBP 80-90": a range, the lower end counts
        desk.used.add(low)
    if lower is None:
        desk.add("sbp_mmhg", systolic, start, index + 1, index)
        return
    wrong = lower > systolic
    desk.add("dbp_mmhg", lower, start, low + 1).wrong = wrong
    desk.add("sbp_mmhg", systolic, start, low + 1, index, low).wrong = wrong


def out_of_ten(desk: Desk, index: int, value: float) -> tuple[int, float, int]:
    """Return (index, value, end) of "8/10", "8 out of 10", "6-7/10" or a bare number."""
    last, upper = range_end(desk, index)
    if upper is not None and value < upper <= 10:
        index, value = last, upper
    if desk.word(index + 1) == "/" and desk.number(index + 2) == 10:
        return index, value, index + 3
    if [desk.word(index + step) for step in (1, 2, 3)] == ["out", "of", "10"]:
        return index, value, index + 4
    if desk.word(index + 1) == "of" and desk.number(index + 2) == 10:
        return index, value, index + 3
    return index, value, index + 1


def degrees(desk: Desk, index: int, value: float, before: list[str]) -> tuple[float, int, bool]:
    """Return (Celsius, end, whether the scale that is written cannot be true) of a number with its unit."""
    stop = index + 1
    if desk.word(stop) in DEGREE:
        stop += 1
    unit = desk.word(stop)
    if unit in F_UNITS or unit in C_UNITS:
        stop += 1
    else:
        unit = next((word for word in before if word in F_UNITS or word in C_UNITS), "")
    if 900 <= value <= 1130:
        value /= 10
    wrong = (unit in C_UNITS and value > 50) or (unit in F_UNITS and value < 60)
    converted = temperature_c(value)
    return (converted if converted is not None else value), stop, wrong


def glucose(desk: Desk, index: int, value: float) -> tuple[float, int]:
    """Return mg/dL; mmol/L when the unit says so or when a decimal below 35 has no unit."""
    unit = [desk.word(index + step) for step in (1, 2, 3)]
    if unit[0] == "mmol" or ("." in desk.tokens.words[index] and value < 35 and unit[0] != "mg"):
        return round(value * MMOL_FACTOR, 1), index + (4 if unit == ["mmol", "/", "l"] else 1)
    return value, index + (4 if unit[:2] == ["mg", "/"] else 1)


def gcs_parts(desk: Desk, start: int, end: int) -> bool:
    """Read "E4V5M6", "eye 4 verbal 5 motor 6" or "4-5-6" after a GCS label; return whether all three are there."""
    parts: dict[str, float] = {}
    bare: list[float] = []
    place = end
    while place < min(end + 14, len(desk.tokens)) and len(parts) < 3 and len(bare) < 3:
        word, value = desk.word(place), desk.number(place)
        part, inner = _EYES.get(word), desk.number(place + 1)
        if part is not None and inner is not None and part not in parts:
            parts[part] = inner
            place += 2
        elif value is not None and not parts and value <= _GCS_LIMITS[len(bare)]:
            bare.append(value)
            place += 1
        elif value is not None and not parts and not bare and 3 <= value <= 15 and desk.word(place + 1) == "(":
            place += 2  # "GCS 13 (E3 V4 M6)"
        elif word in _PART_JOINS and (word not in ("and", "of") or not bare):
            place += 1
        else:
            break
    total = sum(parts.values()) if len(parts) == 3 else sum(bare) if len(bare) == 3 and not parts else None
    if total is not None:
        desk.add("gcs", total, start, place, *range(end, place))
        if desk.word(place) in ("=", ")") or desk.number(place) == total:
            desk.used.update(range(place, place + 2))
    return total is not None
