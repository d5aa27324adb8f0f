"""What each kind of context trigger does: which assertion it opens, how far it reaches, which wins."""

from __future__ import annotations

from triagelab.cases.findings import Assertion

REACH = 9
"""Words a forward scope may run without meeting a mention."""

FORWARD: dict[str, tuple[Assertion, str]] = {
    "negate": (Assertion.NEGATED, "tight"),
    "negate_list": (Assertion.NEGATED, "list"),
    "doubt": (Assertion.UNCERTAIN, "tight"),
    "past": (Assertion.HISTORICAL, "list"),
    "past_one": (Assertion.HISTORICAL, "one"),
    "chronic": (Assertion.HISTORICAL, "one"),
    "relative": (Assertion.FAMILY, "list"),
    "relative_is": (Assertion.FAMILY, "next"),
    "if": (Assertion.HYPOTHETICAL, "list"),
    "plan": (Assertion.PLANNED, "tight"),
    "refuse": (Assertion.REFUSED, "tight"),
    "stopped": (Assertion.RESOLVED, "tight"),
}
SECTIONS = {
    "section_past": Assertion.HISTORICAL,
    "section_family": Assertion.FAMILY,
    "section_allergy": Assertion.HYPOTHETICAL,
    "section_plan": Assertion.PLANNED,
    "section_now": None,
}
BACKWARD = {
    "negate_after": Assertion.NEGATED,
    "doubt_after": Assertion.UNCERTAIN,
    "past_after": Assertion.HISTORICAL,
    "resolved_after": Assertion.RESOLVED,
    "refuse_after": Assertion.REFUSED,
    "chronic_after": Assertion.HISTORICAL,
    "plan_after": Assertion.PLANNED,
    "family_after": Assertion.FAMILY,
}
EITHER = {
    "resolved": ("stopped", "resolved_after", 0, 5),
    "halted": ("stopped", "resolved_after", 2, 2),
    "denied": ("negate_list", "negate_after", 2, 5),
    "suspected": ("doubt", "doubt_after", 1, 5),
    "unlikely": ("negate", "negate_after", 1, 3),
}
"""Triggers that speak forward or backward: both names, the gap within which a mention behind makes it forward, and the
gap up to which a mention before can be meant."""
STRENGTH = {
    Assertion.FAMILY: 8, Assertion.HYPOTHETICAL: 7, Assertion.NEGATED: 6, Assertion.REFUSED: 6, Assertion.RESOLVED: 5,
    Assertion.HISTORICAL: 4, Assertion.PLANNED: 3, Assertion.UNCERTAIN: 2, Assertion.PRESENT: 0,
}  # fmt: skip
MENTION_ROLES = ("concept", "sense", "site")
