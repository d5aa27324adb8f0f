"""Other numbers that matter: height of a fall, speed, burned surface, tablets taken, how long it has lasted."""

from __future__ import annotations

from collections.abc import Mapping

from triagelab.cases.readings import Desk
from triagelab.cases.tokens import fold, wordset

NAMES = ("fall_height_m", "speed_kmh", "burn_pct", "pills_taken", "duration_h", "baseline_spo2_pct")


def _folded(table: Mapping[str, float]) -> dict[str, float]:
    return {fold(word): value for word, value in table.items()}


_METRES = _folded(
    {"ft": 0.3048, "foot": 0.3048, "m": 1.0, "meter": 1.0, "story": 3.0, "storey": 3.0, "floor": 3.0, "flight": 3.0}
)
_KMH = _folded({"mph": 1.609, "miles": 1.609, "kph": 1.0, "kmh": 1.0, "km": 1.0})
_HOURS = _folded(
    {"minute": 1 / 60, "min": 1 / 60, "hour": 1, "hr": 1, "h": 1, "day": 24, "d": 24, "week": 168, "wk": 168}
    | {"month": 730, "mo": 730, "year": 8766, "yr": 8766}
)
_PILLS = wordset("pill tablet tab capsule cap tylenol acetaminophen aspirin ibuprofen")
_TAKE = wordset("took swallowed ingested ate")
_FALL = wordset("fall fell jumped dropped height ladder roof tree scaffold thrown balcony window cliff")
_BURN = wordset("burn burned tbsa scald bsa")
_AGO = wordset("ago now hx history duration prior pta earlier")
_SINCE = wordset("for x about past last over since around approx * ~ nearly almost")
_USUAL = wordset("usual usually normally baseline always runs lives norm typically")
_OXYGEN = wordset("sat sats saturation saturates saturating satting oxygen spo o % percent pox ox")
_AGE_OR_TERM = wordset("old - / pregnant gestation")


def quantity(desk: Desk, index: int, found: dict[str, float]) -> None:
    """Read "fell 25 feet", "at 50 mph", "30 % burned", "took 40 tablets", "for 3 days" at a number token.

    Units: metres, km/h, percent of body surface, tablets, hours, percent of saturation.
    """
    value = desk.number(index)
    if value is None:
        return
    place = index + (2 if desk.word(index + 1) == "-" else 1)
    unit, words = desk.word(place), desk.tokens.words
    if unit in _HOURS and "duration_h" not in found and _is_duration(desk, index, place):
        found["duration_h"] = value * _HOURS[unit]
    elif unit in _METRES and desk.tokens.raw(place) != "M" and value * _METRES[unit] < 200:
        if not _FALL.isdisjoint(words[max(index - 8, 0) : place + 7]):
            found["fall_height_m"] = max(found.get("fall_height_m", 0.0), value * _METRES[unit])
    elif unit in _KMH and value < 300:
        found["speed_kmh"] = max(found.get("speed_kmh", 0.0), value * _KMH[unit])
    elif unit in _PILLS and not _TAKE.isdisjoint(words[max(index - 4, 0) : index]):
        found["pills_taken"] = max(found.get("pills_taken", 0.0), value)
    elif unit in ("%", "percent") and value <= 100 and not _BURN.isdisjoint(words[max(index - 12, 0) : place + 8]):
        found["burn_pct"] = value
    elif 75 <= value <= 100 and is_usual_saturation(desk, index):
        found["baseline_spo2_pct"] = value


def is_usual_saturation(desk: Desk, index: int) -> bool:
    """Return whether a number is the patient's usual oxygen saturation ("normally runs 88", "baseline sat 88-90 %")."""
    words = desk.tokens.words
    near = words[max(index - 7, 0) : index + 8]
    return not _USUAL.isdisjoint(near) and not _OXYGEN.isdisjoint(near)


def _is_duration(desk: Desk, index: int, unit: int) -> bool:
    """Return whether "for 6 days", "x 3d", "2 hours ago", "4 weeks now" is the length of the complaint, not an age."""
    before, after = desk.word(index - 1), desk.word(unit + 1)
    if after in _AGE_OR_TERM or desk.word(index - 2) in ("every", "q"):
        return False
    return before in _SINCE or after in _AGO
