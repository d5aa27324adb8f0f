"""The forms in which vital signs are written: with a label, bare, and as a row of numbers."""

from __future__ import annotations

from triagelab.cases.readings import Desk
from triagelab.cases.tokens import wordset
from triagelab.clinical.vitals import temperature_c

_FILL = wordset(
    ": = ( ) - ~ > < * ° \" ' is of was at in the to were low high mid about approx around currently now measured read "
    "reading found up down initial initially a with by level score scale rate into only just rectal oral tympanic "
    "temporal axillary on and as his her their noted not irregular regular elevated room air ra upper manual auto "
    "arrival triage recheck repeat palpated lt rt came back per ems medic drop range from percent goes"
)
_LOOK = 7
_TIME = wordset("day d hour hr h week wk month mo year yr minute min time x nd st rd th yo mg mcg ml cc tab pill dose")
_DEGREE = wordset("° º ˚ degree deg")
_F_UNITS, _C_UNITS = wordset("f fahrenheit"), wordset("c celsius centigrade")
_ON_AIR = wordset("ra room o oxygen nrb nc cpap bipap nasal bvm non simple l")
_USUAL = wordset("usual usually normally baseline typically norm")
_ROW_JOINS = wordset("- , / % : ra on and ° f c (")
MMOL_FACTOR = 18.0
"""mg/dL of glucose in one mmol/L."""


def labelled(desk: Desk, name: str, start: int, end: int) -> None:
    """Read the number that belongs to a label at tokens `start:end`, if there is one."""
    if name == "vs_row":
        _row(desk, end)
        return
    if name == "gcs" and _gcs_parts(desk, start, end):
        return
    index = _next_number(desk, end)
    value = desk.number(index) if index is not None and index not in desk.used else None
    if index is None or value is None or _is_something_else(desk, name, start, index, value):
        return
    if name == "bp":
        _pressure(desk, start, index, value)
        return
    stop = index + 1
    if name == "pain_score":
        index, value, stop = _out_of_ten(desk, index, value)
        if value > 10 and stop == index + 1:
            return
    elif name == "temp_c":
        value, stop = _temperature(desk, index, value)
    elif name == "glucose_mg_dl":
        value, stop = _glucose(desk, index, value)
    desk.add(name, value, start, stop, index)


def _next_number(desk: Desk, index: int) -> int | None:
    for place in range(index, min(index + _LOOK, len(desk.tokens))):
        word = desk.tokens.words[place]
        if "0" <= word[0] <= "9":
            return place
        if word not in _FILL:
            return None
    return None


def _is_something_else(desk: Desk, name: str, start: int, index: int, value: float) -> bool:
    """Return whether a number after a label is a duration, a rank, a dose or a grade and not the vital sign."""
    after, tokens = desk.word(index + 1), desk.tokens
    if after in _TIME:
        return True
    glued = start > 0 and tokens.ends[start - 1] == tokens.starts[start] and tokens.words[start - 1].isalnum()
    if glued and tokens.ends[start] - tokens.starts[start] == 1:
        return True
    if name == "heart_rate_bpm":
        return 0 < value < 12 or after == "+"
    if name == "spo2_pct":
        if not _USUAL.isdisjoint(tokens.words[max(start - 4, 0) : index + 1]):
            return True
        return (value < 30 and after != "%") or after in ("l", "lpm", "liter")
    if name == "temp_c":
        return value < 24
    if name == "bp":
        return 0 < value < 30 or [after, desk.word(index + 2)] == ["/", "10"]
    return name == "glucose_mg_dl" and after == "/"


def _pressure(desk: Desk, start: int, index: int, systolic: float) -> None:
    """Read "88/60", "88 over 60", "88/palp", "90s/60s", "88 systolic"."""
    place = index + 2 if desk.word(index + 1) == "s" else index + 1
    lower = desk.number(place + 1) if desk.word(place) in ("/", "over", "\\", "-") else None
    if lower is None:
        desk.add("sbp_mmhg", systolic, start, index + 1, index)
        return
    desk.add("sbp_mmhg", systolic, start, place + 2, index, place + 1)
    desk.add("dbp_mmhg", lower, start, place + 2)


def _out_of_ten(desk: Desk, index: int, value: float) -> tuple[int, float, int]:
    """Return (index, value, end) of "8/10", "8 out of 10", "6-7/10" or a bare number."""
    upper = desk.number(index + 2)
    if upper is not None and desk.word(index + 1) in ("-", "to") and desk.word(index + 3) in ("/", "out"):
        index, value = index + 2, upper
    if desk.word(index + 1) == "/" and desk.number(index + 2) == 10:
        return index, value, index + 3
    if [desk.word(index + step) for step in (1, 2, 3)] == ["out", "of", "10"]:
        return index, value, index + 4
    if desk.word(index + 1) == "of" and desk.number(index + 2) == 10:
        return index, value, index + 3
    return index, value, index + 1


def _temperature(desk: Desk, index: int, value: float) -> tuple[float, int]:
    """Return degrees Celsius; tenths without a point (986) and both scales are understood."""
    stop = index + 1
    if desk.word(stop) in _DEGREE:
        stop += 1
    if desk.word(stop) in _F_UNITS or desk.word(stop) in _C_UNITS:
        stop += 1
    if 900 <= value <= 1130:
        value /= 10
    converted = temperature_c(value)
    return (converted if converted is not None else value), stop


def _glucose(desk: Desk, index: int, value: float) -> tuple[float, int]:
    """Return mg/dL; mmol/L when the unit says so or when a decimal below 35 has no unit."""
    unit = [desk.word(index + step) for step in (1, 2, 3)]
    if unit[0] == "mmol" or ("." in desk.tokens.words[index] and value < 35 and unit[0] != "mg"):
        return round(value * MMOL_FACTOR, 1), index + (4 if unit == ["mmol", "/", "l"] else 1)
    return value, index + (4 if unit[:2] == ["mg", "/"] else 1)


def _gcs_parts(desk: Desk, start: int, end: int) -> bool:
    """Read "E4V5M6" after a GCS label; return whether all three parts are there."""
    parts: dict[str, float] = {}
    place = end
    while place < min(end + 12, len(desk.tokens)) and len(parts) < 3:
        word, value = desk.word(place), desk.number(place + 1)
        if word in ("e", "v", "m") and value is not None and word not in parts:
            parts[word] = value
            place += 2
        elif word in (",", "-", "/") or (word in (":", "=", "(", "of") and not parts):
            place += 1
        else:
            break
    if len(parts) == 3:
        desk.add("gcs", sum(parts.values()), start, place, *range(end, place))
    return len(parts) == 3


def bare(desk: Desk, index: int) -> None:
    """Read "120/80", "91% RA", "8/10", "39.4 C" where no label stands before them."""
    value, second = desk.number(index), desk.number(index + 2)
    after = desk.word(index + 1)
    if value is None:
        return
    if after == "/" and second is not None and desk.word(index + 3) != "/":
        if second == 10:
            desk.add("pain_score", value, index, index + 3, index, index + 2)
        elif 50 <= value <= 270 and 20 <= second < value and desk.word(index - 1) != "/":
            desk.add("sbp_mmhg", value, index, index + 3, index, index + 2)
            desk.add("dbp_mmhg", second, index, index + 3)
    elif [after, desk.word(index + 2), desk.word(index + 3)] == ["out", "of", "10"]:
        desk.add("pain_score", value, index, index + 4, index, index + 3)
    elif after in ("%", "percent"):
        following = desk.word(index + 3) if desk.word(index + 2) == "on" else desk.word(index + 2)
        if 40 <= value <= 100 and (following in _ON_AIR or following.isdigit()):
            desk.add("spo2_pct", value, index, index + 2, index)
    elif after in _DEGREE or after in _F_UNITS or after in _C_UNITS:
        converted, stop = _temperature(desk, index, value)
        sure = stop > index + 2 or "." in desk.tokens.words[index] or after in _DEGREE
        if sure and 32 <= converted <= 43:
            desk.add("temp_c", converted, index, stop, index)


def _row(desk: Desk, index: int) -> None:
    """Read a bare row of vital signs: "VS: 37.2-98-20-120/80 98%", "VS 98.6 88 18 120/80 99"."""
    pending: list[int] = []
    pressures: list[int] = []
    place, limit = index, min(index + 24, len(desk.tokens))
    while place < limit:
        value = desk.number(place)
        if value is not None and place not in desk.used:
            lower = desk.number(place + 2) if desk.word(place + 1) == "/" else None
            if lower is not None and value > lower >= 20:
                pressures.append(place)
                place += 3
                continue
            pending.append(place)
        elif desk.word(place) not in _ROW_JOINS:
            break
        place += 1
    for place in pressures:
        desk.add("sbp_mmhg", desk.number(place) or 0.0, place, place + 3, place, place + 2)
        desk.add("dbp_mmhg", desk.number(place + 2) or 0.0, place, place + 3)
    if pressures or len(pending) >= 3:
        _name_row(desk, pending)


def _name_row(desk: Desk, pending: list[int]) -> None:
    """Give the numbers of a row their names: temperature and saturation by their looks, then pulse, then breaths."""
    rates: list[int] = []
    for place in pending:
        value = desk.number(place) or 0.0
        degrees = temperature_c(value) if "." in desk.tokens.words[place] else None
        if degrees is not None:
            desk.add("temp_c", degrees, place, place + 1, place)
        elif (desk.word(place + 1) == "%" and 40 <= value <= 100) or (len(rates) >= 2 and 70 <= value <= 100):
            desk.add("spo2_pct", value, place, place + 1, place)
        else:
            rates.append(place)
    for place, name in zip(rates, ("heart_rate_bpm", "resp_rate_bpm"), strict=False):
        desk.add(name, desk.number(place) or 0.0, place, place + 1, place)
