"""Rostering by the book: call in before it is short, rest whoever has been on too long."""

from __future__ import annotations

from triagelab.hospital.acts import Act
from triagelab.hospital.incidents import LONG_SHIFT_H
from triagelab.hospital.views import View

ROLE = "hr_rostering"


def play(view: View) -> list[Act]:
    """Return the acts of this step."""
    acts: list[Act] = []
    people = view.people
    for one in people:
        if one["status"] == "on" and float(str(one["hours"])) >= LONG_SHIFT_H:
            acts.append(Act(ROLE, "rest", {"staff": one["staff"]}))
    home = [one["role"] for one in people if one["status"] == "home"]
    coming = [one["role"] for one in people if one["status"] == "coming"]
    if min(view.cover.values()) < 0.85 and "nurse" not in coming and "nurse" in home:
        acts.append(Act(ROLE, "call_in", {"staff_role": "nurse", "count": 4}))
    if view.counts["waiting_for_doctor"] > 4 and "doctor" not in coming and "doctor" in home:
        acts.append(Act(ROLE, "call_in", {"staff_role": "doctor", "count": 2}))
    if view.counts["theatre_queue"] > 2:
        for role in ("surgeon", "anaesthetist"):
            if role in home and role not in coming:
                acts.append(Act(ROLE, "call_in", {"staff_role": role, "count": 1}))
    low = min(view.cover, key=lambda place: view.cover[place])
    high = max(view.cover, key=lambda place: view.cover[place])
    if view.cover[low] < 0.85 and view.cover[high] >= 1.0:
        nurses = [o for o in people if o["role"] == "nurse" and o["status"] == "on" and o["area"] == high]
        if len(nurses) > 2:
            acts.append(Act(ROLE, "assign", {"staff": nurses[0]["staff"], "area": low}))
    return acts[: view.acts_left]
