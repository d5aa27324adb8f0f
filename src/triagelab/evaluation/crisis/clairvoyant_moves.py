"""Where the clairvoyant play would put everybody: the bed that meets most of what a patient needs, best first."""

from __future__ import annotations

from triagelab.evaluation.crisis.clairvoyant_sight import Option, Sight
from triagelab.evaluation.crisis.foresight import delay_cost
from triagelab.hospital.acts import Act
from triagelab.hospital.known import FIT
from triagelab.hospital.patient import Need, Patient
from triagelab.hospital.tables import resource_table

ER, UNIT = "er_triage", "icu_management"
SUPPORT = ("critical_care", "ventilation", "harm")
CARE = ("icu", "resus", "isolation", "bay", "overflow", "ward")
"""Where doctors work patients up."""
WRONG = 0.13
"""Points that an act counted as wrong costs: in the reward, and in the share of a role with some thirty duties."""
BEDS = ("icu", "resus", "isolation", "bay", "overflow", "ward")


class Mover:
    """Moves of one step. It keeps count of the beds and ventilators that its own moves take."""

    def __init__(self, sight: Sight) -> None:
        self.sight, self.h = sight, sight.h
        self.beds = {area: self.h.free(area) for area in BEDS}
        self.ventilators = self.h.free_ventilators
        self.found: list[Option] = []

    def moves(self) -> tuple[list[Option], dict[str, int]]:
        """Return the moves and the beds that are left after them."""
        self._make_room()
        ranked = [
            (worth, patient.spec.id, area)
            for patient in self.h.here.values()
            for area in BEDS
            if (worth := self._gain(patient, area)) > 0.01
        ]
        ranked.sort(key=lambda entry: (-entry[0], entry[1], BEDS.index(entry[2])))
        moved: set[str] = set()
        for worth, name, area in ranked:
            if name not in moved and self.beds[area] > 0:
                moved.add(name)
                self._take(self.h.patients[name], area, worth)
        self._ventilate(moved)
        return self.found, self.beds

    def _add(self, worth: float, role: str, kind: str, patient: Patient, **args: str) -> None:
        act = Act(role, kind, {"patient": patient.spec.id, **args})
        if self.sight.may(act):
            minutes = resource_table().work_min["place"] if role == ER else 0.0
            self.found.append(Option(worth, act, minutes, patient.spec.id))

    def _make_room(self) -> None:
        """Wean who breathes, step down who needs no intensive care: their beds go to others in the same step."""
        for patient in self.h.here.values():
            need = patient.need("ventilation")
            if patient.ventilator and (need is None or need.s <= FIT):
                self._add(2.0, UNIT, "wean", patient)
                self.ventilators += 1
            if patient.area == "icu" and self.beds["ward"] > 0 and not _supported(patient, weaned=True):
                short = self.beds["icu"] < 3
                if short or self.sight.owed(UNIT, "step_down", patient.spec.id):
                    self._add(2.0 if short else 0.1, UNIT, "step_down", patient)
                    self.beds["ward"] -= 1
                    self.beds["icu"] += 1

    def _gain(self, patient: Patient, area: str) -> float:
        """Return what having him there is worth over where he lies; 0 or less for what is not to be done."""
        if patient.area == area or (patient.area in ("icu", "theatre") and area in ("resus", "isolation", "bay")):
            return 0.0
        if patient.area == "icu" and area == "overflow":
            return 0.0
        if patient.area == "ward" and area in ("resus", "isolation", "bay"):
            return 0.0
        if patient.area == "theatre" and any(n.row.by == "theatre" and n.met_at is None for n in patient.needs):
            return 0.0
        support = _supported(patient)
        if area in ("ward", "overflow") and support and patient.area != "theatre":
            return 0.0
        gain = sum(self._effect(patient, need, area) for need in patient.needs if need.onset_min <= self.h.minute)
        name = patient.spec.id
        if area in ("icu", "ward", "overflow"):
            gain += self.sight.owed(UNIT, "admit", name)
        if area in ("resus", "bay", "isolation", "overflow"):
            gain += self.sight.owed(ER, "place", name)
        if area in CARE and patient.area == "waiting" and not patient.worked_up:
            gain += self._found_out(patient)
        if area == "icu" and patient.tag != "immediate" and not self._known_support(patient):
            gain -= WRONG
        if area == "isolation" and not any(need.kind == "isolation" and need.known for need in patient.needs):
            gain -= WRONG
        if area in ("resus", "bay") and patient.area in ("resus", "bay", "isolation", "overflow"):
            gain -= 0.05
        if patient.area == "theatre":
            gain += 0.2 if self.h.theatre_queue or self.sight.owed(UNIT, "admit", name) else 0.02
        return gain - (0.02 if area in ("resus", "isolation") else 0.0)

    def _effect(self, patient: Patient, need: Need, area: str) -> float:
        row = need.row
        if row.by == "ventilator":
            holds = patient.ventilator
            if area in ("icu", "resus"):
                return 0.0 if holds or self.ventilators < 1 else 0.9 * self._cost(patient, need)
            return -self._loss(patient, need) if holds else 0.0
        if row.by != "place":
            return 0.0
        meets, now = area in row.means, need.met_at is not None
        if need.kind == "isolation":
            if not need.known:
                return 0.0
            worth = self.sight.aims.isolate + self.sight.owed(row.owner, need.kind, patient.spec.id)
            return worth if meets and not now else -worth if now and not meets else 0.0
        if meets:
            return 0.0 if now else self._cost(patient, need) + self.sight.owed(row.owner, need.kind, patient.spec.id)
        return -self._loss(patient, need) if now else 0.0

    def _found_out(self, patient: Patient) -> float:
        """Return what it is worth that a doctor begins to look for what nobody knows of yet."""
        hidden = (need for need in patient.needs if need.row.shown == "workup" and not need.known)
        return sum(self._cost(patient, need) for need in hidden if need.open(self.h.minute))

    def _known_support(self, patient: Patient) -> bool:
        """Return whether staff see a reason for intensive care; a tag in this step shows what vital signs show."""
        return any(
            need.kind in SUPPORT and need.s > FIT and (need.known or (need.row.shown == "vitals" and not patient.tag))
            for need in patient.needs
        )

    def _cost(self, patient: Patient, need: Need) -> float:
        return self.sight.cost(patient, need)

    def _loss(self, patient: Patient, need: Need) -> float:
        """Return what no longer meeting a need is worth."""
        return self.sight.weigh(patient, delay_cost(need, self.sight.hours) * 2.0) + 0.02

    def _take(self, patient: Patient, area: str, worth: float) -> None:
        self.beds[area] -= 1  # the bed he leaves counts from the next step on: others may act before he is gone
        owed = self.sight.owed(UNIT, "admit", patient.spec.id) > 0.0
        use_unit = area in ("icu", "ward") or (
            area == "overflow" and (owed or patient.area in ("theatre", "ward", "icu"))
        )
        if use_unit:
            self._add(worth, UNIT, "admit", patient, unit=area)
        else:
            self._add(worth, ER, "place", patient, area=area)
        if area == "icu" and self.ventilators > 0:
            need = patient.need("ventilation")
            if need is not None and need.open(self.h.minute) and not patient.ventilator:
                self.ventilators -= 1
                self._add(worth - 1e-6, UNIT, "ventilate", patient)

    def _ventilate(self, moved: set[str]) -> None:
        """Ventilate who lies where it can be done, the most urgent first."""
        wanting = [
            (self._cost(patient, need) + self.sight.owed(UNIT, "ventilation", patient.spec.id), patient.spec.id)
            for patient in self.h.here.values()
            if patient.area in ("icu", "resus") and not patient.ventilator and patient.spec.id not in moved
            for need in patient.needs
            if need.kind == "ventilation" and need.open(self.h.minute)
        ]
        for worth, name in sorted(wanting, key=lambda entry: (-entry[0], entry[1]))[: max(0, self.ventilators)]:
            self._add(worth, UNIT, "ventilate", self.h.patients[name])


def _supported(patient: Patient, weaned: bool = False) -> bool:
    """Return whether he needs intensive care; with `weaned` a ventilator that he can do without does not count."""
    return any(need.kind in SUPPORT and need.s > FIT for need in patient.needs) or (patient.ventilator and not weaned)


__all__ = ["BEDS", "Mover"]
