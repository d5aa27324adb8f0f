"""The sessions of one server process: one environment each, a common limit, and an end to those nobody uses."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from triagelab.envs.base import Environment, EnvKind
from triagelab.errors import BadInputError, TriageLabError

Channel = Literal["websocket", "http"]


class CapacityError(TriageLabError):
    """Every session of the server is taken."""


class DuplicateEpisodeError(TriageLabError):
    """An episode id over HTTP that another session holds."""


class NoEpisodeError(TriageLabError):
    """An episode id over HTTP that no session holds."""


@dataclass(eq=False, slots=True)
class Session:
    """One client's environment.

    Attributes:
        key: how the server knows it; for HTTP the episode id.
        mount: path of its environment.
        touched: when it was last used, in seconds of the table's clock.
        on_reap: called when it has been idle for too long, so that an open socket can say so.
    """

    key: str
    mount: str
    channel: Channel
    environment: Environment[Any, Any]
    touched: float
    on_reap: Callable[[], None] | None = None

    @property
    def finished(self) -> bool:
        return self.environment.closed or self.environment.state.done


@dataclass(slots=True)
class Sessions:
    """All sessions of a process, over WebSocket and HTTP together. Used from one event loop only.

    Args:
        limit: most sessions at a time.
        timeout: a session that was not used for so many seconds is closed.
        clock: seconds that never go back.
    """

    limit: int
    timeout: float
    clock: Callable[[], float] = time.monotonic
    _held: dict[tuple[str, Channel, str], Session] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.limit, bool) or not isinstance(self.limit, int) or not 1 <= self.limit <= 100_000:
            raise BadInputError("max sessions", self.limit, "a whole number from 1 to 100000")
        if not 0 < self.timeout <= 7 * 86_400:
            raise BadInputError("session timeout", self.timeout, "seconds above 0, at most 604800")

    def open(self, kind: EnvKind[Any, Any], mount: str, channel: Channel, key: str | None = None) -> Session:
        """Return a new session with an environment of its own.

        Raises: DuplicateEpisodeError for a key that is held, CapacityError where there is no room.
        """
        name = key if key is not None else uuid4().hex
        if (mount, channel, name) in self._held:
            raise DuplicateEpisodeError(
                "this episode_id is in use by another session; choose another one, or leave it out to be given one"
            )
        self._make_room()
        session = Session(name, mount, channel, Environment(kind), self.clock())
        self._held[mount, channel, name] = session
        return session

    def find(self, mount: str, key: str) -> Session:
        """Return the HTTP session of an episode and note that it is used. Raises: NoEpisodeError."""
        session = self._held.get((mount, "http", key))
        if session is None:
            raise NoEpisodeError("no such episode here: it was closed, idle for too long, or never began; call reset")
        session.touched = self.clock()
        return session

    def close(self, session: Session) -> None:
        """End a session; ending it twice does nothing."""
        place = (session.mount, session.channel, session.key)
        if self._held.get(place) is session:
            del self._held[place]
        session.environment.close()

    def reap(self) -> int:
        """End every session that was idle for too long; return how many."""
        latest = self.clock() - self.timeout
        idle = [session for session in self._held.values() if session.touched < latest]
        for session in idle:
            self.close(session)
            if session.on_reap is not None:
                session.on_reap()
        return len(idle)

    def close_all(self) -> None:
        for session in list(self._held.values()):
            self.close(session)

    def counts(self) -> dict[str, int | float]:
        """Return how many sessions there are and may be."""
        by = [session.channel for session in self._held.values()]
        return {
            "active_sessions": len(by),
            "websocket_sessions": by.count("websocket"),
            "http_sessions": by.count("http"),
            "max_sessions": self.limit,
            "session_timeout_s": self.timeout,
        }

    def __len__(self) -> int:
        return len(self._held)

    def _make_room(self) -> None:
        """Raise CapacityError if the table is full; HTTP episodes that have ended give way first, the oldest first."""
        if len(self._held) < self.limit:
            return
        ended = [session for session in self._held.values() if session.channel == "http" and session.finished]
        if not ended:
            raise CapacityError(f"all {self.limit} sessions are taken; try again later")
        self.close(min(ended, key=lambda session: session.touched))


__all__ = ["CapacityError", "Channel", "DuplicateEpisodeError", "NoEpisodeError", "Session", "Sessions"]
