"""Rostering by the book: call in before it is short, rest whoever has been on too long."""

from __future__ import annotations

from triagelab.hospital.acts import Act
from triagelab.hospital.incidents import LONG_SHIFT_H
from triagelab.hospital.views import View

ROLE = "hr_rostering"
SHORT, WELL = 0.85, 1.0
"""Cover under which a place is short, and from which it can do without somebody."""
TIRED_H = 12.0
"""Hours on duty after which somebody rests as soon as his place can do without him."""


def play(view: View) -> list[Act]:
    """Return the acts of this step: who has to rest, who is called in, who is moved."""
    acts: list[Act] = []
    cover, counts = view.cover, view.counts
    home: set[str] = set()
    coming: set[str] = set()
    on: dict[str, list[str]] = {}
    tired: list[tuple[float, str, str]] = []
    for one in view.people:
        status = one["status"]
        if status == "on":
            hours = one["hours"]
            if hours >= LONG_SHIFT_H:
                acts.append(Act(ROLE, "rest", {"staff": one["staff"]}))
            elif one["role"] == "nurse":
                on.setdefault(one["area"], []).append(one["staff"])
                if hours >= TIRED_H:
                    tired.append((-hours, one["staff"], one["area"]))
        elif status == "home":
            home.add(one["role"])
        elif status == "coming":
            coming.add(one["role"])
    acts += [
        Act(ROLE, "call_in", {"staff_role": role, "count": count})
        for role, count in _short(view)
        if role in home and role not in coming
    ]
    low, high = min(cover, key=cover.__getitem__), max(cover, key=cover.__getitem__)
    if cover[low] < SHORT and cover[high] >= WELL and len(on.get(high, ())) > 2:
        acts.append(Act(ROLE, "assign", {"staff": on[high][0], "area": low}))
    elif tired and cover[low] >= WELL and not counts["waiting_for_doctor"]:
        acts.append(Act(ROLE, "rest", {"staff": min(tired)[1]}))
    return acts[: view.acts_left]


def _short(view: View) -> list[tuple[str, int]]:
    """Return whom the numbers call for, and how many."""
    counts = view.counts
    wanted: list[tuple[str, int]] = []
    if min(view.cover.values()) < SHORT:
        wanted.append(("nurse", 4))
    if counts["waiting_for_doctor"] > 4:
        wanted.append(("doctor", 2))
    if counts["theatre_queue"] > 2:
        wanted += [("surgeon", 1), ("anaesthetist", 1)]
    return wanted
