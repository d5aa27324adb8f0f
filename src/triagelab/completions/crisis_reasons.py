"""What honest reasoning says of acts: for each subject the fact in view that calls for the act, in few words.

`write_completion` is the gold text of supervised training; what it says is read off the view, nothing is invented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from triagelab.completions.crisis_facts import VITALS, Facts, Sheet, facts_of, subjects_of
from triagelab.hospital.acts import Act
from triagelab.hospital.views import View

MOST = 6
"""Subjects of which reasons are given; more would pay nothing more."""
_SHORT = {names[0]: ("SpO2" if names[0] == "spo2" else names[0].upper()) for names in VITALS.values()}
_NOTABLE: Mapping[str, tuple[float, float]] = {
    "spo2": (93, 101),
    "sbp": (100, 180),
    "gcs": (14, 16),
    "rr": (10, 24),
    "hr": (50, 110),
}
"""Vital sign -> the range within which it is not worth a word. Assumed, for wording only."""


def reason_text(view: View, acts: Sequence[Act], facts: Facts | None = None) -> str:
    """Return reasons for acts, clauses such as `P-003: airway, SpO2 84.`; without acts, that nothing calls for one."""
    facts = facts or facts_of(view)
    clauses: list[str] = []
    said: set[str] = set()
    for act in acts:
        for subject in subjects_of(act):
            sheet = facts.of(subject)
            if sheet is None or subject in said or len(said) >= MOST:
                continue
            clause = _clause(sheet)
            if clause:
                said.add(subject)
                clauses.append(f"{subject}: {clause}.")
                break
    if not acts:
        return "Nothing in view calls for an act now."
    return " ".join(clauses)


def _clause(sheet: Sheet) -> str:
    parts = sheet.lead[:2]
    vitals = [
        f"{_SHORT[name]} {sheet.numbers[name]:g}"
        for name, (low, high) in _NOTABLE.items()
        if name in sheet.numbers and not low <= sheet.numbers[name] < high
    ]
    shorts = {short for names in VITALS.values() for short in names}
    others = [f"{name} {value:g}" for name, value in sheet.numbers.items() if name not in shorts]
    return ", ".join([*parts, *(vitals[:1] or ([] if parts else others[:1]))])


def write_completion(view: View, acts: Sequence[Act]) -> str:
    """Return the completion of a role as it is asked for: one JSON object with reasons and acts."""
    answer = {"reasoning": reason_text(view, acts), "acts": [act.to_dict() for act in acts]}
    return json.dumps(answer, ensure_ascii=False)


__all__ = ["reason_text", "write_completion"]
