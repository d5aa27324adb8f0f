"""Episodes of a bedside agent, in process or at a server, told line by line; every episode that starts also ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import ValidationError

from triagelab.agents.base import BedsideAgent
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import BedsideObservation, Dialogue
from triagelab.cli.infer_lines import end_line, money, start_line, step_line
from triagelab.cli.stop_gate import StopGate
from triagelab.errors import BadInputError, DataFormatError
from triagelab.seeding import derive_seed

ENV = "bedside-v1"
TASKS = "tasks"
RIGHT_TIER = 0.45
"""Score from which a named task counts as solved: at least 0.47 with the right tier, at most 0.30 with another."""
MOST_STEPS = 100
"""A server that never ends an episode is left after this many steps."""


class Session(Protocol):
    """One place where episodes are played."""

    def reset(self, **where: Any) -> BedsideObservation: ...

    def step(self, action: BedsideAction) -> BedsideObservation: ...

    def close(self) -> None: ...


class LocalSession:
    """The environment in this process."""

    def __init__(self) -> None:
        from triagelab.envs.registry import make

        self._env = make(ENV)

    def reset(self, **where: Any) -> BedsideObservation:
        return self._env.reset(**where)

    def step(self, action: BedsideAction) -> BedsideObservation:
        return self._env.step(action)

    def close(self) -> None:
        self._env.close()


class ServerSession:
    """The environment at a server. Raises: WireError, WireRefusal, and DataFormatError for what is no observation."""

    def __init__(self, url: str) -> None:
        from triagelab.envs.wire import WireSession

        self._wire = WireSession(url)

    def reset(self, **where: Any) -> BedsideObservation:
        return self._seen(self._wire.ask("reset", where))

    def step(self, action: BedsideAction) -> BedsideObservation:
        return self._seen(self._wire.ask("step", action.to_dict()))

    def close(self) -> None:
        self._wire.close()

    def _seen(self, answer: Mapping[str, Any]) -> BedsideObservation:
        body = answer.get("observation")
        known = BedsideObservation.model_fields
        if not isinstance(body, Mapping):
            raise DataFormatError("the server's answer holds no observation")
        fields = {name: value for name, value in body.items() if name in known}
        try:
            return BedsideObservation.model_validate(
                fields | {"reward": answer.get("reward"), "done": answer.get("done", False)}
            )
        except ValidationError as error:
            first = error.errors()[0]
            raise DataFormatError(f"the server's observation: {first['loc']}: {first['msg']}") from None


@dataclass(frozen=True, slots=True)
class Job:
    """One episode to play: its name, and what the reset takes."""

    name: str
    where: Mapping[str, Any]


@dataclass(slots=True)
class Episode:
    """One episode as it goes: rewards so far, and whether it was solved."""

    rewards: list[float] = field(default_factory=list)
    success: bool = False


def task_jobs() -> list[Job]:
    """Return the named tasks in order."""
    from triagelab.envs.registry import make

    with make(ENV) as env:
        return [Job(task.id, {"split": TASKS, "task": task.id}) for task in env.tasks(TASKS)]


def generated_jobs(n: int, split: str) -> Iterator[Job]:
    """Yield the first n cases of a generated split."""
    return (Job(f"{split}-{seed}", {"split": split, "seed": seed}) for seed in range(n))


def play(agent: BedsideAgent, session: Session, job: Job, model: str, seed: int, say: Callable[[str], None]) -> Episode:
    """Play one episode. The `[END]` line is said whatever happens, and the error goes on to the caller.

    Raises: whatever agent, session or environment raise. Signals wait while the first and the last line are said.
    """
    episode = Episode()
    with StopGate() as gate:
        try:
            say(start_line(job.name, ENV, model))
            with gate.open():
                _steps(agent, session, job, seed, say, episode)
        finally:
            say(end_line(episode.success, episode.rewards))
    return episode


def _steps(
    agent: BedsideAgent, session: Session, job: Job, seed: int, say: Callable[[str], None], episode: Episode
) -> None:
    dialogue = Dialogue(session.reset(**job.where))
    for number in range(MOST_STEPS):
        (action,) = agent.act([dialogue], seed=derive_seed("cli.infer", seed, job.name, number, bits=31))
        try:
            seen = session.step(action)
        except BadInputError as error:  # the environment took nothing of it: the agent cannot go on
            say(step_line(number + 1, label(action), 0.0, False, str(error)))
            episode.rewards.append(0.0)
            raise
        reward = seen.reward or 0.0
        money(reward)  # what is no number must not stand in the list that ends the episode
        episode.rewards.append(reward)
        episode.success = seen.done and solved(job, episode.rewards, seen)
        say(step_line(number + 1, label(action), reward, seen.done, seen.refused))
        if seen.done:
            return
        dialogue = dialogue.then(action, seen)
    raise DataFormatError(f"{job.name}: no end after {MOST_STEPS} steps")


def label(action: object) -> str:
    """Return an action in short, also something that an agent took for one."""
    return action.label() if isinstance(action, BedsideAction) else str(action)


def solved(job: Job, rewards: list[float], last: BedsideObservation) -> bool:
    """Return whether an episode that ended counts as a success: see the help of `triagelab infer`."""
    if job.where.get("split") == TASKS:
        return sum(rewards) >= RIGHT_TIER
    debrief = last.debrief or {}
    answer = debrief.get("answer")
    level = answer.get("level") if isinstance(answer, Mapping) else None
    acceptable = debrief.get("acceptable")
    return level is not None and isinstance(acceptable, list | tuple) and level in acceptable
