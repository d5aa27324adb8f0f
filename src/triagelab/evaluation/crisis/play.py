"""Plays one episode of a crisis with one policy in every role, and measures it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triagelab.agents.crisis_policies import CrisisPolicy
from triagelab.evaluation.crisis.records import CrisisRecord
from triagelab.hospital.hospital import Hospital, Report, begin
from triagelab.hospital.incidents import detection
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.rewards.crisis.pay import COMPONENTS, step_pay
from triagelab.seeding import derive_seed

OnStep = Callable[[Hospital, Report], Any]
"""Called after each step with the hospital as it stands now and what the step brought; it must change nothing."""


class Meter:
    """What is added up while an episode runs, and the record at its end."""

    __slots__ = ("acts", "blocked", "icu", "parts", "refused", "steps", "wrong")

    def __init__(self) -> None:
        self.parts = dict.fromkeys(COMPONENTS, 0.0)
        self.acts = self.wrong = self.blocked = self.refused = self.steps = 0
        self.icu = 0.0

    def copy(self) -> Meter:
        new = Meter()
        for name in self.__slots__:
            setattr(new, name, getattr(self, name))
        new.parts = dict(self.parts)
        return new

    def add(self, h: Hospital, report: Report) -> None:
        """Add one step."""
        for name, value in step_pay(h.plan, report).items():
            self.parts[name] = self.parts.get(name, 0.0) + value
        self.acts += len(report.results)
        self.wrong += report.wrong
        self.blocked += report.blocked
        self.refused += len(report.refusals)
        beds = h.beds["icu"] - h.census.get("icu", 0)
        self.icu += len(h.occupied["icu"]) / beds if beds > 0 else 0.0
        self.steps += 1

    def record(self, h: Hospital, policy: str) -> CrisisRecord:
        """Return the record of an episode that has come to this point."""
        plan = h.plan
        arrived = [one for one in h.patients.values() if one.arrived]
        severe = [one for one in arrived if one.spec.severity == "severe" and one.spec.arrival_min >= 0]
        incidents = detection(h)
        return CrisisRecord(
            scenario=plan.scenario,
            difficulty=plan.difficulty,
            seed=plan.seed,
            steps=plan.steps,
            policy=policy,
            patients=len(arrived),
            dead=tuple(one.spec.id for one in arrived if not one.alive),
            treated_after=tuple(
                None if one.first_treated is None else round(one.first_treated - one.spec.arrival_min, 1)
                for one in severe
            ),
            icu_use=self.icu / max(1, self.steps),
            injected=int(incidents["injected"] or 0),
            caught=int(incidents["caught"] or 0),
            false_flags=h.false_flags,
            reward=sum(self.parts.values()),
            reward_parts=self.parts,
            role_share=h.ledger.share(h.minute),
            acts=self.acts,
            wrong=self.wrong,
            blocked=self.blocked,
            refused=self.refused,
        )


def policy_seed(scenario: str, seed: int) -> int:
    """Return the seed that a policy gets in an episode: the same whoever plays beside it and in whatever process."""
    return derive_seed("crisis.policy", seed, scenario)


def play_episode(
    policy: CrisisPolicy,
    scenario: str,
    difficulty: float = 0.5,
    seed: int = 0,
    steps: int = 20,
    on_step: OnStep | None = None,
) -> CrisisRecord:
    """Return the record of one episode that `policy` plays in every role.

    Args:
        on_step: called after every step.

    Raises: UnknownNameError or BadInputError for arguments that make no episode.
    """
    h = begin(scenario, difficulty, seed, steps)
    policy.begin(policy_seed(scenario, seed))
    meter = Meter()
    while not h.done:
        report = h.step(policy.act({role: View(h, role) for role in ROLES}))
        meter.add(h, report)
        if on_step is not None:
            on_step(h, report)
    return meter.record(h, policy.name)


__all__ = ["Meter", "OnStep", "play_episode", "policy_seed"]
