"""Rows of vital signs without labels: "168/92, 96 irreg, 20, 96% RA, 36.7", "160/90-110-28-36.8", "72/14/116/70"."""

from __future__ import annotations

from itertools import pairwise

from triagelab.cases.readings import Desk
from triagelab.cases.tokens import wordset
from triagelab.cases.vital_units import FILL, FOREIGN
from triagelab.clinical.vitals import temperature_c

_JOINS = wordset(", - – / % | : ; ra on and ° f c ( ) room air percent reg regular irreg irregular sr nsr af bpm o "
                 "mmhg min afeb even")  # fmt: skip
_MAX_ROW = 14
_TIMES = wordset("am pm hrs hour")


def rows(desk: Desk, numbers: list[int]) -> None:
    """Read every row: numbers with nothing but separators between them, one of them a pressure or a temperature."""
    index, size = 0, len(numbers)
    while index < size:
        if numbers[index] in desk.used or not _may_stand(desk, numbers[index]):
            index += 1
            continue
        run = [numbers[index]]
        while index + 1 < size and len(run) < _MAX_ROW and _joined(desk, run[-1], numbers[index + 1]):
            index += 1
            run.append(numbers[index])
        index += 1
        if len(run) > 1:
            _read_row(desk, run)


def row_after(desk: Desk, index: int) -> None:
    """Read the row behind a label such as "VS:"; three numbers are enough there."""
    first = next(
        (place for place in range(index, min(index + 4, len(desk.tokens))) if desk.number(place) is not None), -1
    )
    if first < 0 or first in desk.used or any(desk.word(place) not in FILL for place in range(index, first)):
        return
    run = [first]
    place = first + 1
    while place < min(first + 40, len(desk.tokens)) and len(run) < _MAX_ROW:
        if desk.number(place) is not None:
            if not _joined(desk, run[-1], place):
                break
            run.append(place)
        elif desk.word(place) not in _JOINS:
            break
        place += 1
    _read_row(desk, run, sure=True)


def _may_stand(desk: Desk, place: int) -> bool:
    if desk.number(place) is None or _is_clock(desk, place) or _is_clock(desk, place - 2):
        return False
    after = desk.word(place + 1)
    return after not in FOREIGN or (after == "m" and desk.tokens.raw(place + 1) == "M")


def _is_clock(desk: Desk, place: int) -> bool:
    return desk.word(place + 1) == ":" and desk.glued(place + 1) and desk.glued(place + 2)


def _joined(desk: Desk, first: int, second: int) -> bool:
    """Return whether the next number belongs to the same row."""
    if second in desk.used or second - first > 5 or not _may_stand(desk, second):
        return False
    return all(word in _JOINS or word == "over" for word in desk.tokens.words[first + 1 : second])


def _read_row(desk: Desk, run: list[int], sure: bool = False) -> None:
    """Name the numbers of a row: pressure by its pair, temperature by its decimal, then pulse, breaths, saturation."""
    pair = _pair(desk, run)
    rest = [place for place in run if pair is None or place not in pair]
    rest = [place for place in rest if not (pair and _in_pair(desk, place))]
    warm = [place for place in rest if _degrees(desk, place) is not None]
    near = desk.last(run[0], 8) is not None or desk.ending.get(run[0]) is not None
    enough = (sure and len(rest) >= 3) or (len(rest) >= 3 and warm)
    if pair is not None:
        enough = enough or len(rest) >= 2 or bool(rest and (near or sure or warm or _is_percent(desk, rest[0])))
    if not enough or len(warm) > 1:
        return
    if pair is not None:
        desk.add("dbp_mmhg", desk.number(pair[1]) or 0.0, pair[0], pair[1] + 1)
        desk.add("sbp_mmhg", desk.number(pair[0]) or 0.0, pair[0], pair[1] + 1, *pair)
    _name(desk, [place for place in rest if place not in warm])
    for place in warm:
        desk.add("temp_c", _degrees(desk, place) or 0.0, place, place + 1, place)


def _is_percent(desk: Desk, place: int) -> bool:
    return desk.word(place + 1) in ("%", "percent")


def _degrees(desk: Desk, place: int) -> float | None:
    """Return Celsius where a number of a row looks like a temperature."""
    value = desk.number(place) or 0.0
    unit = desk.word(place + 1)
    written = "." in desk.tokens.words[place] or unit in ("°", "c") or (unit == "f" and value >= 94.0)  # "34F": a woman
    inside = 34.0 <= value <= 42.9 or 94.0 <= value <= 108.0
    return temperature_c(value) if written and inside else None


def _pair(desk: Desk, run: list[int]) -> tuple[int, int] | None:
    """Return the two numbers of a row that are a pressure: divided by a slash, "over", or a hyphen among slashes."""
    best: tuple[int, int] | None = None
    for first, second in pairwise(run):
        upper, lower = desk.number(first) or 0.0, desk.number(second) or 0.0
        between = desk.tokens.words[first + 1 : second]
        if not (60 <= upper <= 270 and 25 <= lower <= 160 and upper - lower >= 8) or len(between) != 1:
            continue
        if between[0] in ("/", "over"):
            around = {desk.word(first - 1), desk.word(second + 1)}
            if "/" not in around:
                return first, second
            best = best or (first, second)
        elif between[0] == "-" and "/" in (desk.word(first - 1), desk.word(second + 1)):
            return first, second
    return best


def _in_pair(desk: Desk, place: int) -> bool:
    """Return whether a number is half of another pressure in the same row ("130/80, 210/110")."""
    for first, second in ((place, place + 2), (place - 2, place)):
        upper, lower = desk.number(first), desk.number(second)
        if desk.word(first + 1) == "/" and upper is not None and lower is not None:
            alone = desk.word(first - 1) != "/" and desk.word(second + 1) != "/"
            if alone and upper >= 60 and upper - lower >= 8 and lower >= 25:
                return True
    return False


def _name(desk: Desk, rest: list[int]) -> None:
    """Give whole numbers their names in the order pulse, breaths, saturation, by size and by what has a label."""
    held = {reading.name for reading in desk.found[-12:] if abs(reading.start - rest[0]) < 16} if rest else set()
    for place in rest:
        value = desk.number(place) or 0.0
        if _is_percent(desk, place):
            name = "spo2_pct" if 40 <= value <= 100 else ""
        elif "heart_rate_bpm" not in held and 30 <= value <= 250 and not _better_saturation(desk, place, rest, held):
            name = "heart_rate_bpm"
        elif "resp_rate_bpm" not in held and 4 <= value <= 70:
            name = "resp_rate_bpm"
        elif "spo2_pct" not in held and 60 <= value <= 100:
            name = "spo2_pct"
        else:
            name = ""
        if name and name not in held:
            desk.add(name, value, place, place + (2 if _is_percent(desk, place) else 1), place)
            held.add(name)


def _better_saturation(desk: Desk, place: int, rest: list[int], held: set[str]) -> bool:
    """Return whether a lone number of 90 to 100 behind breaths that were counted is a saturation, not a pulse."""
    value = desk.number(place) or 0.0
    return "resp_rate_bpm" in held and 90 <= value <= 100 and place == rest[-1] and len(rest) == 1
