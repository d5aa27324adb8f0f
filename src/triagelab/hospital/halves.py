"""Incidents whose evidence is split over two roles: neither can tell the incident from its decoys alone.

One row in four is the incident. Both halves of every row are drawn from the same values, so only who holds the two
beside each other, which takes a message, sees where they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from triagelab.hospital.acts import SHORT_FORMS
from triagelab.seeding import unit

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

Evidence = dict[str, object]
Half = tuple[str, Evidence, Evidence]
"""(subject, what its owner sees, what the partner sees)."""
SHARE = 0.75
"""Share of incidents of a kind in `PARTNER` whose evidence is split: about four in ten of all incidents. Assumed."""
ROWS = 4
PARTNER: Mapping[str, str] = MappingProxyType(
    {
        "mislabelled_blood": "it_systems",
        "missing_allergy": "er_triage",
        "record_mismatch": "er_triage",
        "double_booked_ventilator": "it_systems",
        "unauthorised_override": "hr_rostering",
    }
)
"""Kind -> the role that sees the other half."""
GROUPS = ("O+", "A+", "B+", "AB+", "A-", "O-", "B-")
CONSULTANTS = ("Dr Okafor", "Dr Lindqvist", "Dr Haddad", "Dr Moreau", "Dr Tanaka", "Dr Silva", "Dr Novak", "Dr Byrne")
FACTOR = 1.3
"""By how much a weight in a record is wrong where nobody else's weight could have been written into it."""
APART = 0.12
"""Share of a weight by which somebody else's differs that stands in a record instead. Assumed."""


class Deck:
    """Draws that belong to one incident: the same in every branch of an episode."""

    __slots__ = ("_count", "_index", "_noise")

    def __init__(self, h: Hospital, index: int) -> None:
        self._noise, self._index, self._count = h.plan.noise, index, 0

    def whole(self, below: int) -> int:
        self._count += 1
        return int(unit(self._noise, 11, self._index, self._count) * below)

    def some(self, items: list[str], count: int) -> list[str]:
        left = list(items)
        return [left.pop(self.whole(len(left))) for _ in range(min(count, len(left)))]


def is_split(h: Hospital, kind: str, index: int) -> bool:
    """Return whether an incident of the plan is one whose evidence is split."""
    return kind in PARTNER and unit(h.plan.noise, 12, index) < SHARE


def split_rows(h: Hospital, kind: str, index: int, patients: list[str]) -> tuple[list[Half], int, str] | None:
    """Return rows of two halves, the place of the incident among them, and its patient; None with too few patients."""
    if len(patients) < ROWS + 1:
        return None
    deck = Deck(h, index)
    names = deck.some(patients, ROWS + 1)
    wrong = deck.whole(ROWS)
    return _ROWS[kind](h, index, deck, names, wrong), wrong, names[wrong]


def _bags(h: Hospital, index: int, deck: Deck, names: list[str], wrong: int) -> list[Half]:
    found: list[Half] = []
    for place in range(ROWS):
        bag = f"B-{100 + 10 * index + place:04d}"
        label, other = deck.some(list(GROUPS), 2)
        found.append((bag, {"bag": bag, "label": label}, {"bag": bag, "lab_group": other if place == wrong else label}))
    return found


def _records(h: Hospital, index: int, deck: Deck, names: list[str], wrong: int, field: str) -> list[Half]:
    found: list[Half] = []
    for place in range(ROWS):
        name = names[place]
        record = f"R-{name}-{index}"
        if field == "allergies":
            allergens = ["none", *SHORT_FORMS.values()]
            mine, other = deck.some(allergens, 2)
            chart, band = mine, other if place == wrong else mine
        else:
            weight = h.patients[name].spec.weight_kg
            band = round(weight)
            chart = _other_weight(h, deck, weight) if place == wrong else round(weight)
        entry: Evidence = {"record": record, "patient": name, "field": field}
        found.append((record, {**entry, "chart": chart}, {**entry, "wristband": band}))
    return found


def _other_weight(h: Hospital, deck: Deck, weight: float) -> int:
    """Return the weight of somebody else here: a wrong record has no stranger number than a right one."""
    weights = [one.spec.weight_kg for one in h.here.values()]
    others = [other for other in weights if abs(other - weight) > APART * weight]
    return round(others[deck.whole(len(others))]) if others else round(weight * FACTOR)


def _allergies(h: Hospital, index: int, deck: Deck, names: list[str], wrong: int) -> list[Half]:
    return _records(h, index, deck, names, wrong, "allergies")


def _weights(h: Hospital, index: int, deck: Deck, names: list[str], wrong: int) -> list[Half]:
    return _records(h, index, deck, names, wrong, "weight_kg")


def _bookings(h: Hospital, index: int, deck: Deck, names: list[str], wrong: int) -> list[Half]:
    """Return ventilators with whom they are booked for, and with whom the device logs."""
    found: list[Half] = []
    for place in range(ROWS):
        device = f"V-{100 + 10 * index + place:03d}"
        logged = names[ROWS] if place == wrong else names[place]
        found.append(
            (device, {"ventilator": device, "booking": names[place]}, {"ventilator": device, "logged_on": logged})
        )
    return found


def _overrides(h: Hospital, index: int, deck: Deck, names: list[str], wrong: int) -> list[Half]:
    """Return overrides with who signed them, and who was on duty then."""
    found: list[Half] = []
    for place in range(ROWS):
        entry = f"OV-{100 + 10 * index + place:03d}"
        signed, *others = deck.some(list(CONSULTANTS), 4)
        duty = sorted(others if place == wrong else [signed, *others[:2]])
        found.append(
            (
                entry,
                {"entry": entry, "patient": names[place], "signed_by": signed},
                {"entry": entry, "consultants_on_duty": duty},
            )
        )
    return found


_ROWS: Mapping[str, Callable[[Hospital, int, Deck, list[str], int], list[Half]]] = MappingProxyType(
    {
        "mislabelled_blood": _bags,
        "missing_allergy": _allergies,
        "record_mismatch": _weights,
        "double_booked_ventilator": _bookings,
        "unauthorised_override": _overrides,
    }
)

__all__ = ["PARTNER", "ROWS", "SHARE", "Half", "is_split", "split_rows"]
