"""What may stand around the number of a vital sign: filling words before it, units behind it that are not its own."""

from __future__ import annotations

from triagelab.cases.readings import Desk
from triagelab.cases.tokens import wordset

FILL = wordset(
    ": = ( ) - ~ > < * ° \" ' @ → of was were at in the to low high mid about approx around currently now measured "
    "read reading reads found up down initial initially a an with by level score scale rate into only just rectal oral "
    "tympanic temporal axillary on and as his her their noted not irregular regular elevated room air ra upper manual "
    "auto arrival triage recheck repeat palpated lt rt came back per ems medic drop dropped dropping range from "
    "here percent goes is are been remain remains remained still run running show shows showed said show that it today "
    "tonight highest best total radial brachial apical carotid femoral palpable monitor lying supine standing sitting "
    "increased decreased improved got down under over than greater less near nearly approximately roughly anywhere "
    "between usually normally baseline typically"
)
BODY_FILL = wordset("left right arm leg f c fahrenheit celsius deg degree mmhg kg oral orally rectally forehead ear")
TEMP_FILL = BODY_FILL | wordset("home yesterday last night morning this evening mom mother he she got taken at")
TIME = wordset("day d hour hr hrs h week wk month mo mth year yr minute min time x nd st rd th yo y dob")
DOSE = wordset("mg mcg ml cc tab pill tablet dose unit iu meq g gram gm kg lb lbs pound ounce oz puff drop")
THING = wordset(
    "ft foot feet inch cm mm m meter mile block floor story stair step beer drink pack ppd cig cigarette finger toe "
    "episode site place spot area kid child people dollar lead ms msec o'clock oclock am pm french fr gauge ga stent "
    "vessel star visit admission surgery bottle cup can glass shot stool bm emesis pad pillow joule shock round amp "
    "block pt patient pregnancy miscarriage baby rib wound laceration stitch suture staple bite sting seizure fall "
    "stroke ed er icu med medication pound way other more of"
)
FOREIGN = TIME | DOSE | THING
OWN = {
    "glucose_mg_dl": wordset("mg g"),
    "resp_rate_bpm": wordset("time x"),
    "heart_rate_bpm": wordset("time x"),
    "bp": frozenset(("in",)),
    "pain_score": frozenset(("of", "x", "in")),
    "gcs": frozenset(("of", "m", "x", "in", "at")),
    "spo2_pct": frozenset(("in", "x")),
    "temp_c": frozenset(("x", "in")),
}
DEGREE = wordset("° º ˚ degree deg")
F_UNITS, C_UNITS = wordset("f fahrenheit"), wordset("c celsius centigrade")
LITRES = wordset("l lpm liter litre lt lits")
TIGHT = {
    "heart_rate_bpm": (25.0, 260.0),
    "resp_rate_bpm": (4.0, 80.0),
    "spo2_pct": (50.0, 100.0),
    "temp_c": (34.0, 109.0),
    "pain_score": (0.0, 10.0),
    "gcs": (3.0, 15.0),
    "glucose_mg_dl": (15.0, 1500.0),
}
"""Where a number without a label of its own may still be the sign that the words before it speak of."""
MIDDLE = {
    "heart_rate_bpm": 80.0,
    "resp_rate_bpm": 16.0,
    "sbp_mmhg": 120.0,
    "dbp_mmhg": 75.0,
    "spo2_pct": 98.0,
    "temp_c": 37.0,
    "pain_score": 0.0,
    "gcs": 15.0,
    "glucose_mg_dl": 100.0,
}
"""An ordinary value; of a range ("110-120") the end farther from it counts."""


def next_number(desk: Desk, index: int, name: str, look: int = 7) -> int | None:
    """Return the token of the number that follows a label, None if other words come first."""
    fill = TEMP_FILL if name == "temp_c" else BODY_FILL
    for place in range(index, min(index + look, len(desk.tokens))):
        word = desk.tokens.words[place]
        if "0" <= word[0] <= "9":
            return place
        if word not in FILL and word not in fill and not (word == "\n" and place == index):
            return None
    return None


def foreign(desk: Desk, name: str, index: int) -> bool:
    """Return whether what stands behind a number makes it something else than the vital sign `name`."""
    after = desk.word(index + 1)
    if after == "/" and name not in ("bp", "pain_score", "gcs"):
        slash = desk.word(index + 2)
        own = name in ("heart_rate_bpm", "resp_rate_bpm") and slash in ("min", "m", "minute", "b")
        return not own and desk.number(index + 2) is not None
    if after == ":" and desk.number(index + 2) is not None and desk.glued(index + 1) and desk.glued(index + 2):
        return True
    if after == "-" and desk.word(index + 2) in TIME:
        return True
    if after == "m" and desk.tokens.raw(index + 1) == "M":
        return False
    if after in ("hr", "h", "p", "t", "r") and _is_label(desk, index + 1):
        return False
    if after in ("a", ".") and desk.word(index + 2) in ("m", "am", "pm") and name == "pain_score":
        return True
    if name in ("spo2_pct", "glucose_mg_dl", "heart_rate_bpm", "resp_rate_bpm") and after in DEGREE:
        return True
    if name in ("heart_rate_bpm", "resp_rate_bpm", "glucose_mg_dl", "gcs") and after in ("%", "percent", "+"):
        return True
    return after in FOREIGN and after not in OWN.get(name, frozenset())


def _is_label(desk: Desk, index: int) -> bool:
    """Return whether "hr" or a letter behind a number opens the next vital sign ("37.1 HR: 92") and is no unit."""
    if desk.word(index + 1) in (":", "=", "-"):
        return True
    return desk.number(index + 1) is not None


def worse(name: str, first: float, second: float) -> float:
    """Return the end of a range that is farther from the ordinary value."""
    middle = MIDDLE[name]
    return second if abs(second - middle) >= abs(first - middle) else first
