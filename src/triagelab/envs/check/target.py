"""What a checker talks to: sessions in plain JSON values, in this process or over the wire."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from triagelab.envs.base import Environment
from triagelab.errors import TriageLabError

Json = dict[str, Any]


class Refusal(Exception):
    """The environment answered with an error instead of an observation; `str` is what a client can read of it.

    Attributes:
        crash: the error was none of those an environment raises on purpose.
    """

    def __init__(self, text: str, *, crash: bool = False) -> None:
        super().__init__(text)
        self.crash = crash


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation as a client gets it.

    Attributes:
        observation: without reward and done, as OpenEnv sends it.
        seconds: how long the call took.
    """

    observation: Json
    reward: Any
    done: Any
    seconds: float

    def whole(self) -> Json:
        """Return everything that was said."""
        return {**self.observation, "reward": self.reward, "done": self.done}


class Session(Protocol):
    """One session: at most one episode at a time. Every call can raise Refusal."""

    def reset(self, options: Mapping[str, Any]) -> Seen: ...

    def step(self, action: Any) -> Seen: ...

    def state(self) -> Json: ...

    def record(self) -> Json | None:
        """Return the record of the episode, None where there is no such thing."""
        ...

    def best(self) -> Json | None:
        """Return what the oracle would do now, None where there is no oracle."""
        ...

    def provoke(self) -> list[str]:
        """Return what is said to things that are wrong in other ways than an action; the episode goes on."""
        ...

    def close(self) -> None: ...


class Target(Protocol):
    """An environment under check.

    Attributes:
        remote: it is somewhere else, so its memory cannot be seen.
        has_oracle: sessions answer `best`.
    """

    name: str
    remote: bool
    has_oracle: bool

    def open(self) -> Session: ...

    def schemas(self) -> Json: ...

    def documents(self, splits: tuple[str, ...]) -> Json:
        """Return what anybody can read without a session: `metadata`, and `tasks` by split."""
        ...


class LocalSession:
    """One environment in this process."""

    def __init__(self, env: Environment[Any, Any]) -> None:
        self.env = env

    def reset(self, options: Mapping[str, Any]) -> Seen:
        return self._call(lambda: self.env.reset(**options))

    def step(self, action: Any) -> Seen:
        return self._call(lambda: self.env.step(action))

    def state(self) -> Json:
        try:
            return dict(self.env.state.to_dict())
        except TriageLabError as error:
            raise Refusal(str(error)) from error

    def record(self) -> Json | None:
        return self.env.record.to_dict()

    def best(self) -> Json | None:
        return self.env.best().model_dump(mode="json", exclude_none=True)

    def provoke(self) -> list[str]:
        found = []
        for options in ({"split": "no-such-split"}, {"seed": -1}, {"task": "no-such-task"}):
            try:
                self.reset(options)
            except Refusal as refusal:
                found.append(str(refusal))
        return found

    def close(self) -> None:
        self.env.close()

    @staticmethod
    def _call(call: Callable[[], Any]) -> Seen:
        started = time.perf_counter()
        try:
            found = call()
        except TriageLabError as error:
            raise Refusal(str(error)) from error
        except Exception as error:
            raise Refusal(f"{type(error).__name__}: {error}", crash=True) from error
        took = time.perf_counter() - started
        body = found.model_dump(mode="json", exclude={"reward", "done"})
        return Seen(body, found.reward, found.done, took)


class LocalTarget:
    """Environments made in this process, one for each session."""

    remote = False
    has_oracle = True

    def __init__(self, make: Callable[[], Environment[Any, Any]]) -> None:
        self.make = make
        self.kind = make().kind
        self.name = self.kind.env_id

    def open(self) -> LocalSession:
        return LocalSession(self.make())

    def schemas(self) -> Json:
        action, observation = self.kind.action_type, self.kind.observation_type
        return {"action": action.model_json_schema(), "observation": observation.model_json_schema()}

    def documents(self, splits: tuple[str, ...]) -> Json:
        env = self.make()
        tasks = {split: [task.to_dict() for task in env.tasks(split, 0, 100)] for split in splits}
        return {"metadata": {"name": self.name, "description": self.kind.description}, "tasks": tasks}
