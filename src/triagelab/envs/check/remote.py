"""An OpenEnv server as a target; for one of our own, an environment of this process goes along as the oracle."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from triagelab.envs.base import Environment
from triagelab.envs.check.target import Json, Refusal, Seen
from triagelab.envs.registry import REGISTRY
from triagelab.envs.wire import WireError, WireRefusal, WireSession, check_url, http_json
from triagelab.errors import BadInputError, TriageLabError

Make = Callable[[], Environment[Any, Any]]


class UrlTarget:
    """An OpenEnv server.

    Args:
        make: makes the same environment in this process, for its oracle.

    Raises: BadInputError where nobody answers.
    """

    remote = True

    def __init__(self, url: str, make: Make | None = None) -> None:
        self.url = check_url(url)
        self.make = make
        self.has_oracle = make is not None
        try:
            self.metadata = http_json(f"{self.url}/metadata")
        except WireError as error:
            raise BadInputError("URL", url, "an OpenEnv server that answers", str(error)) from error
        self.name = self.url

    def open(self) -> UrlSession:
        return UrlSession(self.url, self.make)

    def schemas(self) -> Json:
        return dict(http_json(f"{self.url}/schema"))

    def documents(self, splits: tuple[str, ...]) -> Json:
        return {"metadata": http_json(f"{self.url}/metadata"), "tasks": {s: self._tasks(s) for s in splits}}

    def _tasks(self, split: str) -> list[Any]:
        name = str(self.metadata.get("name", "")) if isinstance(self.metadata, dict) else ""
        try:
            answer = http_json(f"{self.url}/{name}/task_range", {"split": split, "start": 0, "stop": 100})
        except WireError:
            return []
        return list(answer.get("tasks", []))


class UrlSession:
    """One WebSocket, and the twin that knows the truth."""

    def __init__(self, url: str, make: Make | None) -> None:
        self.wire = WireSession(url)
        self.twin = make() if make is not None else None

    def reset(self, options: Mapping[str, Any]) -> Seen:
        seen = self._ask("reset", options)
        if self.twin is not None:
            try:
                self.twin.reset(**options)
            except TriageLabError:
                self.twin = None
        return seen

    def step(self, action: Any) -> Seen:
        seen = self._ask("step", action if isinstance(action, Mapping) else {"": action})
        if self.twin is not None and not self.twin.state.done and self.twin.state.episode_id is not None:
            with suppress(TriageLabError):  # the server may take what the twin refuses: the server is judged
                self.twin.step(action)
        return seen

    def state(self) -> Json:
        try:
            return self.wire.ask("state")
        except (WireRefusal, WireError) as error:
            raise Refusal(str(error), crash=isinstance(error, WireError)) from error

    def record(self) -> Json | None:
        return None

    def best(self) -> Json | None:
        return None if self.twin is None else self.twin.best().model_dump(mode="json", exclude_none=True)

    def provoke(self) -> list[str]:
        found = []
        for text in ("{", '{"type": "no-such-type"}', '{"type": "step"}', '{"type": "reset", "data": 1}'):
            try:
                self.wire.ask_text(text)
            except (WireRefusal, WireError) as error:
                found.append(str(error))
        return found

    def close(self) -> None:
        self.wire.close()

    def _ask(self, kind: str, data: Mapping[str, Any]) -> Seen:
        started = time.perf_counter()
        try:
            answer = self.wire.ask(kind, data)
        except (WireRefusal, WireError) as error:
            raise Refusal(str(error), crash=isinstance(error, WireError)) from error
        took = time.perf_counter() - started
        body = answer.get("observation")
        if not isinstance(body, dict):
            raise Refusal("the answer holds no observation", crash=True)
        return Seen(
            {k: v for k, v in body.items() if k != "metadata" or v}, answer.get("reward"), answer.get("done"), took
        )


def known_env(url: str) -> str | None:
    """Return the id of the environment of ours that a server says it is, None for any other.

    Raises: BadInputError where nobody answers.
    """
    found = UrlTarget(url).metadata
    name = str(found.get("name", "")) if isinstance(found, dict) else ""
    return name if name in REGISTRY else None
