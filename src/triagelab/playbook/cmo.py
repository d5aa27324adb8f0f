"""Oversight by the book: protocols when numbers call for them, nobody overrides without a name."""

from __future__ import annotations

from triagelab.hospital.acts import Act
from triagelab.hospital.views import View

ROLE = "cmo_oversight"


def play(view: View) -> list[Act]:
    """Return the acts of this step."""
    acts: list[Act] = []
    for entry in view.board:
        if entry.get("authorised_by") == "none":
            acts.append(Act(ROLE, "flag", {"incident": "unauthorised_override", "subject": str(entry["entry"])}))
    counts, beds = view.counts, view.beds
    due = {
        "surge": counts["waiting"] + 22 - beds["resus"] - beds["bay"] > 0.8 * 22,
        "isolation": counts["infectious"] >= 2,
        "massive_transfusion": counts["group_o"] < 8,
        "recall": min(view.cover.values()) < 0.7,
    }
    for name, is_due in due.items():
        if is_due and name not in counts["protocols"]:
            acts.append(Act(ROLE, "protocol", {"name": name}))
    return acts[: view.acts_left]
