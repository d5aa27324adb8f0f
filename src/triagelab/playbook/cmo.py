"""Oversight by the book: protocols when numbers call for them, blocked and lost acts looked at again."""

from __future__ import annotations

from triagelab.hospital.acts import MAY_AUTHORISE, Act
from triagelab.hospital.tables import resource_table
from triagelab.hospital.views import View

ROLE = "cmo_oversight"
EMERGENCY_BEDS = sum(resource_table().areas[area].beds for area in ("resus", "bay"))
"""Beds of resus and bays."""
CROWD = 8
"""People in the waiting room from which, with every bay taken, ambulances are sent elsewhere."""


def play(view: View) -> list[Act]:
    """Return the acts of this step."""
    counts, beds = view.counts, view.beds
    acts = [
        Act(ROLE, "flag", {"incident": "unauthorised_override", "subject": str(entry["entry"])})
        for entry in view.board
        if "authorised_by" in entry and entry["authorised_by"] not in MAY_AUTHORISE
    ]
    for name, block in counts["blocks"].items():
        if block["review"] and block["can_override"]:
            reason = "he needs it and nothing else is there"
            acts.append(Act(ROLE, "override", {"blocked": name, "reason": reason}))
    for name, conflict in counts["conflicts"].items():
        if conflict["review"]:
            acts.append(Act(ROLE, "resolve", {"conflict": name, "keep": conflict["lost"]["role"]}))
    due = {
        "surge": counts["waiting"] + EMERGENCY_BEDS - beds["resus"] - beds["bay"] > 0.8 * EMERGENCY_BEDS,
        "isolation": counts["infectious"] >= 2,
        "massive_transfusion": counts["group_o"] < 8,
        "recall": min(view.cover.values()) < 0.7,
    }
    acts += [
        Act(ROLE, "protocol", {"name": name})
        for name, is_due in due.items()
        if is_due and name not in counts["protocols"]
    ]
    if not counts["diverting"] and beds["bay"] < 1 and counts["waiting"] >= CROWD:
        acts.append(Act(ROLE, "divert", {"on": True}))
    elif counts["diverting"] and beds["bay"] >= 2:
        acts.append(Act(ROLE, "divert", {"on": False}))
    return acts[: view.acts_left]
