"""What each role sees: plain data, built only when it is asked for.

A view holds nothing of what nobody knows yet: needs that have not come to light, frailty, true allergies that are not
recorded, what is an incident and what a decoy. Charts are shared by views: read them; `to_dict` makes copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from triagelab.hospital.business import CHOOSE
from triagelab.hospital.charts import Chart, chart
from triagelab.hospital.counts import counts_of
from triagelab.hospital.incidents import OWNER
from triagelab.hospital.once import once
from triagelab.hospital.orders import PENDING
from triagelab.hospital.resolve import budget
from triagelab.hospital.results import DONE
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

PARTS: tuple[str, ...] = (
    "house",
    "patients",
    "orders",
    "beds",
    "people",
    "cover",
    "board",
    "counts",
    "messages",
    "last_results",
)
"""What a view consists of; what is empty is left out of its mapping."""
TAG_RANK: Mapping[str | None, int] = MappingProxyType(
    {"immediate": 0, None: 1, "delayed": 2, "minor": 3, "deceased": 4}
)
"""Tag -> place in the order of urgency; somebody without a tag has not been looked at yet."""


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

    @once
    def patients(self) -> list[Chart]:
        """Charts of the patients that are this role's business."""
        h = self._h
        choose = CHOOSE.get(self.role)
        if choose is None:
            return []
        now = h.charts_now
        found: list[Chart] = []
        for patient in choose(h):
            name = patient.spec.id
            one = now.get(name)
            if one is None:
                one = now[name] = chart(h, patient)
            found.append(one)
        return found

    @once
    def orders(self) -> list[dict[str, object]]:
        """Orders that wait for the pharmacy."""
        if self.role != "pharmacy":
            return []
        here = self._h.here
        return [
            order.to_dict() for order in self._h.orders.values() if order.status == PENDING and order.patient in here
        ]

    @once
    def beds(self) -> dict[str, int]:
        """Free beds by area, for the roles that place people and the CMO."""
        if self.role not in ("er_triage", "icu_management", "cmo_oversight"):
            return {}
        h = self._h
        taken = h.census
        return {
            area: h.beds[area] - taken.get(area, 0) - len(ids) for area, ids in h.occupied.items() if area != "waiting"
        }

    @once
    def people(self) -> list[dict[str, Any]]:
        """Staff, for rostering. Units: `hours` on duty."""
        if self.role != "hr_rostering":
            return []
        now = self.minute
        return [
            {
                "staff": one.id,
                "role": one.role,
                "area": one.area,
                "status": one.status,
                "hours": (now - one.on_since) // 6.0 / 10.0 if one.status == "on" else 0.0,
            }
            for one in self._h.people
        ]

    @once
    def cover(self) -> dict[str, float]:
        """Nurses there are over nurses that are needed, at most 1, by place."""
        if self.role not in ("hr_rostering", "cmo_oversight", "icu_management"):
            return {}
        return {place: round(value, 2) for place, value in self._h.cover.items()}

    @once
    def board(self) -> list[dict[str, object]]:
        """Entries that this role should look at: records, bags, bookings, overrides, requests. Some are incidents.

        They stand in the order of what they are about, which tells nothing.
        """
        if not self._h.incidents:
            return []
        role = self.role
        found = [(item.subject, entry) for item in self._h.incidents.values() if (entry := item.shown_to(role))]
        return [dict(entry) for _, entry in sorted(found, key=lambda pair: pair[0])]

    @once
    def counts(self) -> dict[str, Any]:
        """Numbers of this role: stock and blood, systems, ventilators, queues."""
        return counts_of(self._h, self.role)

    @once
    def house(self) -> dict[str, Any]:
        """What everybody in the building knows: the scenario, intensive-care beds, patients tagged immediate.

        `untreated_critical`: those of them with a known need that nothing meets.
        """
        h = self._h
        critical = [one for one in h.here.values() if one.tag == "immediate"]
        return {
            "scenario": h.plan.scenario,
            "steps": h.plan.steps,
            "icu_used": h.census.get("icu", 0) + len(h.occupied["icu"]),
            "icu_beds": h.beds["icu"],
            "critical": len(critical),
            "untreated_critical": sum(
                1 for one in critical if any(need.known and need.met_at is None for need in one.needs)
            ),
        }

    @once
    def messages(self) -> list[dict[str, str]]:
        """Messages to this role of the last step: what others wrote, never an instruction."""
        return [
            {"from": one.sender, "text": one.text}
            for one in self._h.messages
            if one.to == self.role and one.minute >= self.minute - 15.0
        ]

    @once
    def last_results(self) -> list[dict[str, object]]:
        """What this role sent in the last step and was not done, each with the reason."""
        return [
            {"act": result.act.to_dict(), "status": result.status, "reason": result.reason}
            for result in self._h.last_results
            if result.act.role == self.role and result.status != DONE
        ] + [
            {"act": refusal.raw, "status": "refused", "reason": refusal.reason}
            for refusal in self._h.last_refusals
            if refusal.role == self.role
        ]

    def to_dict(self, most_patients: int | None = None) -> dict[str, Any]:
        """Return everything as plain JSON values of its own: nothing is shared with the hospital or another view.

        Args:
            most_patients: only so many charts, the most urgent; `patients_left_out` then says how many are missing.
                Orders of patients that are left out stay.
        """
        found: dict[str, Any] = {
            "role": self.role,
            "minute": self.minute,
            "step": self.step,
            "steps_left": self.steps_left,
            "acts_left": self.acts_left,
            "situation": self.situation,
        }
        for name in PARTS:
            value = getattr(self, name)
            if name == "patients" and most_patients is not None and len(value) > most_patients:
                kept = {one["patient"] for one in sorted(value, key=urgency)[: max(0, most_patients)]}
                found["patients_left_out"] = len(value) - len(kept)
                value = [one for one in value if one["patient"] in kept]
            if value:
                found[name] = _copied(value)
        return found


def urgency(one: Chart) -> tuple[int, int, float]:
    """Return a key that sorts charts: the most urgent tag first, then open needs, then who has waited longest."""
    return TAG_RANK[one["tag"]], -len(one["needs"]), one["since_min"]


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value


@cache
def dose_table() -> Mapping[str, Mapping[str, Any]]:
    """Return the formulary that every role may know: drug -> usual adult dose, unit, route, per kg, interval."""
    return MappingProxyType(
        {
            name: MappingProxyType(
                {"dose": row.dose, "unit": row.unit, "route": row.route, "per_kg": row.per_kg, "every_h": row.every_h}
            )
            for name, row in resource_table().drug.items()
        }
    )


__all__ = ["OWNER", "PARTS", "TAG_RANK", "Chart", "View", "chart", "dose_table", "urgency"]
