"""Notes that ask for something and complain of nothing: a form, a prescription, a check, somewhere warm.

What is asked for is endless, so that no list of words would hold it. That nothing is wrong can be read: the note asks,
it denies complaints or says that the patient is well, and no finding in it is asserted.
"""

from __future__ import annotations

from triagelab.cases.derivation import Picture
from triagelab.cases.extraction import Reading
from triagelab.cases.findings import Assertion
from triagelab.cases.lexicon import lexicon
from triagelab.cases.reach import WELL
from triagelab.cases.tokens import wordset
from triagelab.clinical.vitals import VitalSigns

ASKS_ONLY = "asks_only"
"""The concept under which the forecast's table knows such a patient."""

_ASKING = wordset(
    "want wants need needs ask asks asking request requests requesting require requires please certify certificate "
    "signature form letter renew repeat script prescription prescribe refill sign advice reassurance "
    "chemist pharmacy pharmacist insurance employer paperwork clearance renewal"
)
_COMPLAINTS = frozenset(("symptom", "sign", "event", "exposure"))
_HARMLESS = frozenset(("injury_context", "scar", "mild_pain"))
_LIMITS = {
    "heart_rate_bpm": (50, 100),
    "resp_rate_bpm": (10, 20),
    "spo2_pct": (94, 100),
    "sbp_mmhg": (95, 180),
    "temp_c": (35.5, 37.9),
    "pain_score": (0, 3),
    "gcs": (15, 15),
}
"""Outside of these somebody has a complaint, whatever they ask for; a child's limits are wider, so it is left out."""


def asks_only(reading: Reading, picture: Picture, vitals: VitalSigns) -> bool:
    """Return whether the note asks for something, denies or lacks every complaint, and measures nothing out of range.

    Missing: a note that neither denies anything nor says that the patient is well is not enough.
    """
    if _ASKING.isdisjoint(reading.tokens.words):
        return False
    for name, value in vitals.measured().items():
        low, high = _LIMITS.get(name, (value, value))
        if not low <= value <= high:
            return False
    concepts = lexicon().concepts
    if any(name in concepts and concepts[name].kind in _COMPLAINTS for name in picture.present - _HARMLESS):
        return False
    said = {mention.assertion for mention in reading.mentions if mention.concept not in WELL}
    well = any(m.concept in WELL and m.assertion is Assertion.PRESENT for m in reading.mentions)
    return well or not said.isdisjoint((Assertion.NEGATED, Assertion.RESOLVED))
