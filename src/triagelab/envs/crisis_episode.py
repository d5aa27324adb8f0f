"""One episode of crisis-v1: one hospital, the roles that the session plays, and the playbook for the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from triagelab.completions.crisis_prompts import seed_header, view_text
from triagelab.envs.crisis_actions import CrisisAction, PlainAct
from triagelab.envs.crisis_debrief import debrief
from triagelab.envs.crisis_pay import Purse
from triagelab.hospital.acts import Act, Refusal
from triagelab.hospital.hospital import Hospital, Report
from triagelab.hospital.results import DONE
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.observation import Observation
from triagelab.playbook import by_the_book
from triagelab.rewards.crisis.pay import step_pay

ALL = "all"
"""The word for all six roles in one session."""
SHOWN_PATIENTS = 30
"""Patients of one role that the message tells; `views` holds all of them."""
NOBODY = ""
"""Whose acts those are that a session of all six sends without a role."""


class CrisisObservation(Observation):
    """What a session sees after a step.

    Units: minutes since the episode began.

    Attributes:
        roles: the roles that this session plays.
        views: role -> what it sees, as plain data.
        results: what became of each act of the last step: role, act, status, and the reason where it was not done.
            `done` says that it happened, not that it was right.
    """

    roles: list[str] = Field(default_factory=list)
    views: dict[str, dict[str, Any]] = Field(default_factory=dict)
    results: list[dict[str, Any]] = Field(default_factory=list)
    minute: float = 0.0
    steps_left: int = 0


class CrisisEpisode:
    """One hospital from the first step to the last.

    Args:
        roles: those that the session plays; the playbook plays the others.
        pay: see `crisis_pay`.
    """

    def __init__(self, hospital: Hospital, roles: tuple[str, ...], pay: str = "steps") -> None:
        self.hospital, self.roles, self.purse = hospital, roles, Purse(pay)
        self._views: dict[str, View] = {}

    def first(self) -> CrisisObservation:
        """Return what the roles see at the beginning."""
        return self._seen([], None)

    def step(self, action: CrisisAction) -> CrisisObservation:
        """Return what comes of the acts of one step of 15 minutes."""
        report, parts = self.advance(action)
        return self._seen(results_of(report, self.roles), parts)

    def advance(self, action: CrisisAction) -> tuple[Report, dict[str, float]]:
        """Let one step happen and return its report and its pay by part, for callers that look by themselves."""
        h = self.hospital
        given, strangers = self._sorted(action)
        played: dict[str, list[Act] | list[PlainAct]] = dict(given)
        for role in ROLES:
            if role not in self.roles:
                played[role] = by_the_book(self.view(role))
        report = _with_strangers(h.step(played), strangers)
        self._views = {}
        return report, self.purse.add(step_pay(h.plan, report), last=h.done)

    def best(self) -> CrisisAction:
        """Return what somebody would do who goes by the book and knows what is an incident and what is not.

        It is a reference for checks, no proven optimum.
        """
        found = {role: self._best_of(role) for role in self.roles}
        if len(self.roles) == 1:
            return CrisisAction(acts=found[self.roles[0]])
        return CrisisAction(roles=found)

    def _best_of(self, role: str) -> list[PlainAct]:
        h = self.hospital
        view = self.view(role)
        flags: list[PlainAct] = [
            {"act": "flag", "incident": one.kind, "subject": one.subject}
            for one in h.incidents.values()
            if one.role == role and one.kind is not None and one.status == "open"
        ]
        subjects = {flag["subject"] for flag in flags}
        acts = [act.to_dict() for act in by_the_book(view) if act.kind != "flag"]
        return (flags + [act for act in acts if not subjects & set(act.values())])[: view.acts_left]

    def _sorted(self, action: CrisisAction) -> tuple[dict[str, list[PlainAct]], list[Refusal]]:
        """Return the acts of the session's roles, and the refusals of acts that belong to nobody here."""
        given: dict[str, list[PlainAct]] = {}
        refused: list[Refusal] = []
        sent = list((action.roles or {}).items())
        if action.acts:
            sent.append((self.roles[0] if len(self.roles) == 1 else NOBODY, action.acts))
        for role, acts in sent:
            if role in self.roles:
                given.setdefault(role, []).extend(acts)
            else:
                refused += [Refusal(role[:40], _short(act), self._why_not(role)) for act in acts]
        return given, refused

    def _why_not(self, role: str) -> str:
        if role == NOBODY:
            return 'this session plays all six roles: send {"roles": {"er_triage": [...]}}'
        if role in ROLES:
            return f"{role} is played by the playbook here; this session plays {', '.join(self.roles)}"
        return f"role: one of {', '.join(ROLES)}"

    def view(self, role: str) -> View:
        """Return what a role sees now, the same object until the next step."""
        if role not in self._views:
            self._views[role] = View(self.hospital, role)
        return self._views[role]

    def _seen(self, results: list[dict[str, Any]], parts: Mapping[str, float] | None) -> CrisisObservation:
        h, done = self.hospital, self.hospital.done
        return CrisisObservation(
            message=self._message(results),
            done=done,
            reward=None if parts is None else sum(parts.values()),
            components=dict(parts or {}),
            debrief=self.debrief(),
            roles=list(self.roles),
            views={role: self.view(role).to_dict() for role in self.roles},
            results=results,
            minute=h.minute,
            steps_left=h.plan.steps - h.steps_done,
        )

    def debrief(self) -> dict[str, Any] | None:
        """Return the truth once the episode has ended."""
        if not self.hospital.done:
            return None
        return debrief(self.hospital, {name: self.purse.total(name) for name in self.purse.raw})

    def _message(self, results: list[dict[str, Any]]) -> str:
        h = self.hospital
        lines = [seed_header(self.view(self.roles[0])), f"Situation: {h.plan.text}"]
        lines += [
            f"{one['status']}: {one['role']} {_short(one['act'])}: {one['reason']}"
            for one in results
            if one["status"] != DONE
        ]
        if h.done:
            told = h.outcome()
            lines.append(f"The episode has ended: {told['deaths']} of {told['patients']} patients have died.")
        else:
            lines += [view_text(self.view(role), SHOWN_PATIENTS) for role in self.roles]
        return "\n".join(lines)


def results_of(report: Report, roles: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what became of the acts of some roles. Where one was done no reason is told: it could say it was wrong."""
    found: list[dict[str, Any]] = [
        {
            "role": one.act.role,
            "act": one.act.to_dict(),
            "status": one.status,
            "reason": "" if one.status == DONE else one.reason,
        }
        for one in report.results
        if one.act.role in roles
    ]
    found += [
        {"role": one.role, "act": one.raw, "status": "refused", "reason": one.reason}
        for one in report.refusals
        if one.role in roles or one.role not in ROLES or "playbook" in one.reason
    ]
    return found


def _with_strangers(report: Report, refused: list[Refusal]) -> Report:
    """Return the report with acts of nobody here counted as wrong."""
    if not refused:
        return report
    return report._replace(refusals=(*report.refusals, *refused), wrong=report.wrong + len(refused))


def _short(act: object) -> str:
    text = json.dumps(act, default=str) if isinstance(act, Mapping) else str(act)
    return text if len(text) <= 120 else text[:117] + "..."


__all__ = ["ALL", "CrisisEpisode", "CrisisObservation", "results_of"]
