"""IT by the book: repair what is down, paper meanwhile, correct what the wristband contradicts."""

from __future__ import annotations

from triagelab.hospital.acts import SHORT_FORMS, Act
from triagelab.hospital.views import View

ROLE = "it_systems"


def play(view: View) -> list[Act]:
    """Return the acts of this step."""
    acts: list[Act] = []
    counts = view.counts
    for name in counts["down"]:
        if name not in counts["repairing"]:
            acts.append(Act(ROLE, "restore", {"system": name}))
        if name not in counts["paper"] and name != "ventilators":
            acts.append(Act(ROLE, "paper", {"system": name}))
    for entry in view.board:
        if "chart" in entry and "wristband" in entry and _differs(entry["chart"], entry["wristband"]):
            acts.append(Act(ROLE, "correct", {"record": entry["record"]}))
    return acts[: view.acts_left]


def _differs(chart: object, wristband: object) -> bool:
    if isinstance(chart, int | float) and isinstance(wristband, int | float):
        return abs(chart - wristband) > 0.1 * max(chart, wristband)
    return SHORT_FORMS.get(str(chart), chart) != SHORT_FORMS.get(str(wristband), wristband)
