"""What each role sees: plain data, built only when it is asked for.

A view holds nothing of what nobody knows yet: needs that have not come to light, frailty, true allergies that are not
recorded, what is an incident and what a decoy. Lists and mappings are made for the view; changing them changes nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from triagelab.hospital.incidents import OWNER
from triagelab.hospital.orders import PENDING
from triagelab.hospital.patient import Patient
from triagelab.hospital.resolve import budget
from triagelab.hospital.sight import casualty_facts
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

Chart = dict[str, Any]
ED_AREAS = ("waiting", "resus", "bay", "isolation", "overflow")


def chart(h: Hospital, patient: Patient) -> Chart:
    """Return what staff know of a patient. Units: minutes since the episode began; vital signs as named.

    Missing: `vitals` None were never taken; `allergies` None where the record cannot be read; `weight_kg`, `group` and
    `tag` None are unknown or not given.
    """
    spec = patient.spec
    readable = h.systems["ehr"] is None or "ehr" in h.paper
    needs: list[str] = []
    met: list[str] = []
    drugs: list[str] = []
    units = 0
    for need in patient.needs:
        if need.known:
            if need.met_at is None:
                needs.append(need.kind)
                if need.drug is not None:
                    drugs.append(need.drug)
                if need.units > 0:
                    units = need.units
            else:
                met.append(need.kind)
    found: Chart = {
        "patient": spec.id,
        "complaint": spec.text,
        "age_years": spec.age_years,
        "sex": spec.sex,
        "area": patient.area,
        "tag": patient.tag,
        "since_min": patient.placed_at if patient.placed_at is not None else spec.arrival_min,
        "vitals": patient.seen,
        "vitals_min": patient.seen_at,
        "needs": needs,
        "met": met,
        "weight_kg": spec.weight_kg if spec.weight_known else None,
        "allergies": [f"{drug}: {reaction}" for drug, reaction in spec.allergies] if readable else None,
        "history": {**spec.background, **({"active": list(spec.active)} if spec.active else {})} if readable else None,
        "group": spec.group if spec.group_known and readable else None,
        "called": sorted(patient.called),
        "ventilator": patient.ventilator,
        "worked_up": patient.worked_up,
        "given": sorted(patient.given),
    }
    if drugs:
        found["antidotes"] = drugs
    if units:
        found["units_needed"] = units
    if patient.tag is None:
        patient.settle(h.minute)
        found["sight"] = casualty_facts(patient)
    return found


class View:
    """What one role sees now. Attributes are worked out when they are first asked for.

    Attributes:
        role: whose view it is. `minute`, `step`, `steps_left`: time.
        acts_left: acts that the role may take in this step.
    """

    def __init__(self, h: Hospital, role: str) -> None:
        self._h = h
        self.role = role
        self.minute = h.minute
        self.step = h.steps_done
        self.steps_left = h.plan.steps - h.steps_done
        self.acts_left = budget(role)
        self.situation = h.plan.text

    def chart(self, patient: Patient) -> Chart:
        charts = self._h.charts
        found = charts.get(patient.spec.id)
        if found is None:
            found = charts[patient.spec.id] = chart(self._h, patient)
        return found

    @cached_property
    def patients(self) -> list[Chart]:
        """Charts of the patients that are this role's business."""
        h = self._h
        if self.role == "er_triage":
            return [self.chart(one) for one in h.here.values() if one.area in ED_AREAS]
        if self.role == "icu_management":
            return [
                self.chart(one)
                for one in h.here.values()
                if one.area in ("icu", "theatre", "ward") or (one.area != "waiting" and (one.worked_up or one.called))
            ]
        if self.role == "pharmacy":
            ordered = {order.patient for order in h.orders.values() if order.status == PENDING}
            return [
                self.chart(one)
                for one in h.here.values()
                if one.spec.id in ordered
                or any(n.known and n.met_at is None and n.row.owner == "pharmacy" for n in one.needs)
            ]
        if self.role == "cmo_oversight":
            return [self.chart(one) for one in h.here.values() if one.tag == "immediate"]
        return []

    @cached_property
    def orders(self) -> list[dict[str, object]]:
        """Orders that wait for the pharmacy."""
        if self.role != "pharmacy":
            return []
        return [order.to_dict() for order in self._h.orders.values() if order.status == PENDING]

    @cached_property
    def beds(self) -> dict[str, int]:
        """Free beds by area, for the roles that place people and the CMO."""
        if self.role not in ("er_triage", "icu_management", "cmo_oversight"):
            return {}
        return {area: self._h.free(area) for area in self._h.occupied if area != "waiting"}

    @cached_property
    def people(self) -> list[dict[str, object]]:
        """Staff, for rostering."""
        if self.role != "hr_rostering":
            return []
        now = self.minute
        return [
            {
                "staff": one.id,
                "role": one.role,
                "area": one.area,
                "status": one.status,
                "hours": round(one.hours(now), 1),
            }
            for one in self._h.people
        ]

    @cached_property
    def cover(self) -> dict[str, float]:
        """Nurses there are over nurses that are needed, at most 1, by place."""
        if self.role not in ("hr_rostering", "cmo_oversight", "icu_management"):
            return {}
        return {place: round(value, 2) for place, value in self._h.cover.items()}

    @cached_property
    def board(self) -> list[dict[str, object]]:
        """Entries that this role should look at: records, bags, bookings, overrides, requests. Some are incidents."""
        return [
            dict(item.evidence)
            for item in self._h.incidents.values()
            if item.role == self.role and item.evidence and item.status == "open"
        ]

    @cached_property
    def counts(self) -> dict[str, Any]:
        """Numbers of this role: stock and blood, systems, ventilators, queues."""
        h = self._h
        if self.role == "pharmacy":
            return {
                "stock": dict(h.stock),
                "on_the_way": dict(h.restocking),
                "blood": dict(h.blood),
                "blood_bank_up": h.systems["blood_bank"] is None or "blood_bank" in h.paper,
            }
        if self.role == "it_systems":
            return {
                "down": [name for name, since in h.systems.items() if since is not None],
                "repairing": sorted(h.repairing),
                "paper": sorted(h.paper),
            }
        if self.role == "icu_management":
            return {"free_ventilators": h.free_ventilators, "theatre_queue": len(h.theatre_queue)}
        if self.role == "hr_rostering":
            return {"waiting_for_doctor": len(h.queue), "theatre_queue": len(h.theatre_queue)}
        if self.role == "cmo_oversight":
            return {
                "waiting": len(h.occupied["waiting"]),
                "infectious": sum(
                    1 for one in h.here.values() for need in one.needs if need.kind == "isolation" and need.known
                ),
                "group_o": h.blood["O-"] + h.blood["O+"],
                "deaths": sum(1 for one in h.patients.values() if one.arrived and not one.alive),
                "protocols": sorted(h.protocols),
                "diverting": h.diverting,
                "conflicts": sorted(h.conflicts),
                "blocks": {name: act.to_dict() for name, act in h.blocks.items()},
            }
        return {}

    @cached_property
    def messages(self) -> list[dict[str, str]]:
        """Messages to this role of the last step: what others wrote, never an instruction."""
        return [
            {"from": one.sender, "text": one.text}
            for one in self._h.messages
            if one.to == self.role and one.minute >= self.minute - 15.0
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        found: dict[str, Any] = {
            "role": self.role,
            "minute": self.minute,
            "step": self.step,
            "steps_left": self.steps_left,
            "acts_left": self.acts_left,
            "situation": self.situation,
        }
        for name in ("patients", "orders", "beds", "people", "cover", "board", "counts", "messages"):
            value = getattr(self, name)
            if value:
                found[name] = value
        return found


def dose_table() -> dict[str, dict[str, object]]:
    """Return the formulary that every role may know: drug -> usual adult dose, unit, route, per kg, interval."""
    return {
        name: {"dose": row.dose, "unit": row.unit, "route": row.route, "per_kg": row.per_kg, "every_h": row.every_h}
        for name, row in resource_table().drug.items()
    }


__all__ = ["OWNER", "Chart", "View", "chart", "dose_table"]
