"""Intensive care by the book: free beds early, ventilate who fails, admit the sickest."""

from __future__ import annotations

from triagelab.hospital.acts import Act
from triagelab.hospital.views import TAG_RANK, Chart, View

ROLE = "icu_management"
SCARCE = 2
"""Free beds or ventilators at or under which support is taken from whoever can do without."""
SUPPORT = frozenset({"critical_care", "ventilation", "harm"})


class _Plan:
    """The acts of one step, with the beds and ventilators that they leave; nobody is moved twice."""

    def __init__(self, view: View) -> None:
        self.acts: list[Act] = []
        self.beds = view.beds.copy()
        self.ventilators: int = view.counts["free_ventilators"]
        self.moved: set[str] = set()
        self.now = view.minute

    def admit(self, one: Chart, unit: str) -> bool:
        """Plan a move where there is a bed and he is not planned for yet; return whether he has the bed."""
        name = one["patient"]
        if name in self.moved or one["area"] == unit or self.beds[unit] < 1:
            return False
        self.moved.add(name)
        self.beds[unit] -= 1
        self.acts.append(Act(ROLE, "admit", {"patient": name, "unit": unit}))
        return True

    def step_down(self, one: Chart) -> None:
        if self.beds["ward"] > 0 and one["patient"] not in self.moved:
            self.moved.add(one["patient"])
            self.beds["ward"] -= 1
            self.beds["icu"] += 1
            self.acts.append(Act(ROLE, "step_down", {"patient": one["patient"]}))


def play(view: View) -> list[Act]:
    """Return the acts of this step: flags, beds made free, support for who fails, then moves."""
    plan = _Plan(view)
    for entry in view.board:
        booked = entry.get("booked_for")
        if isinstance(booked, list) and len(booked) > 1:
            flag = {"incident": "double_booked_ventilator", "subject": str(entry["ventilator"])}
            plan.acts.append(Act(ROLE, "flag", flag))
    charts = sorted(view.patients, key=lambda one: TAG_RANK[one["tag"]])
    wait = [one for one in charts if one["area"] not in ("icu", "theatre") and not SUPPORT.isdisjoint(one["needs"])]
    _make_room(plan, charts, len(wait))
    for one in charts:
        if "ventilation" in one["needs"]:
            _ventilate(plan, one)
    for one in wait:
        if "critical_care" in one["needs"] or "harm" in one["needs"]:
            plan.admit(one, "icu")
    for one in charts:
        _place(plan, one)
    if plan.beds["bay"] < 2 and plan.beds["overflow"] < 2 and view.cover.get("ed", 1.0) > 0.6:
        plan.acts.append(Act(ROLE, "open_overflow", {"beds": 4}))
    return plan.acts[: view.acts_left]


def _make_room(plan: _Plan, charts: list[Chart], waiting: int) -> None:
    """Take support from whoever needs none; from whoever can do without while beds or ventilators are short."""
    short = plan.beds["icu"] <= SCARCE or waiting > plan.beds["icu"]
    for one in charts:
        if one["area"] != "icu" or one["needs"]:
            continue
        if not one["met"]:
            plan.step_down(one)
        elif not SUPPORT.isdisjoint(fit := one.get("fit", ())) or SUPPORT.isdisjoint(one["met"]):
            if one["ventilator"] and "ventilation" in fit and plan.ventilators <= SCARCE:
                plan.ventilators += 1
                plan.acts.append(Act(ROLE, "wean", {"patient": one["patient"]}))
            elif short and not one["ventilator"] and SUPPORT.intersection(one["met"]) <= set(fit):
                plan.step_down(one)


def _ventilate(plan: _Plan, one: Chart) -> None:
    """Plan a ventilator, and a bed where one can stand."""
    if one["ventilator"] or one["area"] == "theatre" or plan.ventilators < 1:
        return
    if one["area"] in ("icu", "resus") or plan.admit(one, "icu"):
        plan.ventilators -= 1
        plan.acts.append(Act(ROLE, "ventilate", {"patient": one["patient"]}))


def _place(plan: _Plan, one: Chart) -> None:
    """Plan the bed of somebody who leaves theatre, or who is looked after and can leave the emergency department."""
    needs, met = one["needs"], one["met"]
    if one["area"] == "theatre":
        if "surgery" not in needs:
            grave = not SUPPORT.isdisjoint(needs) or not SUPPORT.isdisjoint(met)
            if not (grave and plan.admit(one, "icu")):
                plan.admit(one, "ward")
    elif (
        one["area"] in ("bay", "overflow", "resus")
        and one["worked_up"]
        and not needs
        and met
        and SUPPORT.isdisjoint(met)
    ):
        plan.admit(one, "ward")
