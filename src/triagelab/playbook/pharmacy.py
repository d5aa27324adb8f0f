"""The pharmacy by the book: what saves a life at once, every order against the drug rules, stock kept up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from triagelab.clinical.blood import GROUPS, choose_red_cells
from triagelab.errors import TriageLabError
from triagelab.hospital.acts import Act
from triagelab.hospital.orders import LEAST_OF_USUAL, MOST_OF_USUAL, Facts, review
from triagelab.hospital.tables import NeedRow, needs
from triagelab.hospital.views import TAG_RANK, Chart, View, dose_table

ROLE = "pharmacy"
WORKING_MIN = 60.0
"""Minutes for which a drug given for a need is left to work before another is thought of."""
LOW_STOCK = 3
"""Doses at or under which more are sent for."""
MOST_UNITS = 6
"""Units of red cells that one act gives."""


def play(view: View) -> list[Act]:
    """Return the acts of this step, the most urgent first."""
    patients, orders = view.patients, view.orders
    counts = view.counts
    stock: dict[str, int] = counts["stock"].copy()
    urgent: list[Act] = []
    later: list[Act] = []
    taken: set[tuple[str, str]] = set()
    if patients:
        _needed(view, patients, stock, counts, urgent, later, taken)
    stopped, passed = _reviewed(view, patients, orders, stock, taken) if orders else ([], [])
    flags = [
        Act(ROLE, "flag", {"incident": "mislabelled_blood", "subject": str(entry["bag"])})
        for entry in view.board
        if "lab_group" in entry and entry["label"] != entry["lab_group"]
    ]
    more = [
        Act(ROLE, "restock", {"drug": name, "doses": 10})
        for name, left in stock.items()
        if left <= LOW_STOCK and name not in counts["on_the_way"]
    ]
    return [*urgent, *flags, *stopped, *later, *passed, *more][: view.acts_left]


def _needed(
    view: View,
    patients: list[Chart],
    stock: dict[str, int],
    counts: Mapping[str, Any],
    urgent: list[Act],
    later: list[Act],
    taken: set[tuple[str, str]],
) -> None:
    """Add what known needs call for: `urgent` saves a life now, `later` can wait for the flags."""
    rows, blood, now = needs(), counts["blood"].copy(), view.minute
    for one in sorted(patients, key=lambda chart: TAG_RANK[chart["tag"]]):
        for kind in one["needs"]:
            row = rows[kind]
            if row.by == "blood":
                urgent += _blood(one, blood, counts["blood_bank_up"])
            elif row.by == "drug":
                act = _drug(one, row, stock, now)
                if act is not None:
                    taken.add((one["patient"], act.args["drug"]))
                    (urgent if row.life_saving else later).append(act)


def _drug(one: Chart, row: NeedRow, stock: dict[str, int], now: float) -> Act | None:
    """Return the order of the first drug for a need that is safe and there, None where one is working already."""
    names = [name for name in one.get("antidotes", ()) if name in row.means] or row.means
    given = one.get("given_min", {})
    if any(now - given[name] < WORKING_MIN for name in names if name in given):
        return None
    table = dose_table()
    for name in names:
        if stock.get(name, 0) < 1:
            continue
        dose = usual(one, table[name])
        if dose is None:
            continue
        written = {"drug": name, "dose": dose, "unit": table[name]["unit"], "route": table[name]["route"]}
        if _refused(one, written):
            continue
        stock[name] -= 1
        return Act(ROLE, "order", {"patient": one["patient"], **written})
    return None


def _reviewed(
    view: View,
    patients: list[Chart],
    orders: list[dict[str, object]],
    stock: dict[str, int],
    taken: set[tuple[str, str]],
) -> tuple[list[Act], list[Act]]:
    """Return the orders to stop and those to let pass; what the pharmacy orders itself or gave just now waits."""
    charts = {one["patient"]: one for one in patients}
    table, now = dose_table(), view.minute
    stopped: list[Act] = []
    passed: list[Act] = []
    for order in orders:
        patient, drug = str(order["patient"]), str(order["drug"])
        if patient not in charts:
            continue
        one = charts[patient]
        if problem(one, order) is not None:
            stopped.append(Act(ROLE, "reject", {"order": order["order"]}))
            continue
        last = one.get("given_min", {}).get(drug)
        again = last is not None and now - last < 60 * table[drug]["every_h"]
        if (patient, drug) not in taken and not again and stock.get(drug, 0) > 0:
            stock[drug] -= 1
            passed.append(Act(ROLE, "approve", {"order": order["order"]}))
    return stopped, passed


def usual(one: Chart, row: Mapping[str, Any]) -> float | None:
    """Return the usual dose for a patient; None for a child of unknown weight."""
    if one["age_years"] >= 14:
        return row["dose"]
    if one["weight_kg"] is None:
        return None
    return min(row["dose"], round(row["per_kg"] * one["weight_kg"], 2))


def known_facts(one: Chart) -> Facts:
    """Return what the chart tells the drug rules of a patient."""
    allergies, history = one["allergies"], one["history"]
    return (
        one["age_years"],
        one["sex"],
        one["weight_kg"],
        None if allergies is None else tuple(_allergy(entry) for entry in allergies),
        None if history is None else tuple((name, value) for name, value in history.items() if name != "active"),
        None if history is None else tuple(history["active"]),
    )


def problem(one: Chart, order: Mapping[str, Any]) -> str | None:
    """Return the kind of incident an order is, by the chart and the formulary; None is a good order."""
    row = dose_table().get(str(order["drug"]))
    if row is None:
        return "wrong_dose"
    dose = usual(one, row)
    if (
        dose is not None
        and order["unit"] == row["unit"]
        and not LEAST_OF_USUAL * dose <= order["dose"] <= MOST_OF_USUAL * dose
    ):
        return "wrong_dose"
    return "contraindicated_order" if _refused(one, order) else None


def _refused(one: Chart, order: Mapping[str, Any]) -> bool:
    try:
        found = review(known_facts(one), order["drug"], order["dose"], order["unit"], order["route"])
    except TriageLabError:
        return True
    return found.verdict == "reject"


@lru_cache(maxsize=256)
def _allergy(entry: str) -> tuple[str, str]:
    drug, _, reaction = entry.partition(": ")
    return drug, reaction


@lru_cache(maxsize=4096)
def _fitting(group: str | None, age_years: float, sex: str) -> tuple[str, ...]:
    """Return the groups whose red cells a patient can have, the first choice in front."""
    return choose_red_cells(group, age_years, sex, dict.fromkeys(GROUPS, 1)).acceptable


def _blood(one: Chart, blood: dict[str, int], computer_up: bool) -> list[Act]:
    """Return what gives a patient the units he needs; without the computer only group O is given out."""
    wanted = one.get("units_needed", 0)
    acts: list[Act] = []
    for group in _fitting(one["group"], one["age_years"], one["sex"]):
        units = min(wanted, blood[group], MOST_UNITS)
        if units > 0 and (computer_up or group.startswith("O")):
            blood[group] -= units
            wanted -= units
            acts.append(Act(ROLE, "transfuse", {"patient": one["patient"], "group": group, "units": units}))
    return acts


__all__ = ["known_facts", "play", "problem", "usual"]
