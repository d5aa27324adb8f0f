"""A menu of acts for one role, built from its view alone, with numbers for each: what plain learners choose from.

A menu holds what somebody would think of, good and bad: tags by the scheme, every free place, every order to approve
and to reject, every entry to flag. Nothing in it says which is right; taking everything is not the playbook.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from triagelab.clinical.blood import choose_red_cells
from triagelab.clinical.drugs import DrugPatient, check
from triagelab.hospital.acts import ACTS, PROTOCOLS, STAFF_ROLES, TAGS, WORD, Act
from triagelab.hospital.orders import usual_dose
from triagelab.hospital.sight import CHILD_YEARS, tag_by_facts
from triagelab.hospital.tables import ROLES, needs, resource_table
from triagelab.hospital.views import Chart, View, dose_table

MENU = 24
"""Acts on a menu at most; the most urgent patients come first."""
HOUSE = 24
"""Numbers of the house: time, free beds, cover, counts; unused places are 0."""
VITALS: Mapping[str, tuple[float, float]] = {
    "heart_rate_bpm": (0, 200),
    "resp_rate_bpm": (0, 60),
    "spo2_pct": (40, 100),
    "sbp_mmhg": (0, 220),
    "temp_c": (33, 42),
    "gcs": (3, 15),
}
FLAGS: Mapping[str, str] = {
    "bag": "mislabelled_blood",
    "ventilator": "double_booked_ventilator",
    "entry": "unauthorised_override",
    "request": "unsafe_discharge",
}
"""Field that names the subject of an entry on the board -> what it would be flagged as."""
PROCEDURE: Mapping[str, str] = {
    "airway": "open_airway",
    "haemorrhage": "stop_bleeding",
    "chest": "decompress_chest",
    "arrest": "defibrillate",
}
"""Need -> what is done at once."""
PAIRS = (("label", "lab_group"), ("chart", "wristband"))
KINDS = max(len(acts) for acts in ACTS.values()) + 1


class Offer(NamedTuple):
    """One act on a menu, with what it is about: a chart, an entry of the board, and a number from 0 to 1."""

    act: Act
    chart: Chart | None = None
    entry: Mapping[str, Any] | None = None
    amount: float = 0.0


def menu(view: View) -> list[Offer]:
    """Return what the role can choose from now, at most `MENU` acts."""
    found: list[Offer] = []
    for offer in _OFFERS[view.role](view):
        found.append(offer)
        if len(found) == MENU:
            break
    return found


def _urgency(one: Chart) -> tuple[int, int, float]:
    tags = ("immediate", None, "delayed", "minor", "deceased")
    return tags.index(one["tag"]), -len(one["needs"]), one["since_min"]


def _entries(view: View) -> Iterator[Offer]:
    for entry in view.board:
        field = next((name for name in FLAGS if name in entry), None)
        if field is not None:
            args = {"incident": FLAGS[field], "subject": str(entry[field])}
            charts = {one["patient"]: one for one in view.patients}
            yield Offer(Act(view.role, "flag", args), charts.get(str(entry.get("patient"))), entry)


def _er(view: View) -> Iterator[Offer]:
    role, beds = view.role, view.beds
    charts = sorted(view.patients, key=_urgency)
    for one in charts:
        name = {"patient": one["patient"]}
        for need in one["needs"]:
            if need in PROCEDURE:
                yield Offer(Act(role, "treat", {**name, "procedure": PROCEDURE[need]}), one)
        if one["tag"] is None:
            tag = tag_by_facts(tuple(sorted(one["sight"].items())), one["age_years"] < CHILD_YEARS)
            yield Offer(Act(role, "tag", {**name, "tag": tag}), one)
    yield from _entries(view)
    for one in charts:
        name = {"patient": one["patient"]}
        if "surgery" in one["needs"] and "surgery" not in one["called"]:
            yield Offer(Act(role, "call", {**name, "service": "surgery"}), one)
        if one["area"] == "waiting":
            for area in ("resus", "bay", "isolation", "overflow"):
                if beds[area] > 0 and (area != "isolation" or "isolation" in one["needs"]):
                    yield Offer(Act(role, "place", {**name, "area": area}), one, amount=min(1.0, beds[area] / 16))
            yield Offer(Act(role, "discharge", name), one)


def _icu(view: View) -> Iterator[Offer]:
    role, beds = view.role, view.beds
    yield from _entries(view)
    charts = sorted(view.patients, key=_urgency)
    for one in charts:
        name = {"patient": one["patient"]}
        if one["ventilator"]:
            yield Offer(Act(role, "wean", name), one)
        elif "ventilation" in one["needs"] and view.counts["free_ventilators"] > 0:
            yield Offer(Act(role, "ventilate", name), one)
        if one["area"] == "icu":
            yield Offer(Act(role, "step_down", name), one, amount=min(1.0, beds["ward"] / 16))
        elif one["area"] != "waiting":
            for unit in ("icu", "ward"):
                if beds[unit] > 0 and one["area"] != unit and (one["needs"] or one["met"]):
                    yield Offer(Act(role, "admit", {**name, "unit": unit}), one, amount=min(1.0, beds[unit] / 16))
    yield Offer(Act(role, "open_overflow", {"beds": 4}), amount=min(1.0, beds["bay"] / 16))


def _pharmacy(view: View) -> Iterator[Offer]:
    role, counts, table = view.role, view.counts, dose_table()
    charts = {one["patient"]: one for one in view.patients}
    yield from _entries(view)
    for one in sorted(view.patients, key=_urgency):
        for need in one["needs"]:
            row = needs()[need]
            if row.by == "blood":
                group = choose_red_cells(one["group"], one["age_years"], one["sex"], counts["blood"]).donor
                if group is not None and one.get("units_needed"):
                    units = min(6, one["units_needed"], counts["blood"][group])
                    yield Offer(
                        Act(role, "transfuse", {"patient": one["patient"], "group": group, "units": units}), one
                    )
            elif row.by == "drug":
                for drug in one.get("antidotes") or row.means:
                    dose = _usual(one, drug) if counts["stock"].get(drug, 0) > 0 else None
                    if dose is not None:
                        yield _order(view, one, drug, dose)
    for order in view.orders:
        one = charts.get(str(order["patient"]))
        drug = str(order["drug"])
        dose = _usual(one, drug) if one is not None and drug in table else None
        ratio = min(1.0, float(str(order["dose"])) / dose / 8) if dose else 0.0
        for kind in ("approve", "reject"):
            yield Offer(Act(role, kind, {"order": order["order"]}), one, {"alert": _alert(one, order)}, ratio)
    for drug, left in counts["stock"].items():
        if left <= 2 and drug not in counts["on_the_way"]:
            yield Offer(Act(role, "restock", {"drug": drug, "doses": 10}), amount=left / 2)


def _order(view: View, one: Chart, drug: str, dose: float) -> Offer:
    row = dose_table()[drug]
    args = {"patient": one["patient"], "drug": drug, "dose": dose, "unit": row["unit"], "route": row["route"]}
    return Offer(Act(view.role, "order", args), one, {"alert": _alert(one, args)})


def _usual(one: Chart, drug: str) -> float | None:
    return usual_dose(drug, one["age_years"], one["weight_kg"])


def _alert(one: Chart | None, order: Mapping[str, Any]) -> bool:
    """Return whether the drug rules object to an order, by what the chart says."""
    if one is None:
        return False
    facts: dict[str, Any] = {"age_years": one["age_years"], "sex": one["sex"], **(one["history"] or {})}
    if one["weight_kg"] is not None:
        facts["weight_kg"] = one["weight_kg"]
    if one["allergies"] is not None:
        told = (entry.partition(": ") for entry in one["allergies"])
        facts["allergies"] = [{"drug": drug, "reaction": reaction} for drug, _, reaction in told]
    written = {name: order[name] for name in ("drug", "dose", "unit", "route")}
    return check(written, DrugPatient.from_mapping(facts)).verdict == "reject"


def _hr(view: View) -> Iterator[Offer]:
    role = view.role
    home = {str(one["role"]) for one in view.people if one["status"] == "home"}
    for name in STAFF_ROLES:
        if name in home:
            yield Offer(Act(role, "call_in", {"staff_role": name, "count": 2}), amount=1 - min(view.cover.values()))
    tired = sorted((one for one in view.people if one["status"] == "on"), key=lambda one: -float(one["hours"]))
    for one in tired[:8]:
        yield Offer(Act(role, "rest", {"staff": one["staff"]}), amount=min(1.0, float(one["hours"]) / 24))
    high = max(view.cover, key=lambda place: view.cover[place])
    nurse = next((one for one in view.people if one["status"] == "on" and one["area"] == high), None)
    for place, cover in view.cover.items():
        if nurse is not None and place != high:
            yield Offer(Act(role, "assign", {"staff": nurse["staff"], "area": place}), amount=1 - cover)


def _it(view: View) -> Iterator[Offer]:
    role, counts = view.role, view.counts
    for system in counts["down"]:
        for kind, running in (("restore", "repairing"), ("paper", "paper")):
            if system not in counts[running]:
                yield Offer(Act(role, kind, {"system": system}))
    for entry in view.board:
        if "record" in entry:
            yield Offer(Act(role, "correct", {"record": str(entry["record"])}), entry=entry)


def _cmo(view: View) -> Iterator[Offer]:
    role, counts = view.role, view.counts
    yield from _entries(view)
    for name in PROTOCOLS:
        if name not in counts["protocols"]:
            yield Offer(Act(role, "protocol", {"name": name}))
    yield Offer(Act(role, "divert", {"on": not counts["diverting"]}))


_OFFERS: Mapping[str, Callable[[View], Iterator[Offer]]] = {
    "er_triage": _er,
    "icu_management": _icu,
    "pharmacy": _pharmacy,
    "hr_rostering": _hr,
    "it_systems": _it,
    "cmo_oversight": _cmo,
}


@cache
def _layout() -> Mapping[str, int]:
    """Return where each group of numbers of a row begins, and under `all` how many there are."""
    areas = tuple(resource_table().areas)
    sizes = {"there": 1, "kind": KINDS, "word": 1, "amount": 1, "entry": 5, "tag": len(TAGS) + 1, "area": len(areas)}
    sizes |= {"vitals": len(VITALS) + 1, "person": 4, "needs": len(needs()), "met": len(needs())}
    places: dict[str, int] = {}
    place = 0
    for name, size in sizes.items():
        places[name] = place
        place += size
    return {**places, "all": place}


def features() -> int:
    """Return how many numbers describe one act on a menu."""
    return _layout()["all"]


def observe(view: View, offers: list[Offer]) -> np.ndarray:
    """Return what a role sees as numbers from 0 to 1: the house, then one row for each place of the menu.

    Shapes: one vector of `HOUSE + MENU * features()` numbers.
    """
    rows = np.zeros((MENU, features()), np.float32)
    for row, offer in zip(rows, offers, strict=False):
        _fill(row, offer)
    return np.concatenate([_house(view), np.clip(rows, 0.0, 1.0).ravel()])


def _fill(row: np.ndarray, offer: Offer) -> None:
    at, act = _layout(), offer.act
    row[at["there"]] = 1.0
    kinds = list(ACTS[act.role])
    row[at["kind"] + (kinds.index(act.kind) if act.kind in kinds else len(kinds))] = 1.0
    for name, field in ACTS[act.role].get(act.kind, {}).items():
        if field.kind == WORD:
            row[at["word"]] = (field.words.index(act.args[name]) + 1) / len(field.words)
    row[at["amount"]] = offer.amount
    if offer.entry is not None:
        row[at["entry"] : at["entry"] + 5] = _entry(offer.entry)
    if offer.chart is not None:
        _fill_chart(row, offer.chart, at)


def _entry(entry: Mapping[str, Any]) -> tuple[float, ...]:
    differs = any(name in entry and str(entry[name]) != str(entry.get(other)) for name, other in PAIRS)
    listed = max((len(value) for value in entry.values() if isinstance(value, list)), default=0)
    words = str(entry.get("authorised_by", ""))
    return 1.0, float(differs), min(1.0, listed / 3), float("officer" in words), float(bool(entry.get("alert")))


def _fill_chart(row: np.ndarray, one: Chart, at: Mapping[str, int]) -> None:
    row[at["tag"] + (TAGS.index(one["tag"]) if one["tag"] in TAGS else len(TAGS))] = 1.0
    areas = list(resource_table().areas)
    if one["area"] in areas:
        row[at["area"] + areas.index(one["area"])] = 1.0
    vitals = one["vitals"]
    if vitals is not None:
        row[at["vitals"]] = 1.0
        for place, (name, (low, high)) in enumerate(VITALS.items(), 1):
            row[at["vitals"] + place] = (vitals[name] - low) / (high - low)
    row[at["person"] : at["person"] + 4] = (
        one["age_years"] / 100,
        one["ventilator"],
        one["worked_up"],
        len(one["given"]) / 4,
    )
    kinds = list(needs())
    for group in ("needs", "met"):
        for need in one[group]:
            row[at[group] + kinds.index(need)] = 1.0


def _house(view: View) -> np.ndarray:
    numbers = [view.steps_left / max(1, view.steps_left + view.step), view.acts_left / 12, len(view.patients) / 60]
    numbers += [free / 24 for free in view.beds.values()]
    numbers += list(view.cover.values())
    for value in view.counts.values():
        if isinstance(value, bool | int | float):
            numbers.append(float(value) / (1 if isinstance(value, bool) else 30))
        elif isinstance(value, dict | list | tuple):
            numbers.append(len(value) / 10)
    house = np.zeros(HOUSE, np.float32)
    shown = np.clip(np.array(numbers[:HOUSE], np.float32), 0.0, 1.0)
    house[: len(shown)] = shown
    return house


__all__ = ["HOUSE", "MENU", "ROLES", "Offer", "features", "menu", "observe"]
