"""Numbers of a note: vital signs in every usual form, implausible ones kept apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from triagelab.cases.scan import Scan
from triagelab.cases.tokens import Tokens, fold, wordset
from triagelab.clinical.vitals import RANGES, VitalSigns, temperature_c

_FILL = frozenset(
    fold(word) for word in
    [":", "=", "(", ")", "-", "~", ">", "<", "*", "°", "\"", "'", "is", "of", "was", "at", "in", "the", "to", "were",
     "low", "high", "mid", "about", "approx", "around", "currently", "now", "measur", "read", "reading", "found", "up",
     "down", "initial", "initially", "a", "with", "by", "level", "score", "scal", "rate", "into", "only", "just",
     "rectal", "oral", "tympanic", "temporal", "axillary", "on", "and", "as", "his", "her", "their", "noted", "not",
     "irregular", "regular", "elevated", "room", "air", "ra", "upper", "manual", "auto", "arrival", "triag", "recheck",
     "repeat", "palpat", "lt", "rt", "came", "back", "per", "ems", "medic", "drop", "rang", "from", "percent", "go"]
)  # fmt: skip
_LOOK = 7
_STOPS = frozenset((",", ".", ";", "\n"))
_EARLIER = wordset("initial initially prior earlier was scene field pta home yesterday previously before first")
_NOW = wordset("now currently current repeat recheck arrival here triag presently")
_F_UNITS, _C_UNITS = frozenset(["f", "fahrenheit"]), frozenset(["c", "celsius", "centigrad"])
_AIR = frozenset(["ra", "room", "o", "oxygen", "nrb", "nc", "cpap", "bipap", "nasal", "bvm", "non", "simpl", "2l", "l"])
MMOL_FACTOR = 18.0


@dataclass(slots=True)
class Reading:
    """One number read for one vital sign at tokens `start:end`; `earlier` marks values the note calls past."""

    name: str
    value: float
    start: int
    end: int
    earlier: bool = False
    home: bool = False


@dataclass(slots=True)
class Numbers:
    """Vital signs of a note.

    Attributes:
        vitals: plausible values now.
        implausible: names of values that were written but cannot be true.
        spans: name -> (start, end) token indexes.
        home_temps_c: temperatures measured before arrival; they say "fever reported", not the temperature now.
        pain_over_scale: pain rated above the scale ("20/10").
        extras: other numbers that rules read: fall_height_m, speed_kmh, burn_pct,
            pills_taken,
            duration_h.
    """

    vitals: VitalSigns
    implausible: tuple[str, ...]
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    home_temps_c: tuple[float, ...] = ()
    pain_over_scale: bool = False
    extras: dict[str, float] = field(default_factory=dict)


def number_at(tokens: Tokens, index: int) -> float | None:
    """Return the number at a token, None if there is none or it is too long to be a measurement."""
    if index >= len(tokens.words):
        return None
    word = tokens.words[index]
    if not "0" <= word[0] <= "9" or len(word) > 7:
        return None
    return float(word)


def read_numbers(scan: Scan) -> Numbers:
    """Return the vital signs that a note states, labelled or in a form that needs no label."""
    tokens, found, used = scan.tokens, [], set()
    for event in scan.events:
        if event.role == "label":
            _labelled(tokens, event.value, event.start, event.end, found, used)
    for index in scan.numbers:
        if index not in used:
            _unlabelled(tokens, index, found, used)
    numbers = _choose(tokens, found)
    for index in scan.numbers:
        if index not in used:
            _extra(tokens, index, numbers.extras)
    return numbers


_METRES = {
    "ft": 0.3048,
    "foot": 0.3048,
    "m": 1.0,
    "meter": 1.0,
    "metr": 1.0,
    "story": 3.0,
    "storey": 3.0,
    "floor": 3.0,
    "flight": 3.0,
}
_PILLS = wordset("pill tablet tab capsul cap tylenol acetaminophen aspirin ibuprofen")
_SPEEDS = {"mph": 1.609, "kph": 1.0, "kmh": 1.0, "km": 1.0, "mile": 1.609}
_FALL = wordset("fall fell jump drop height ladder roof tree scaffold thrown balcony window cliff")


def _extra(tokens: Tokens, index: int, extras: dict[str, float]) -> None:
    """Read "fell 25 feet", "at 50 mph", "30 % of body burned"."""
    value = number_at(tokens, index)
    step = 2 if _word(tokens, index + 1) == "-" else 1
    unit = _word(tokens, index + step)
    if value is None:
        return
    if unit in _HOURS and "duration_h" not in extras and _is_duration(tokens, index, index + step):
        extras["duration_h"] = value * _HOURS[unit]
    elif unit in _METRES and tokens.raw(index + step) != "M" and 0 < value * _METRES[unit] < 200:
        around = tokens.words[max(index - 8, 0) : index + step + 7]
        if any(word in _FALL for word in around):
            extras["fall_height_m"] = max(extras.get("fall_height_m", 0.0), value * _METRES[unit])
    elif unit in _SPEEDS and value < 300:
        extras["speed_kmh"] = max(extras.get("speed_kmh", 0.0), value * _SPEEDS[unit])
    elif unit in _PILLS and any(
        word in ("take", "swallow", "ingest", "eat") for word in tokens.words[max(index - 4, 0) : index]
    ):
        extras["pills_taken"] = max(extras.get("pills_taken", 0.0), value)
    elif unit in ("%", "percent") and value <= 100:
        around = tokens.words[max(index - 12, 0) : index + step + 8]
        if any(word in ("burn", "tbsa", "scald", "bsa") for word in around):
            extras["burn_pct"] = value


_HOURS = {
    "minut": 1 / 60,
    "min": 1 / 60,
    "hour": 1.0,
    "hr": 1.0,
    "h": 1.0,
    "day": 24.0,
    "d": 24.0,
    "week": 168.0,
    "wk": 168.0,
    "month": 730.0,
    "mo": 730.0,
    "year": 8766.0,
    "yr": 8766.0,
}


_AGO = wordset("ago now hx history duration prior pta earlier")
_SINCE = wordset("for x about past last over since around approx * ~ nearly almost")


def _is_duration(tokens: Tokens, index: int, unit: int) -> bool:
    """Return whether "for 6 days", "x 3d", "2 hours ago", "4 weeks now" is the length of the complaint, not an age."""
    before, after = _word(tokens, index - 1), _word(tokens, unit + 1)
    if after in ("old", "-", "/", "pregnant", "gestation") or _word(tokens, index - 2) in ("every", "q"):
        return False
    return before in _SINCE or after in _AGO


_TIME = wordset("day d hour hr h week wk month mo year yr minute min time x nd st rd th yo mg mcg ml cc tab pill dose")


def _is_something_else(tokens: Tokens, name: str, start: int, index: int, value: float) -> bool:
    """Return whether a number after a label is a duration, a rank or a grade and not the vital sign."""
    after = _word(tokens, index + 1)
    if after in _TIME and not (after == "h" and name == "heart_rate_bpm"):
        return True
    if after == "+" and name in ("heart_rate_bpm", "temp_c"):
        return True
    glued = start > 0 and tokens.ends[start - 1] == tokens.starts[start] and tokens.words[start - 1].isalnum()
    if glued and tokens.ends[start] - tokens.starts[start] == 1:
        return True
    if name == "heart_rate_bpm":
        return 0 < value < 12
    if name == "spo2_pct":
        return value < 30 and after != "%"
    if name == "temp_c":
        return value < 24 or (after == "/" and value < 24)
    if name == "bp":
        return 0 < value < 30 or [after, _word(tokens, index + 2)] == ["/", "10"]
    if name == "glucose_mg_dl":
        return after == "/"
    return False


def _labelled(tokens: Tokens, name: str, start: int, end: int, found: list[Reading], used: set[int]) -> None:
    if name == "vs_row":
        _row(tokens, end, found, used)
        return
    if name == "gcs" and _gcs_parts(tokens, start, end, found, used):
        return
    index = _next_number(tokens, end)
    value = number_at(tokens, index) if index is not None and index not in used else None
    if index is None or value is None or _is_something_else(tokens, name, start, index, value):
        return
    if name == "bp":
        _pressure(tokens, start, index, found, used)
        return
    stop = index + 1
    if name == "pain_score":
        index, value, stop = _out_of_ten(tokens, index, value)
        if value > 10 and stop == index + 1:
            return
    elif name == "temp_c":
        value, stop = _temperature(tokens, index, value)
    elif name == "glucose_mg_dl":
        value, stop = _glucose(tokens, index, value)
    elif name == "spo2_pct" and _word(tokens, index + 1) in ("l", "lpm", "liter"):
        return
    used.add(index)
    found.append(_reading(tokens, name, value, start, stop))


def _next_number(tokens: Tokens, index: int) -> int | None:
    for place in range(index, min(index + _LOOK, len(tokens))):
        word = tokens.words[place]
        if "0" <= word[0] <= "9":
            return place
        if word not in _FILL:
            return None
    return None


def _word(tokens: Tokens, index: int) -> str:
    return tokens.words[index] if 0 <= index < len(tokens.words) else ""


def _reading(tokens: Tokens, name: str, value: float, start: int, end: int) -> Reading:
    before = tokens.words[max(start - 2, 0) : start]
    while before and any(word in _STOPS for word in before):
        before = before[1:]
    around = [*before, *tokens.words[start:end]]
    after = []
    for word in tokens.words[end : end + 5]:
        if word in _STOPS:
            break
        after.append(word)
    now = any(word in _NOW for word in (*around, *after[:2]))
    home = any(word in ("home", "yesterday", "ago") for word in (*around, *after)) and not now
    earlier = not now and (home or any(word in _EARLIER for word in (*around, *after[:3])))
    return Reading(name, value, start, end, earlier, home)


def _pressure(tokens: Tokens, start: int, index: int, found: list[Reading], used: set[int]) -> None:
    """Read "88/60", "88 over 60", "88/palp", "90s/60s", "88 systolic"."""
    systolic = number_at(tokens, index)
    if systolic is None:
        return
    used.add(index)
    place = index + 1
    if _word(tokens, place) == "s":
        place += 1
    lower = number_at(tokens, place + 1) if _word(tokens, place) in ("/", "over", "\\", "-") else None
    stop = place + 2 if lower is not None else index + 1
    found.append(_reading(tokens, "sbp_mmhg", systolic, start, stop))
    if lower is not None:
        used.add(place + 1)
        found.append(_reading(tokens, "dbp_mmhg", lower, start, stop))


def _out_of_ten(tokens: Tokens, index: int, value: float) -> tuple[int, float, int]:
    """Return (index, value, end) of "8/10", "8 out of 10", "6-7/10" or a bare number."""
    if _word(tokens, index + 1) in ("-", "to") and number_at(tokens, index + 2) is not None:
        follow = _word(tokens, index + 3)
        if follow in ("/", "out"):
            index += 2
            value = number_at(tokens, index) or value
    if _word(tokens, index + 1) == "/" and _word(tokens, index + 2) in ("10", "10.0"):
        return index, value, index + 3
    if [_word(tokens, index + step) for step in (1, 2, 3)] == ["out", "of", "10"]:
        return index, value, index + 4
    return index, value, index + 1


def _temperature(tokens: Tokens, index: int, value: float) -> tuple[float, int]:
    """Return degrees Celsius; tenths without a point (986) and both scales are understood."""
    stop = index + 1
    if _word(tokens, stop) in ("°", "degre", "deg", "º", "˚"):
        stop += 1
    if _word(tokens, stop) in _F_UNITS | _C_UNITS:
        stop += 1
    if 900 <= value <= 1130:
        value /= 10
    converted = temperature_c(value)
    return (converted if converted is not None else value), stop


def _glucose(tokens: Tokens, index: int, value: float) -> tuple[float, int]:
    """Return mg/dL; mmol/L when the unit says so or when a decimal below 35 has no unit."""
    unit = [_word(tokens, index + step) for step in (1, 2, 3)]
    if unit[0] == "mmol" or ("." in tokens.words[index] and value < 35 and unit[0] != "mg"):
        return round(value * MMOL_FACTOR, 1), index + (4 if unit[:3] == ["mmol", "/", "l"] else 1)
    return value, index + (4 if unit[:2] == ["mg", "/"] else 1)


def _gcs_parts(tokens: Tokens, start: int, end: int, found: list[Reading], used: set[int]) -> bool:
    """Read "E4V5M6" after a GCS label."""
    total, place, seen, indexes = 0.0, end, [], []
    while place < min(end + 12, len(tokens)) and len(seen) < 3:
        word, value = tokens.words[place], number_at(tokens, place + 1)
        if word in ("e", "v", "m") and value is not None and word not in seen:
            total += value
            seen.append(word)
            indexes.append(place + 1)
            place += 2
        elif word in (",", "-", "/") or (word in (":", "=", "(", "of") and not seen):
            place += 1
        else:
            break
    if len(seen) < 3:
        return False
    used.update(indexes)
    found.append(_reading(tokens, "gcs", total, start, place))
    return True


def _unlabelled(tokens: Tokens, index: int, found: list[Reading], used: set[int]) -> None:
    """Read "120/80", "91% RA", "8/10", "39.4 C" where no label stands before them."""
    value = number_at(tokens, index)
    if value is None:
        return
    after, second = _word(tokens, index + 1), number_at(tokens, index + 2)
    if after == "/" and second is not None and _word(tokens, index + 3) != "/":
        if _word(tokens, index + 2) == "10":
            used.update((index, index + 2))
            found.append(_reading(tokens, "pain_score", value, index, index + 3))
        elif 50 <= value <= 270 and 20 <= second < value and _word(tokens, index - 1) != "/":
            used.update((index, index + 2))
            found.append(_reading(tokens, "sbp_mmhg", value, index, index + 3))
            found.append(_reading(tokens, "dbp_mmhg", second, index, index + 3))
    elif after == "out" and [_word(tokens, index + 2), _word(tokens, index + 3)] == ["of", "10"]:
        used.update((index, index + 3))
        found.append(_reading(tokens, "pain_score", value, index, index + 4))
    elif after in ("%", "percent"):
        following = _word(tokens, index + 2)
        on_air = following in _AIR or (following == "on" and _word(tokens, index + 3) in (*_AIR, "2", "3", "4", "6"))
        if 40 <= value <= 100 and on_air:
            used.add(index)
            found.append(_reading(tokens, "spo2_pct", value, index, index + 2))
    elif after in ("°", "º", "˚", "degre", "deg") or after in _F_UNITS | _C_UNITS:
        converted, stop = _temperature(tokens, index, value)
        plausible = 32 <= converted <= 43 and (stop > index + 2 or "." in tokens.words[index] or after == "°")
        if plausible:
            used.add(index)
            found.append(_reading(tokens, "temp_c", converted, index, stop))


def _row(tokens: Tokens, index: int, found: list[Reading], used: set[int]) -> None:
    """Read a bare row of vital signs: "VS: 37.2-98-20-120/80 98%", "VS 98.6 88 18 120/80 99"."""
    pending: list[int] = []
    bp_seen = False
    place, limit = index, min(index + 24, len(tokens))
    while place < limit:
        value = number_at(tokens, place)
        word = tokens.words[place]
        if value is not None and place not in used:
            second = number_at(tokens, place + 2) if _word(tokens, place + 1) == "/" else None
            if second is not None and value > second >= 20:
                used.update((place, place + 2))
                found.append(_reading(tokens, "sbp_mmhg", value, place, place + 3))
                found.append(_reading(tokens, "dbp_mmhg", second, place, place + 3))
                bp_seen = True
                place += 3
                continue
            pending.append(place)
        elif word not in ("-", ",", "/", "%", ":", "ra", "on", "and", "°", "f", "c", "("):
            break
        place += 1
    if bp_seen or len(pending) >= 3:
        _assign_row(tokens, pending, found, used)


def _assign_row(tokens: Tokens, pending: list[int], found: list[Reading], used: set[int]) -> None:
    """Give the numbers of a row their names: temperature and saturation by their looks, then pulse, then breaths."""
    rates: list[int] = []
    for place in pending:
        value = number_at(tokens, place) or 0.0
        decimal = "." in tokens.words[place]
        if _word(tokens, place + 1) == "%" and 40 <= value <= 100:
            name = "spo2_pct"
        elif decimal and temperature_c(value) is not None:
            name, value = "temp_c", temperature_c(value) or value
        elif len(rates) >= 2 and 70 <= value <= 100:
            name = "spo2_pct"
        else:
            rates.append(place)
            continue
        used.add(place)
        found.append(Reading(name, value, place, place + 1))
    for place, name in zip(rates, ("heart_rate_bpm", "resp_rate_bpm"), strict=False):
        used.add(place)
        found.append(Reading(name, number_at(tokens, place) or 0.0, place, place + 1))


def _choose(tokens: Tokens, found: list[Reading]) -> Numbers:
    """Keep one reading a vital sign: the first that the note does not call earlier, else the last earlier one."""
    kept: dict[str, Reading] = {}
    implausible: list[str] = []
    home: list[float] = []
    over_scale = False
    for reading in sorted(found, key=lambda item: item.start):
        limits = RANGES[reading.name]
        if not limits.low <= reading.value <= limits.high or (reading.name == "temp_c" and reading.value < 24):
            over_scale = over_scale or (reading.name == "pain_score" and reading.value <= 1000)
            if reading.name not in implausible:
                implausible.append(reading.name)
            continue
        if reading.name == "temp_c" and reading.home:
            home.append(reading.value)
            continue
        held = kept.get(reading.name)
        if held is None or (held.earlier and (not reading.earlier or reading.start > held.start)):
            kept[reading.name] = reading
    vitals = VitalSigns(**{name: reading.value for name, reading in kept.items()})
    spans = {name: (reading.start, reading.end) for name, reading in kept.items()}
    return Numbers(vitals, tuple(implausible), spans, tuple(home), over_scale)
