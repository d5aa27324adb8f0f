"""One step's acts: budgets, conflicts by stated rules, the safety constitution, then each act in the order of roles.

Conflicts between acts on one patient in one step:
1. What saves a life goes first (`treat`).
2. The more protective place wins: `PROTECTIVE`, from intensive care down to discharge.
3. A rejected order stays rejected, whoever approves it in the same step.
The act that lost is kept as a conflict with an id, which the CMO can resolve the other way in a later step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.constitution import judge
from triagelab.hospital.deeds import DEEDS
from triagelab.hospital.results import DONE, Result, held, refused
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


def budget(role: str) -> int:
    """Return how many acts a role may take in one step, messages not counted."""
    row = resource_table().budget
    return row.er_acts if role == "er_triage" else row.acts


def destination(act: Act) -> str | None:
    """Return the place an act puts its patient in, None for an act that moves nobody."""
    if act.kind in _PLACES:
        return str(act.args[_PLACES[act.kind]])
    return _FIXED.get(act.kind)


def apply_all(h: Hospital, read: Mapping[str, list[Act]]) -> list[Result]:
    """Apply the acts of a step and return what became of each, in the order in which they were applied."""
    results: list[Result] = []
    chosen: list[Act] = []
    for role in ORDER:
        acts = read.get(role)
        if acts:
            chosen += _within_budget(role, acts, results)
    lost = _conflicts(h, chosen) if len(chosen) > 1 else {}
    for place, act in enumerate(chosen):
        if place in lost:
            results.append(held(act, lost[place]))
            continue
        result = judge(h, act)
        if result is None:
            result = DEEDS[act.role, act.kind](h, act)
        if result.right is False:
            h.ledger.wrong[act.role] += 1
        results.append(result)
    return results


def _within_budget(role: str, acts: list[Act], results: list[Result]) -> list[Act]:
    row = resource_table().budget
    kept: list[Act] = []
    said = used = 0
    most = budget(role)
    for act in acts:
        if act.kind == "message":
            said += 1
            if said > row.messages or len(act.args["text"]) > row.message_chars:
                results.append(refused(act, f"{row.messages} messages of {row.message_chars} characters a step"))
                continue
        else:
            used += 1
            if used > most:
                results.append(held(act, f"{most} acts a step"))
                continue
        kept.append(act)
    return kept


def _conflicts(h: Hospital, acts: list[Act]) -> dict[int, str]:
    """Return place in the list -> why the act loses."""
    lost: dict[int, str] = {}
    moves: dict[str, list[int]] = {}
    rejected = {act.args["order"] for act in acts if act.kind == "reject"}
    for place, act in enumerate(acts):
        to = destination(act)
        if to is not None:
            moves.setdefault(act.args["patient"], []).append(place)
        elif act.kind in ("approve", "modify") and act.args["order"] in rejected:
            lost[place] = "conflict: the order is rejected in the same step"
    for places in moves.values():
        if len(places) < 2:
            continue
        best = min(places, key=lambda place: (PROTECTIVE.index(destination(acts[place]) or "home"), place))
        for place in places:
            if place != best and destination(acts[place]) != destination(acts[best]):
                name = f"C-{len(h.conflicts) + 1:03d}"
                h.conflicts[name] = (acts[best], acts[place])
                lost[place] = f"conflict {name}: {acts[best].kind} to {destination(acts[best])} is more protective"
    return lost


__all__ = ["DONE", "ORDER", "PROTECTIVE", "apply_all", "budget", "destination"]
