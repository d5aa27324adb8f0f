"""Vital signs that carry no label: "120/80", "91% RA", "8/10", "39.4 C", "28 breaths a minute"."""

from __future__ import annotations

from triagelab.cases.readings import Desk, Reading
from triagelab.cases.tokens import wordset
from triagelab.cases.vital_forms import follow, read_one
from triagelab.cases.vital_units import C_UNITS, DEGREE, F_UNITS, FILL, LITRES, TIGHT, foreign
from triagelab.cases.vital_values import degrees, gcs_parts, out_of_ten
from triagelab.clinical.vitals import temperature_c

_ON_AIR = wordset("ra room o oxygen nrb nc cpap bipap nasal bvm non simple l r air")
_OXYGEN_NEAR = wordset("nc nrb ra air oxygen o lpm l sat sats cannula bipap cpap")
_OF_WHAT = wordset("of burn burned tbsa bsa full block blocked stenosis better dose body ef occluded")
_OTHER_SCALE = wordset("amt amts mmse moca apgar aspects")
_PAIN_NEAR = wordset("px pain ache hurt discomfort headache ha cramp sore tender rate scale severity rates burn")
_ECHO = {
    name: sign
    for sign, names in {
        "temp_c": "fever temp temperature febrile",
        "heart_rate_bpm": "rate pulse hr tachycardic tachycardia bradycardic bradycardia tachy brady p",
        "resp_rate_bpm": "rr tachypneic resp respiration tachypnea r",
        "spo2_pct": "sat sats hypoxic saturation",
        "glucose_mg_dl": "glucose sugar hypoglycemic hypoglycemia hyperglycemic hyperglycemia",
        "pain_score": "pain",
    }.items()
    for name in wordset(names)
}
"""Words that name a sign and may be part of a longer phrase of the lexicon ("running a fever 103")."""
_FEVER = wordset("fever febrile temp temperature thermometer hot afebrile")
_BEFORE_DECIMAL = frozenset(("", ",", ".", ";", "\n", "-", "/", "(", ":", "|", "%", "ra", "got"))
_MINUTE = wordset("minute min m")
_DECIMAL_F, _DECIMAL_C = (95.5, 107.9), (35.0, 42.5)


def bare(desk: Desk, index: int) -> None:
    """Read a number by its own form or by the word before it, where no label has taken it."""
    value = desk.number(index)
    if value is None:
        return
    for form in (_slash, _percent, _out_of, _temperature, _rates, _echo, _decimal):
        reading = form(desk, index, value)
        if reading is not None:
            before = desk.ending.get(index) or desk.last(index, 12)
            reading.labelled = before is not None and before.name == reading.name
            follow(desk, reading.name, reading.end)
            return


def _slash(desk: Desk, index: int, value: float) -> Reading | None:
    second = desk.number(index + 2)
    if second is None or desk.word(index + 1) not in ("/", "over") or desk.word(index + 3) == "/":
        return None
    if desk.word(index - 1) == "/" or (desk.word(index - 1) == "." and desk.glued(index)):
        return None
    if second == 10 and desk.word(index + 1) == "/":
        return _tenths(desk, index, value, index + 3)
    if not (50 <= value <= 270 and 20 <= second < value and value - second >= 8):
        return None
    desk.add("dbp_mmhg", second, index, index + 3)
    return desk.add("sbp_mmhg", value, index, index + 3, index, index + 2)


def _tenths(desk: Desk, index: int, value: float, end: int) -> Reading | None:
    """Read "8/10"; above ten only where pain is spoken of ("pain is easily a 20/10"), never "90/10 blockage"."""
    if value > 10 and _PAIN_NEAR.isdisjoint(desk.tokens.words[max(index - 6, 0) : end + 4]):
        return None
    if not _OTHER_SCALE.isdisjoint(desk.tokens.words[max(index - 3, 0) : index]):
        return None
    last = desk.last(index, 8)
    if last is not None and last.name == "sbp_mmhg" and value > 10:
        return None
    return desk.add("pain_score", value, index, end, index, end - 1)


def _percent(desk: Desk, index: int, value: float) -> Reading | None:
    """Read a saturation: "91% RA", "on 2 L, 91%", "99 RA", or a percentage that stands among vital signs."""
    if not 40 <= value <= 100:
        return None
    if desk.word(index + 1) not in ("%", "percent"):
        air = desk.word(index + 1)
        if air == "on" and (desk.word(index + 2) == "oxygen" or desk.word(index + 3) in LITRES):
            return desk.add("spo2_pct", value, index, index + 1, index) if value >= 60 else None
        plain = (air == "ra" and desk.tokens.raw(index + 1).isupper()) or [air, desk.word(index + 2)] == ["room", "air"]
        return desk.add("spo2_pct", value, index, index + 2, index) if plain and value >= 60 else None
    following = desk.word(index + 3) if desk.word(index + 2) in ("on", "(", ",", "with") else desk.word(index + 2)
    sure = following in _ON_AIR or bool(
        following.isdigit() and {desk.word(index + 3), desk.word(index + 4)} & {"l", "lpm", "liter"}
    )
    if not sure:
        words = desk.tokens.words[max(index - 5, 0) : index]
        sure = not _OXYGEN_NEAR.isdisjoint(words) and following not in _OF_WHAT
    sure = sure and not (desk.word(index + 1) in ("on", "nrb", "ra") and value < 60)
    if not sure:
        last = desk.last(index, 4)
        sure = last is not None and following not in _OF_WHAT
    return desk.add("spo2_pct", value, index, index + 2, index) if sure else None


def _out_of(desk: Desk, index: int, value: float) -> Reading | None:
    """Read "8 out of 10", "7 on a scale of 1 to 10", "a 7 on the pain scale"."""
    if desk.word(index + 1) == "/":
        return None
    last, worst, end = out_of_ten(desk, index, value)
    if end > last + 1 and worst <= 10:
        plain = desk.word(last + 1) == "of"
        near = desk.tokens.words[max(index - 6, 0) : end + 4]
        if not plain or not _PAIN_NEAR.isdisjoint(near) or desk.word(end) in ("", ".", ",", "\n"):
            return desk.add("pain_score", worst, index, end, index, last, end - 1)
    if value <= 10 and desk.word(index + 1) == "on":
        words = desk.tokens.words[index + 2 : index + 6]
        if "scale" in words or "scal" in words:
            return desk.add("pain_score", value, index, index + 2 + len(words), *range(index, index + 11))
    return None


def _temperature(desk: Desk, index: int, value: float) -> Reading | None:
    after = desk.word(index + 1)
    if after not in DEGREE and after not in F_UNITS and after not in C_UNITS:
        return None
    converted, stop, wrong = degrees(desk, index, value, [])
    sure = stop > index + 2 or "." in desk.tokens.words[index] or (after in DEGREE and value >= 95 and value < 109)
    if after in DEGREE and value < 50:
        sure = sure or desk.last(index, 6) is not None or value in (38.0, 39.0, 40.0, 41.0)
    if not sure or not 27 <= converted <= 43 or desk.word(stop) in ("flexion", "angl", "rotation", "extension"):
        return None
    if (
        stop == index + 2
        and after in DEGREE
        and not {"bent", "bend", "knee", "angl"}.isdisjoint(desk.tokens.words[max(index - 4, 0) : index])
    ):
        return None
    reading = desk.add("temp_c", converted, index, stop, index)
    reading.wrong = wrong
    return reading


def _rates(desk: Desk, index: int, value: float) -> Reading | None:
    """Read "120 bpm", "72 beats a minute", "28 breaths a minute"; a bare "14/min" says nothing."""
    after = desk.word(index + 1)
    low, high = TIGHT["heart_rate_bpm"]
    if after in ("bpm", "beat") and low <= value <= high:
        return desk.add("heart_rate_bpm", value, index, index + 2, index)
    if after == "breath" and value <= 90 and any(desk.word(index + step) in _MINUTE for step in (2, 3)):
        return desk.add("resp_rate_bpm", value, index, index + 2, index)
    return None


def _echo(desk: Desk, index: int, value: float) -> Reading | None:
    """Read a number behind a word that names its sign; small letters only beside another vital sign."""
    place = index - 1
    while place >= max(index - 4, 0) and desk.word(place) in FILL and desk.word(place) not in _ECHO:
        place -= 1
    word = desk.word(place) if place >= 0 else ""
    name = _ECHO.get(word)
    if name is None:
        return None
    low, high = TIGHT[name]
    if not low <= value <= high or foreign(desk, name, index) or (name == "pain_score" and place != index - 1):
        return None
    if word == "rate" and desk.last(place, 8) is None:
        return None
    if word in ("p", "r"):
        glued = desk.glued(index) or desk.word(index - 1) in (":", "=", "-")
        if desk.glued(place) or not (glued or desk.last(place, 6) or _label_follows(desk, index)):
            return None
    if name == "temp_c":
        converted, stop, wrong = degrees(desk, index, value, [])
        reading = desk.add(name, converted, place, stop, index)
        reading.wrong, reading.told = wrong, word == "fever"
        return reading
    return read_one(desk, name, place, index, value)


def _label_follows(desk: Desk, index: int) -> bool:
    """Return whether another small-letter sign comes next ("p 80, r 18")."""
    place = index + 2 if desk.word(index + 1) == "," else index + 1
    return desk.word(place) in ("r", "rr", "bp", "t", "temp", "p", "hr") and desk.number(place + 1) is not None


def _decimal(desk: Desk, index: int, value: float) -> Reading | None:
    """Read "101.2" that stands alone: Fahrenheit anywhere, Celsius only among other vital signs."""
    word = desk.tokens.words[index]
    if len(word.partition(".")[2]) != 1 or foreign(desk, "temp_c", index):
        return None
    before = desk.word(index - 1)
    if before == "room" or not (before in _BEFORE_DECIMAL or before in FILL or index - 1 in desk.used):
        return None
    near = desk.tokens.words[max(index - 12, 0) : index + 8]
    among = desk.last(index, 6) is not None or not _FEVER.isdisjoint(near)
    if _DECIMAL_F[0] <= value <= _DECIMAL_F[1] or (among and _DECIMAL_C[0] <= value <= _DECIMAL_C[1]):
        return desk.add("temp_c", temperature_c(value) or value, index, index + 1, index)
    return None


def gcs_letters(desk: Desk, index: int) -> None:
    """Read "E4V5M6" without a label, from the number behind its E."""
    if desk.word(index - 1) == "e" and not (desk.glued(index - 1) and desk.word(index - 2).isalnum()):
        gcs_parts(desk, index - 1, index - 1)
