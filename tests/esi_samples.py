"""Patients for tests of the ESI engine: a healthy one, to which each test adds what it is about."""

from __future__ import annotations

from typing import Any

from triagelab.clinical.facts import vocabulary
from triagelab.clinical.knowledge import reference_vitals

ADULT = {"heart_rate_bpm": 80.0, "resp_rate_bpm": 16.0, "sbp_mmhg": 120.0}
QUIET = {"dbp_mmhg": 70.0, "spo2_pct": 98.0, "temp_c": 37.0, "pain_score": 0.0, "gcs": 15.0, "glucose_mg_dl": 95.0}
TWO = {"res_labs": True, "res_parenteral_or_neb_med": True}


def patient(age: float = 40.0, **facts: Any) -> dict[str, Any]:
    """Return a well patient of that age with every fact known to be no, changed by `facts`; None takes one away."""
    usual = reference_vitals(age)
    vitals = dict(ADULT) if usual is None else {name: sum(getattr(usual, name)) / 2 for name in ADULT}
    flags = dict.fromkeys(vocabulary(), False)
    known = {**flags, **vitals, **QUIET, "age_years": age, "pregnancy_weeks": 0.0, **facts}
    return {name: value for name, value in known.items() if value is not None}
