"""Intensive care by the book: free beds early, ventilate who fails, admit the sickest."""

from __future__ import annotations

from triagelab.hospital.acts import Act
from triagelab.hospital.views import Chart, View

ROLE = "icu_management"


def play(view: View) -> list[Act]:
    """Return the acts of this step."""
    acts: list[Act] = []
    beds = dict(view.beds)
    ventilators = view.counts["free_ventilators"]
    for entry in view.board:
        booked = entry.get("booked_for")
        if isinstance(booked, list) and len(booked) > 1:
            acts.append(_flag(str(entry["ventilator"])))
    charts = view.patients
    for one in charts:
        if one["area"] == "icu" and not one["needs"] and not one["met"] and beds["ward"] > 0:
            acts.append(Act(ROLE, "step_down", {"patient": one["patient"]}))
            beds["ward"] -= 1
            beds["icu"] += 1
    for one in charts:
        if "ventilation" in one["needs"] and not one["ventilator"] and ventilators > 0:
            if one["area"] in ("icu", "resus"):
                acts.append(Act(ROLE, "ventilate", {"patient": one["patient"]}))
                ventilators -= 1
            elif beds["icu"] > 0 and one["area"] != "theatre":
                acts.append(_admit(one, "icu", beds))
    for one in charts:
        needs = one["needs"]
        if one["area"] == "theatre":
            if "surgery" in one["met"]:
                unit = "icu" if "critical_care" in (*needs, *one["met"]) and beds["icu"] > 0 else "ward"
                acts.append(_admit(one, unit, beds))
        elif one["area"] != "icu" and ("critical_care" in needs or "harm" in needs) and beds["icu"] > 0:
            acts.append(_admit(one, "icu", beds))
        elif one["area"] in ("bay", "overflow") and one["worked_up"] and not needs and one["met"] and beds["ward"] > 0:
            acts.append(_admit(one, "ward", beds))
    if beds["bay"] < 2 and beds["overflow"] < 2 and view.cover.get("ed", 1.0) > 0.6:
        acts.append(Act(ROLE, "open_overflow", {"beds": 4}))
    return acts[: view.acts_left]


def _admit(one: Chart, unit: str, beds: dict[str, int]) -> Act:
    beds[unit] -= 1
    return Act(ROLE, "admit", {"patient": one["patient"], "unit": unit})


def _flag(subject: str) -> Act:
    return Act(ROLE, "flag", {"incident": "double_booked_ventilator", "subject": subject})
