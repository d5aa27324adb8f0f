"""A play that knows everything: true needs, who dies of what and when, which entry is an incident. Legal acts only.

Each step it lists the acts that would do something, what each is worth, and takes the best within the budgets and the
minutes of staff. What an act is worth is the hazard that waiting one more step would add, and a share of the life that
hangs on it; a duty is worth little beside that. The search in `oracle` moves the weights of single patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triagelab.evaluation.crisis.clairvoyant_moves import Mover
from triagelab.evaluation.crisis.clairvoyant_orders import orders, pending
from triagelab.evaluation.crisis.clairvoyant_rest import rest_of
from triagelab.evaluation.crisis.clairvoyant_sight import Aims, Option, Sight, key_of
from triagelab.evaluation.crisis.foresight import Prospect, prospect
from triagelab.hospital.acts import Act
from triagelab.hospital.conditions import GROWN_YEARS
from triagelab.hospital.hospital import Hospital, Report
from triagelab.hospital.known import known_weight
from triagelab.hospital.patient import Patient
from triagelab.hospital.resolve import budget
from triagelab.hospital.results import DONE, HELD
from triagelab.hospital.sight import right_tag
from triagelab.hospital.tables import resource_table

ER = "er_triage"
UNIT = "icu_management"
_ROOM = {"wean": 0, "step_down": 0, "ventilate": 2}
"""Room is made before it is taken, and nobody is ventilated before he lies where it can be done."""
_ORDER = {"tag": 0, "treat": 1}
"""A tag is right for what is seen before anything is done."""


class Clairvoyant:
    """Plays every role of one episode from the hospital itself.

    Args:
        weights: patient -> factor on his life; those who are not named have 1.
    """

    name = "oracle"

    def __init__(self, weights: Mapping[str, float] | None = None, aims: Aims | None = None) -> None:
        self.weights = dict(weights or {})
        self.aims = aims or Aims()
        self._barred: dict[tuple[str, ...], float] = {}

    def go_on(self, weights: Mapping[str, float], aims: Aims) -> Clairvoyant:
        """Return a play with other weights that remembers what this one was refused."""
        new = Clairvoyant(weights, aims)
        new._barred = dict(self._barred)
        return new

    def see(self, report: Report) -> None:
        """Remember what was turned down, so that it is not asked for again within the hour."""
        for result in report.results:
            if result.status not in (DONE, HELD):
                self._barred[key_of(result.act)] = report.minute + 60.0

    def act(self, h: Hospital) -> dict[str, list[Act]]:
        """Return the acts of every role for this step."""
        sight = self._sight(h)
        moves, beds = Mover(sight).moves()
        emergency = _emergency(sight, moves)
        chosen = _within(h, emergency, orders(sight) + pending(sight))
        acts = {role: found for role, found in rest_of(sight, beds).items() if found}
        for role, found in chosen.items():
            acts[role] = found + acts.get(role, [])
        for role in acts:
            acts[role] = acts[role][: budget(role)]
        unit = [option.act for option in sorted(moves, key=_first) if option.act.role == UNIT]
        kept = (acts.get(UNIT, []) + unit)[: budget(UNIT)]
        acts[UNIT] = sorted(kept, key=lambda act: _ROOM.get(act.kind, 1))
        return acts

    def _sight(self, h: Hospital) -> Sight:
        end = float(h.plan.minutes)
        found: dict[str, Prospect] = {}
        for patient in h.here.values():
            h.settle(patient)
            found[patient.spec.id] = prospect(patient, h.minute, end)
        weights, aims = self.weights, self.aims

        def weigh(patient: Patient, cost: float) -> float:
            name = patient.spec.id
            return found[name].worth(cost, aims.life * weights.get(name, 1.0), aims.hazard)

        barred = frozenset(key for key, until in self._barred.items() if until > h.minute)
        return Sight(h, aims, found, (end - h.minute) / 60.0, weigh, barred)


def _first(option: Option) -> float:
    return -option.worth


def _emergency(sight: Sight, moves: list[Option]) -> list[Option]:
    """Return what emergency triage could do now: treat, call, tag, place, send home."""
    minutes = resource_table().work_min
    found = [option for option in moves if option.act.role == ER]
    slots = _free_teams(sight.h)
    for patient in sight.h.here.values():
        name = patient.spec.id
        leading = 0.0
        for need in patient.needs:
            if not need.open(sight.h.minute):
                continue
            worth = sight.cost(patient, need)
            leading = max(leading, worth)
            if need.row.by == "procedure":
                what = need.row.means[0]
                act = Act(ER, "treat", {"patient": name, "procedure": what})
                found.append(Option(worth + sight.owed(ER, need.kind, name), act, minutes[what], name))
            elif need.row.by == "theatre" and "surgery" not in patient.called:
                worth += sight.owed(ER, need.kind, name)
                act = Act(ER, "call", {"patient": name, "service": "surgery"})
                found.append(Option(worth if slots > 0 else 0.2 * worth, act, minutes["call"], name))
        if patient.tag is None:
            act = Act(ER, "tag", {"patient": name, "tag": right_tag(patient)})
            found.append(Option(sight.aims.duty + leading, act, minutes["tag"], name))
        elif sight.owed(ER, "discharge", name):
            found.append(_home(sight, name))
        if known_weight(patient) is None and patient.spec.age_years < GROWN_YEARS:
            found += _weigh(sight, patient)
    found += _flags(sight)
    return [option for option in found if sight.may(option.act)]


def _weigh(sight: Sight, patient: Patient) -> list[Option]:
    """Return the look at a child that its drug waits for: it goes by weight."""
    worth = max(
        (sight.cost(patient, need) for need in patient.needs if need.row.by == "drug" and need.known), default=0
    )
    act = Act(ER, "assess", {"patient": patient.spec.id})
    return [Option(worth, act, resource_table().work_min["assess"], patient.spec.id)] if worth else []


def _home(sight: Sight, name: str) -> Option:
    act = Act(ER, "discharge", {"patient": name})
    return Option(sight.aims.duty, act, resource_table().work_min["discharge"], name)


def _flags(sight: Sight) -> list[Option]:
    return [
        Option(1.0, Act(ER, "flag", {"incident": item.kind, "subject": item.subject}), 0.0, "")
        for item in sight.h.incidents.values()
        if item.kind is not None and item.status == "open" and item.role == ER
    ]


def _free_teams(h: Hospital) -> int:
    """Return operating teams that could begin in this step, less those who wait for one already."""
    teams = min(h.beds["theatre"], h.shift.surgeons, h.shift.anaesthetists)
    still = sum(1 for name in h.occupied["theatre"] if _open_surgery(h.patients[name]))
    return teams - still - len(h.theatre_queue)


def _open_surgery(patient: Patient) -> bool:
    need = patient.need("surgery")
    return need is not None and need.met_at is None


def _within(h: Hospital, emergency: list[Option], drugs: list[Option]) -> dict[str, list[Act]]:
    """Return the best acts within the budgets of both roles and the minutes of staff; a tag comes before the rest."""
    left: dict[str, Any] = {ER: budget(ER), "pharmacy": budget("pharmacy")}
    hands = h.hands
    chosen: dict[str, list[Act]] = {ER: [], "pharmacy": []}
    tagged = {patient.spec.id for patient in h.here.values() if patient.tag is not None}
    tags = {option.patient: option for option in emergency if option.act.kind == "tag"}
    for option in sorted(emergency + drugs, key=_first):
        needed = [option]
        if option.patient and option.patient not in tagged and option.act.kind not in ("treat", "tag"):
            if option.patient not in tags:
                continue
            needed.insert(0, tags[option.patient])
        elif option.act.kind == "tag" and option.patient in tagged:
            continue
        minutes = sum(one.minutes for one in needed)
        count = {name: sum(one.act.role == name for one in needed) for name in left}
        if minutes > hands or any(left[name] < number for name, number in count.items()):
            continue
        hands -= minutes
        for one in needed:
            left[one.act.role] -= 1
            if one.act.kind == "tag":
                tagged.add(one.patient)
            chosen[one.act.role].append(one.act)
    chosen[ER].sort(key=lambda act: _ORDER.get(act.kind, 2))
    return chosen


__all__ = ["Clairvoyant"]
