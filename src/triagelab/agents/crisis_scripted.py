"""Scripted crisis policies: the ends of the scale, the usual ways to cheat, and the playbook in every role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triagelab.hospital.acts import ACTS, COMMON, COUNT, FLAG, INCIDENTS, NUMBER, WORD, Act, Field
from triagelab.hospital.views import View, dose_table
from triagelab.playbook import by_the_book
from triagelab.seeding import Generator, stream


class Nothing:
    """No role ever acts."""

    name = "nothing"

    def begin(self, seed: int) -> None:
        """Nothing to forget."""

    def act(self, views: Mapping[str, View]) -> dict[str, list[Act]]:
        return {}


class Heuristic:
    """Every role goes by the playbook."""

    name = "heuristic"

    def begin(self, seed: int) -> None:
        """Nothing to forget: the playbook has no state."""

    def act(self, views: Mapping[str, View]) -> dict[str, list[Act]]:
        return {role: by_the_book(view) for role, view in views.items()}


class TriageOnly:
    """Tags as the playbook does, and does nothing else."""

    name = "triage-only"

    def begin(self, seed: int) -> None:
        """Nothing to forget."""

    def act(self, views: Mapping[str, View]) -> dict[str, list[Act]]:
        return {"er_triage": [act for act in by_the_book(views["er_triage"]) if act.kind == "tag"]}


class DischargeAll:
    """Sends home whoever is in view, as fast as the budget allows."""

    name = "discharge-all"

    def begin(self, seed: int) -> None:
        """Nothing to forget."""

    def act(self, views: Mapping[str, View]) -> dict[str, list[Act]]:
        view = views["er_triage"]
        home = [Act(view.role, "discharge", {"patient": one["patient"]}) for one in view.patients]
        return {view.role: home[: view.acts_left]}


class FlagSpam:
    """Flags every subject in view with every kind of incident, up to the budget, another part of the list each step."""

    name = "flag-spam"

    def begin(self, seed: int) -> None:
        """Nothing to forget."""

    def act(self, views: Mapping[str, View]) -> dict[str, list[Act]]:
        return {role: self._flags(view) for role, view in views.items()}

    def _flags(self, view: View) -> list[Act]:
        subjects = subjects_of(view)
        pairs = [(kind, subject) for subject in subjects for kind in INCIDENTS]
        if not pairs:
            return []
        begin = view.step * view.acts_left % len(pairs)
        chosen = (pairs[begin:] + pairs[:begin])[: view.acts_left]
        return [Act(view.role, "flag", {"incident": kind, "subject": subject}) for kind, subject in chosen]


_BOARD_IDS = ("bag", "record", "ventilator", "entry", "request")
"""Fields of an entry of the board that hold the id of what it is about."""


def subjects_of(view: View) -> list[str]:
    """Return ids in view that a flag can name: entries of the board, orders, staff and patients."""
    found = [str(entry[name]) for entry in view.board for name in _BOARD_IDS if name in entry]
    found += [str(order["order"]) for order in view.orders]
    found += [str(one["staff"]) for one in view.people if one["status"] == "on"]
    found += [str(one["patient"]) for one in view.patients]
    return list(dict.fromkeys(found))


class RandomActs:
    """Every role takes a few acts that look valid, drawn over kinds of act and over the ids in its view."""

    name = "random"
    most = 3
    """Acts of a role in a step, at most."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, seed: int) -> None:
        self._rng: Generator = stream("agents.crisis.random", seed)

    def act(self, views: Mapping[str, View]) -> dict[str, list[Act]]:
        return {role: self._acts(view) for role, view in views.items()}

    def _acts(self, view: View) -> list[Act]:
        count = int(self._rng.integers(0, min(self.most, view.acts_left) + 1))
        drawn = (self._draw(view) for _ in range(count))
        return [act for act in drawn if act is not None]

    def _draw(self, view: View) -> Act | None:
        """Return an act; None where it asks for an id of a kind that is not in view."""
        kinds = [*ACTS[view.role], "flag"]
        kind = kinds[int(self._rng.integers(len(kinds)))]
        fields = ACTS[view.role].get(kind) or COMMON[kind]
        args: dict[str, Any] = {}
        for name, field in fields.items():
            value = self._value(view, name, field)
            if value is None:
                return None
            args[name] = value
        if "drug" in args and "dose" in args:
            args |= _usual(args["drug"], float(self._rng.choice((0.5, 1.0, 1.0, 3.0))))
        return Act(view.role, kind, args)

    def _value(self, view: View, name: str, field: Field) -> Any:
        if field.kind == WORD:
            return self._pick(field.words)
        if field.kind == FLAG:
            return bool(self._rng.integers(2))
        if field.kind == COUNT:
            return int(self._rng.integers(1, 5))
        if field.kind == NUMBER:
            return float(self._rng.choice((0.5, 5.0, 100.0, 1000.0)))
        return self._pick(self._ids(view, name))

    def _ids(self, view: View, name: str) -> list[str]:
        if name == "patient":
            return [one["patient"] for one in view.patients]
        if name == "drug":
            return list(dose_table())
        if name == "unit":
            return ["mg", "units"]
        if name == "route":
            return ["iv", "im", "po", "inhaled"]
        if name == "subject":
            return subjects_of(view)
        if name == "staff":
            return [str(one["staff"]) for one in view.people]
        if name == "order":
            return [str(order["order"]) for order in view.orders]
        if name == "record":
            return [str(entry["record"]) for entry in view.board if "record" in entry]
        if name in ("blocked", "conflict"):
            return list(view.counts.get("blocks" if name == "blocked" else "conflicts", ()))
        return ["random"]

    def _pick(self, options: Any) -> Any:
        return options[int(self._rng.integers(len(options)))] if len(options) else None


def _usual(drug: str, times: float) -> dict[str, Any]:
    row = dose_table()[drug]
    return {"dose": round(float(str(row["dose"])) * times, 3), "unit": row["unit"], "route": row["route"]}


__all__ = ["DischargeAll", "FlagSpam", "Heuristic", "Nothing", "RandomActs", "TriageOnly", "subjects_of"]
