"""The eight published verifiers, restated for comparison only: three of them read the state and never the completion.

Source: ANCHORS.md 7A (balaraj74/META @e239daa). At hand were: the keys and bounds of the format, 400 characters for
speed, 0.3 + 0.15 a regex for reasoning, P-ids for hallucination, TRIAGE_PATIENT = 1.0 whenever somebody is critical,
and which three read the prompt's state alone. Assumed (nobody published it here): the formulas of those three, the
regexes, six of the eleven action names, the rest of the look-up, and what falls off beyond 400 characters.

A completion in the published format is read as it is; of one in ours, the first act is translated by `TRANSLATED`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from triagelab.completions.json_object import load_strict, object_spans
from triagelab.hospital.tables import resource_table
from triagelab.rewards.crisis.measures import Measure
from triagelab.rewards.crisis.states import snapshot
from triagelab.rewards.crisis.verifiers import Subject

VALID: tuple[str, ...] = (
    "TRIAGE_PATIENT", "ASSIGN_TREATMENT", "ORDER_MEDICATION", "ACTIVATE_OVERFLOW", "FLAG_POLICY_VIOLATION",
    "TRANSFER_TO_ICU", "DISCHARGE_PATIENT", "REQUEST_STAFF", "VERIFY_RECORDS", "OVERRIDE_DECISION", "SEND_MESSAGE",
)  # fmt: skip
"""Eleven actions; the first five are named at the source, the others are assumed."""
TRANSLATED: Mapping[str, str] = MappingProxyType(
    {
        "tag": "TRIAGE_PATIENT", "assess": "TRIAGE_PATIENT", "place": "ASSIGN_TREATMENT", "treat": "ASSIGN_TREATMENT",
        "call": "ASSIGN_TREATMENT", "discharge": "DISCHARGE_PATIENT", "admit": "TRANSFER_TO_ICU",
        "ventilate": "ASSIGN_TREATMENT", "wean": "ASSIGN_TREATMENT", "step_down": "DISCHARGE_PATIENT",
        "open_overflow": "ACTIVATE_OVERFLOW", "order": "ORDER_MEDICATION", "approve": "ORDER_MEDICATION",
        "modify": "ORDER_MEDICATION", "reject": "FLAG_POLICY_VIOLATION", "transfuse": "ASSIGN_TREATMENT",
        "restock": "ORDER_MEDICATION", "call_in": "REQUEST_STAFF", "assign": "REQUEST_STAFF", "rest": "REQUEST_STAFF",
        "restore": "VERIFY_RECORDS", "paper": "VERIFY_RECORDS", "correct": "VERIFY_RECORDS",
        "protocol": "OVERRIDE_DECISION", "divert": "OVERRIDE_DECISION", "override": "OVERRIDE_DECISION",
        "resolve": "OVERRIDE_DECISION", "flag": "FLAG_POLICY_VIOLATION", "message": "SEND_MESSAGE",
    }
)  # fmt: skip
"""Our act -> the published action nearest to it."""
_ALIGNED: Mapping[str, float] = {"TRIAGE_PATIENT": 1.0, "ASSIGN_TREATMENT": 0.8, "TRANSFER_TO_ICU": 0.8}
_REASONS = (r"\bcritical\b", r"\bpatient\b", r"\b(?:icu|bed)", r"\b(?:triage|priority)\b", r"\bbecause\b|\bdue to\b")
_CRITICAL = 0.5
_READ = 8_000
"""Characters that are looked at."""


def _answer(one: Subject) -> dict[str, Any]:
    """Return the published fields of a completion, empty where there are none."""
    if one.reading.acts:
        act = one.reading.acts[0]
        name = act.args.get("patient", "P-000")
        found = {"action_type": TRANSLATED.get(act.kind, ""), "target_id": name, "priority": 5}
        return {**found, "reasoning": one.reading.reasoning}
    return _first_object(one.text[:_READ])


@lru_cache(maxsize=256)
def _first_object(text: str) -> dict[str, Any]:
    spans, _ = object_spans(text)
    if not spans:
        return {}
    try:
        value = load_strict(text[spans[0][0] : spans[0][1]])
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _reasoning(one: Subject) -> str:
    found = _answer(one).get("reasoning")
    return found[:4000] if isinstance(found, str) else one.text[:4000]


def format_compliance(one: Subject) -> Measure:
    """A quarter for each of: a valid action, a target, a priority of 1-10, reasoning of at least 10 characters."""
    answer = _answer(one)
    priority, reasoning = answer.get("priority"), answer.get("reasoning")
    parts = (
        answer.get("action_type") in VALID,
        "target_id" in answer,
        isinstance(priority, int) and 1 <= priority <= 10,
        isinstance(reasoning, str) and len(reasoning) >= 10,
    )
    return Measure(sum(parts) / 4, f"{sum(parts)} of 4 fields")


def patient_survival(one: Subject) -> Measure:
    """Share of patients alive in the prompt's state: the same for every completion."""
    return Measure(float(snapshot(one.key).outcome()["survival"]), "from the state alone")


def icu_efficiency(one: Subject) -> Measure:
    """Free share of intensive care in the prompt's state: the same for every completion."""
    h = snapshot(one.key)
    return Measure(max(0.0, h.free("icu") / resource_table().areas["icu"].beds), "from the state alone")


def violation_detection(one: Subject) -> Measure:
    """Caught over injected so far in the prompt's state: the same for every completion."""
    real = [found for found in snapshot(one.key).incidents.values() if found.kind is not None]
    caught = sum(1 for found in real if found.status == "caught")
    return Measure(caught / len(real) if real else 1.0, "from the state alone")


def reasoning_quality(one: Subject) -> Measure:
    """0.3 for any reasoning and 0.15 for each of five patterns: keywords."""
    text = _reasoning(one).lower()
    if not text.strip():
        return Measure(0.0, "no reasoning")
    hits = sum(1 for pattern in _REASONS if re.search(pattern, text))
    return Measure(min(1.0, 0.3 + 0.15 * hits), f"{hits} patterns")


def response_speed(one: Subject) -> Measure:
    """1 up to 400 characters, then falling: an empty answer is the fastest."""
    return Measure(min(1.0, 400 / max(1, len(one.text))), f"{len(one.text)} characters")


def no_hallucination(one: Subject) -> Measure:
    """Share of P-ids that are in the prompt; 1 where none is named."""
    named = re.findall(r"\bP-\d{1,6}\b", one.text[:_READ])
    known = sum(1 for name in named if name in one.facts.ids)
    return Measure(known / len(named) if named else 1.0, f"{known} of {len(named)} ids")


def action_alignment(one: Subject) -> Measure:
    """A look-up by action: TRIAGE_PATIENT is 1.0 whenever somebody is critical."""
    critical = any(patient.worst() > _CRITICAL for patient in snapshot(one.key).here.values())
    action = _answer(one).get("action_type")
    value = _ALIGNED.get(str(action), 0.5 if action in VALID else 0.0)
    return Measure(
        value if critical else min(value, 0.5), f"{action} while somebody is {'' if critical else 'not '}critical"
    )


PUBLISHED: Mapping[str, Callable[[Subject], Measure]] = MappingProxyType(
    {
        "format_compliance": format_compliance,
        "patient_survival": patient_survival,
        "icu_efficiency": icu_efficiency,
        "violation_detection": violation_detection,
        "reasoning_quality": reasoning_quality,
        "response_speed": response_speed,
        "no_hallucination": no_hallucination,
        "action_alignment": action_alignment,
    }
)
"""Name -> published verifier."""

__all__ = ["PUBLISHED", "TRANSLATED", "VALID"]
