"""The forms in which vital signs are written behind a label."""

from __future__ import annotations

from triagelab.cases.moments import EARLIER, ELSEWHERE, NOW, USUAL
from triagelab.cases.readings import Desk, Reading
from triagelab.cases.tokens import wordset
from triagelab.cases.vital_units import DEGREE, FILL, LITRES, TIGHT, foreign, next_number, worse
from triagelab.cases.vital_values import OVER, degrees, gcs_parts, glucose, out_of_ten, pressure, range_end

_TURN = wordset("then now repeat repeated recheck rechecked after today improved improving increased decreased dropped "
                "fell rose came went up down currently here triage later")  # fmt: skip
_STRONG = wordset("now repeat repeated recheck rechecked here triage after currently today")
_FROM = wordset("from was previously baseline usual usually normally initially")
_UNITS = wordset("% percent bpm ° f c / min ra ) on x l nc nrb room air mg dl mmol s initially initial at first out "
                 "of 10 + r a beat per minute before worst best prior")  # fmt: skip
_TOLD = wordset("fever febrile")
_PEAK = wordset("tmax max")
_NOT_FETAL = wordset("fetal foetal fhr fht fetus baby's")


def labelled(desk: Desk, name: str, start: int, end: int) -> None:
    """Read the number that belongs to a label at tokens `start:end`, if there is one, and what it changed to."""
    if name == "gcs" and gcs_parts(desk, start, end):
        return
    if name == "heart_rate_bpm" and _fetal(desk, start):
        desk.used.update(_skip(desk, end))
        return
    index = next_number(desk, end, name)
    value = desk.number(index) if index is not None and index not in desk.used else None
    if index is None or value is None or _is_something_else(desk, name, start, index, value):
        return
    if name == "bp":
        pressure(desk, start, index, value)
        return
    reading = read_one(desk, name, start, index, value)
    if reading is not None:
        reading.told = not _TOLD.isdisjoint(desk.tokens.words[start:end])
        if not _PEAK.isdisjoint(desk.tokens.words[start:end]) and reading.moment != NOW:
            reading.moment = ELSEWHERE
        follow(desk, name, reading.end)


def _fetal(desk: Desk, start: int) -> bool:
    return any(desk.word(start - step) in _NOT_FETAL for step in (1, 2))


def _skip(desk: Desk, end: int) -> tuple[int, ...]:
    index = next_number(desk, end, "heart_rate_bpm")
    return () if index is None else (index,)


def read_one(desk: Desk, name: str, start: int, index: int, value: float) -> Reading | None:
    """Read one number, or a range, for any sign but blood pressure."""
    stop = index + 1
    if name == "pain_score":
        last, value, stop = out_of_ten(desk, index, value)
        if value > 10 and stop == last + 1:
            return None
        return desk.add(name, value, start, stop, index, last)
    if name == "dbp_mmhg":
        return desk.add(name, value, start, stop, index)
    last, upper = range_end(desk, index)
    if upper is not None and TIGHT[name][0] <= upper <= TIGHT[name][1] and not foreign(desk, name, last):
        value, stop = worse(name, value, upper), last + 1
    else:
        last = index
    if name == "temp_c":
        return _temperature(desk, start, index, last, value)
    if name == "glucose_mg_dl":
        value, stop = glucose(desk, last, value)
    elif desk.word(stop) in ("%", "percent", "bpm"):
        stop += 1
    return desk.add(name, value, start, stop, index, last)


def _is_something_else(desk: Desk, name: str, start: int, index: int, value: float) -> bool:
    """Return whether a number after a label is a duration, a rank, a dose or a grade and not the vital sign."""
    after, tokens = desk.word(index + 1), desk.tokens
    if foreign(desk, name, index):
        return not (name == "resp_rate_bpm" and after == "/" and desk.word(index + 2) == "min")
    letter = tokens.ends[start] - tokens.starts[start] == 1
    if (
        letter
        and start > 0
        and desk.glued(start)
        and (tokens.words[start - 1].isalnum() or desk.word(start - 1) == "/")
    ):
        return start - 1 not in desk.used
    if name == "heart_rate_bpm":
        return 0 < value < 12
    if name == "resp_rate_bpm":
        return desk.word(index - 1) in ("o", "oxygen")
    if name == "spo2_pct":
        between = tokens.words[start:index]
        return (value < 30 and after != "%") or after in LITRES or ("up" in between and after in DEGREE)
    if name == "temp_c":
        return value < 24 or after in ("%", "percent", "/")
    if name == "bp":
        return (0 < value < 30 and after not in OVER) or [after, desk.word(index + 2)] == ["/", "10"]
    if name == "gcs":
        return value > 99
    return False


def _temperature(desk: Desk, start: int, index: int, last: int, value: float) -> Reading:
    """Note degrees Celsius; tenths without a point (986) and both scales are understood, a slip of scale is wrong."""
    converted, stop, wrong = degrees(desk, last, value, desk.tokens.words[start:index])
    reading = desk.add("temp_c", converted, start, stop, index, last)
    reading.wrong = wrong
    return reading


def follow(desk: Desk, name: str, stop: int) -> None:
    """Read what a value changed to or from: "94 -> 99", "140, now 96", "82 % improved to 95", "4/10 down from 9/10"."""
    if name not in TIGHT:
        return
    for _ in range(3):
        place, turned, unknown = _onward(desk, stop)
        value = desk.number(place)
        if value is None or place in desk.used or desk.word(place + 1) in LITRES or foreign(desk, name, place):
            return
        before, behind = desk.word(place - 1), {desk.word(place + step) for step in (1, 2, 3)}
        past = before in _FROM
        if not (turned or past or not _TURN.isdisjoint(behind)):
            return
        if unknown and not (before in _STRONG or not _STRONG.isdisjoint(behind)):
            return
        if not TIGHT[name][0] <= value <= TIGHT[name][1]:
            return
        reading = read_one(desk, name, place, place, value)
        if reading is None:
            return
        if past and reading.moment != USUAL:
            reading.moment = EARLIER
        stop = reading.end


def _onward(desk: Desk, stop: int) -> tuple[int, bool, bool]:
    """Return (next number, whether a word of change stands before it, whether other words do) after a reading."""
    place, turned, unknown = stop, False, 0
    while place < min(stop + 10, len(desk.tokens)):
        word = desk.word(place)
        glued = desk.glued(place) and desk.word(place - 1).isalpha()
        if word[0].isdecimal() and not glued and not (word == "10" and desk.word(place - 1) in ("/", "of")):
            break
        if place in desk.labels or word in (".", ";", "\n") or unknown > 4:
            return len(desk.tokens), False, False
        if word in _TURN or word in (">", "→"):
            turned = True
        elif word not in _UNITS and word not in FILL and word != ",":
            unknown += 1
        place += 1
    return place, turned, unknown > 0
