"""Records an episode while it is played: what was sent, what came of it, and the hospital after every step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triagelab.agents.crisis_policies import Acts, CrisisPolicy
from triagelab.evaluation.crisis.play import play_episode
from triagelab.evaluation.crisis_replay import (
    MAX_ENTRIES,
    SAID,
    TEXT,
    ActResult,
    End,
    Header,
    Replay,
    Snapshot,
    Step,
)
from triagelab.evaluation.crisis_replay_state import card, snapshot
from triagelab.hospital.acts import Act
from triagelab.hospital.hospital import Hospital, Report, begin
from triagelab.hospital.incidents import detection
from triagelab.hospital.tables import ROLES
from triagelab.hospital.views import View
from triagelab.rewards.crisis.pay import step_pay

ENTRIES = 65
"""Acts of one role that are kept: one more than the simulator reads, so that the refusal of the rest comes again."""
DEPTH = 4


class Recorder:
    """Takes an episode down step by step. Text is cut to length; what cannot be JSON is kept as words.

    Attributes:
        steps: the steps so far. `state`: the hospital after the last one.
    """

    def __init__(self, h: Hospital, policy: str, roles: Mapping[str, str] | None = None) -> None:
        self._plan = h.plan
        self.state: Snapshot = snapshot(h)
        self.header = Header(
            scenario=h.plan.scenario,
            difficulty=h.plan.difficulty,
            seed=h.plan.seed,
            steps=h.plan.steps,
            policy=policy[:TEXT],
            roles={role: name[:TEXT] for role, name in (roles or {}).items()},
            text=h.plan.text[:TEXT],
            patients=tuple(card(spec) for spec in h.plan.patients),
            state=self.state,
        )
        self.steps: list[Step] = []

    def step(
        self, h: Hospital, acts: Mapping[str, object], report: Report, said: object = None, unread: object = None
    ) -> Step:
        """Take down a step that was just played: what was sent, and what the hospital made of it.

        Args:
            said: role -> what it wrote; unread: role -> why that was no answer. Anything else counts as nothing.
        """
        before, self.state = self.state, snapshot(h)
        found = Step(
            step=len(self.steps),
            acts=sendable(acts),
            said=_by_role(said, SAID),
            unread=_by_role(unread, TEXT),
            results=tuple(_results(report)[:MAX_ENTRIES]),
            happened=tuple((round(minute, 1), words[:TEXT]) for minute, words in report.happened[:MAX_ENTRIES]),
            deaths=tuple(_died(before, self.state)),
            hazard=report.hazard,
            pay=step_pay(self._plan, report),
            state=self.state,
        )
        self.steps.append(found)
        return found

    def end(self, h: Hospital, nothing: Mapping[str, float]) -> Replay:
        """Return the whole record. Args: nothing: see `deaths_of_nothing`."""
        outcome = h.outcome()
        last = End(
            patients=outcome["patients"],
            deaths=outcome["deaths"],
            survival=outcome["survival"],
            incidents=int(detection(h)["injected"] or 0),
            caught=self.state.caught,
            false_flags=h.false_flags,
            reward=math.fsum(value for step in self.steps for value in step.pay.values()),
            shares=dict(h.ledger.share(h.minute)),
            nothing=dict(nothing),
        )
        return Replay(self.header, tuple(self.steps), last)


def deaths_of_nothing(scenario: str, difficulty: float, seed: int, steps: int) -> dict[str, float]:
    """Return who dies at which minute in the same episode when nobody acts."""
    h = begin(scenario, difficulty, seed, steps)
    while not h.done:
        h.step({})
    return {
        name: round(one.died_at, 1)
        for name, one in h.patients.items()
        if one.arrived and not one.alive and one.died_at is not None
    }


def _by_role(texts: object, most: int) -> dict[str, str]:
    known = texts if isinstance(texts, Mapping) else {}
    return {role: str(known[role])[:most] for role in ROLES if known.get(role)}


def _died(before: Snapshot, after: Snapshot) -> list[str]:
    """Return who died between two moments; a report names only those who were found dead at the end of the step."""
    alive = {name for name, one in before.patients.items() if one.alive}
    dead = [name for name, one in after.patients.items() if not one.alive]
    return [name for name in dead if name in alive or name not in before.patients]


def sendable(acts: Mapping[str, object]) -> dict[str, Any]:
    """Return the acts of a step as plain JSON values, the six roles first; of a flood of names some are left out."""
    roles = sorted(acts, key=lambda role: role not in ROLES)[:MAX_ENTRIES]
    return {str(role)[:40]: sent(str(role), acts[role]) for role in roles}


def _results(report: Report) -> list[ActResult]:
    found = [
        ActResult(
            role=one.act.role,
            act=plain(one.act.to_dict()),
            status=one.status,
            reason=one.reason[:TEXT],
            right=one.right,
        )
        for one in report.results
    ]
    for one in report.refusals:
        words = f"{one.raw}: {one.reason}"[:TEXT]
        found.append(ActResult(role=one.role[:40], act=None, status="refused", reason=words, right=False))
    return found


def sent(role: str, raw: object) -> Any:
    """Return what a role sent as plain JSON values that the simulator treats alike."""
    if isinstance(raw, Mapping):
        raw = [raw]
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes | bytearray):
        return plain(raw)
    kept = []
    for item in raw[:ENTRIES]:
        act = type(item) is Act and item.role == role
        kept.append(plain(item.to_dict()) if act and isinstance(item, Act) else plain(item))
    return kept


def plain(value: object, depth: int = DEPTH) -> Any:
    """Return a value as JSON of bounded size: what is too long, too deep, not finite or no JSON becomes words."""
    if value is None or isinstance(value, bool | str):
        return value[:TEXT] if isinstance(value, str) else value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else "a number too large"
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth == 0:
        return f"a {type(value).__name__}"
    if isinstance(value, Mapping):
        return {str(name)[:80]: plain(part, depth - 1) for name, part in list(value.items())[:12]}
    if isinstance(value, list | tuple):
        return [plain(part, depth - 1) for part in value[:ENTRIES]]
    return f"a {type(value).__name__}"


class Witness:
    """A policy that plays as another one does and keeps what that one sent and said in the last step.

    What it hands on is what a file can hold, so that the episode that is played is the one that is recorded.
    """

    def __init__(self, inner: CrisisPolicy) -> None:
        self.inner, self.name = inner, inner.name
        self.acts: dict[str, Any] = {}
        self.said: object = None
        self.unread: object = None

    def begin(self, seed: int) -> None:
        self.acts = {}
        self.inner.begin(seed)

    def act(self, views: Mapping[str, View]) -> Acts:
        self.acts = sendable(self.inner.act(views))
        self.said, self.unread = getattr(self.inner, "said", None), getattr(self.inner, "reasons", None)
        return self.acts


def record_episode(
    policy: CrisisPolicy,
    scenario: str,
    difficulty: float = 0.5,
    seed: int = 0,
    steps: int = 20,
    on_step: Callable[[Step], Any] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Replay:
    """Play one episode and return its replay.

    Args:
        on_step: called with each step as soon as it is played.
        roles: names of the policies of single roles, where they differ from `policy.name`.

    Raises: UnknownNameError or BadInputError for arguments that make no episode.
    """
    h = begin(scenario, difficulty, seed, steps)
    recorder, witness = Recorder(h, policy.name, roles), Witness(policy)

    def keep(now: Hospital, report: Report) -> None:
        nonlocal h
        h = now
        step = recorder.step(now, witness.acts, report, witness.said, witness.unread)
        if on_step is not None:
            on_step(step)

    play_episode(witness, scenario, difficulty, seed, steps, keep)
    return recorder.end(h, deaths_of_nothing(scenario, difficulty, seed, steps))


__all__ = ["Recorder", "Witness", "deaths_of_nothing", "plain", "record_episode", "sendable"]
