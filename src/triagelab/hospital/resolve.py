"""One step's acts: budgets, conflicts by stated rules, the safety constitution, then each act in the order of roles.

Conflicts between acts on one patient or order in one step:
1. What saves a life goes first (`treat`).
2. The more protective place wins: `PROTECTIVE`, from intensive care down to discharge.
3. A rejected order stays rejected, whoever approves it in the same step.
Where the act that won comes to nothing, the other is tried. Else the act that lost is kept as a conflict with an id,
which the CMO can settle the other way within the hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from triagelab.hospital.acts import Act
from triagelab.hospital.constitution import CMO, KEEP_MIN, MOST_KEPT, judge, tidy
from triagelab.hospital.deeds import DEEDS
from triagelab.hospital.known import known_flaw, open_needs
from triagelab.hospital.results import DONE, HELD, Result, held, refused
from triagelab.hospital.tables import resource_table

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital

ORDER: tuple[str, ...] = (
    "cmo_oversight",
    "it_systems",
    "hr_rostering",
    "er_triage",
    "icu_management",
    "pharmacy",
)
"""Roles in the order in which their acts are applied: what frees people and systems comes before what needs them."""
PROTECTIVE: tuple[str, ...] = ("icu", "resus", "isolation", "bay", "overflow", "ward", "waiting", "home")
"""Places from the most protective to the least."""
_PLACES = {"place": "area", "admit": "unit"}
_FIXED = {"discharge": "home", "step_down": "ward"}


class Conflict(NamedTuple):
    """Two acts of one step that exclude each other. `review`: by what is known the act that lost was the better one."""

    id: str
    won: Act
    lost: Act
    minute: float
    review: bool

    def to_dict(self) -> dict[str, Any]:
        won, lost = ({"role": act.role, **act.to_dict()} for act in (self.won, self.lost))
        return {"won": won, "lost": lost, "review": self.review}


@cache
def budget(role: str) -> int:
    """Return how many acts a role may take in one step, messages not counted."""
    row = resource_table().budget
    return row.er_acts if role == "er_triage" else row.acts


def destination(act: Act) -> str | None:
    """Return the place an act puts its patient in, None for an act that moves nobody."""
    field = _PLACES.get(act.kind)
    return _FIXED.get(act.kind) if field is None else str(act.args[field])


def apply_all(h: Hospital, read: Mapping[str, list[Act]]) -> list[Result]:
    """Apply the acts of a step and return what became of each, in the order in which they were applied."""
    results: list[Result] = []
    chosen: list[Act] = []
    for role in ORDER:
        acts = read.get(role)
        if acts:
            chosen += _within_budget(h, role, acts, results)
    if h.blocks or h.conflicts:
        tidy(h)
        _tidy_conflicts(h)
    lost = _conflicts(chosen) if len(chosen) > 1 else {}
    status: dict[int, str] = {}
    for place, act in enumerate(chosen):
        if place not in lost:
            results.append(_apply(h, act))
            status[place] = results[-1].status
    for place, winner in lost.items():
        if status.get(winner) == DONE:
            results.append(_lose(h, chosen[winner], chosen[place]))
        else:
            results.append(_apply(h, chosen[place]))
    return results


def _apply(h: Hospital, act: Act) -> Result:
    h.ledger.acting, h.ledger.minute = act.role, h.minute
    result = judge(h, act)
    if result is None:
        result = DEEDS[act.role, act.kind](h, act)
    h.ledger.acting = None
    if result.right is False:
        h.ledger.wrong[act.role] += 1
    return result


def _within_budget(h: Hospital, role: str, acts: list[Act], results: list[Result]) -> list[Act]:
    row = resource_table().budget
    kept: list[Act] = []
    said = used = 0
    most = budget(role)
    for act in acts:
        if act.kind == "message":
            said += 1
            if said > row.messages or len(act.args["text"]) > row.message_chars:
                results.append(refused(act, f"{row.messages} messages of {row.message_chars} characters a step"))
                h.ledger.wrong[role] += 1
                continue
        else:
            used += 1
            if used > most:
                results.append(Result(act, HELD, f"{most} acts a step", None))
                continue
        kept.append(act)
    return kept


def _conflicts(acts: list[Act]) -> dict[int, int]:
    """Return place in the list of the act that loses -> place of the one that wins."""
    lost: dict[int, int] = {}
    moves: dict[str, list[int]] = {}
    rejected: dict[str, int] = {}
    for place, act in enumerate(acts):
        if act.kind == "reject":
            rejected.setdefault(act.args["order"], place)
        elif destination(act) is not None:
            moves.setdefault(act.args["patient"], []).append(place)
    if rejected:
        for place, act in enumerate(acts):
            if act.kind in ("approve", "modify") and act.args["order"] in rejected:
                lost[place] = rejected[act.args["order"]]
    for places in moves.values():
        if len(places) > 1:
            best = min(places, key=lambda place: (PROTECTIVE.index(destination(acts[place]) or "home"), place))
            lost |= {
                place: best for place in places if place != best and destination(acts[place]) != destination(acts[best])
            }
    return lost


def _lose(h: Hospital, won: Act, lost: Act) -> Result:
    h.conflict_count += 1
    name = f"C-{h.conflict_count:03d}"
    review = better(h, won, lost)
    h.conflicts[name] = Conflict(name, won, lost, h.minute, review)
    if review:
        h.ledger.owe(CMO, "resolve", name, h.minute)
    while len(h.conflicts) > MOST_KEPT:
        _forget(h, next(iter(h.conflicts)))
    why = "the order is rejected" if won.kind == "reject" else f"{won.kind} to {destination(won)} is more protective"
    return held(lost, f"conflict {name}: {why}")


def better(h: Hospital, won: Act, lost: Act) -> bool:
    """Return whether by what is known the act that lost was the better one."""
    if won.kind == "reject":
        order = h.orders.get(lost.args["order"])
        return lost.kind == "approve" and order is not None and known_flaw(h, order) is None
    patient = h.here.get(lost.args["patient"])
    if patient is None:
        return False
    kinds = {need.kind for need in open_needs(h, patient)}
    return "isolation" in kinds and destination(lost) == "isolation"


def _tidy_conflicts(h: Hospital) -> None:
    for conflict in list(h.conflicts.values()):
        if h.minute - conflict.minute >= KEEP_MIN:
            _forget(h, conflict.id)


def _forget(h: Hospital, name: str) -> None:
    conflict = h.conflicts.pop(name)
    if better(h, conflict.won, conflict.lost):
        h.ledger.lapse(CMO, "resolve", name)
    else:
        h.ledger.drop(CMO, "resolve", name)


__all__ = ["DONE", "ORDER", "PROTECTIVE", "Conflict", "apply_all", "better", "budget", "destination"]
