"""Servers in a thread: any ASGI app, and an OpenEnv server that is broken as a peer's is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import uvicorn
from openenv.core.env_server.http_server import create_fastapi_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State

SEVERITIES = ("Mild", "Moderate", "Emergency")


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Yield the address of an app that is served in a thread on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


class PeerAction(Action):
    severity: str


class PeerObservation(Observation):
    symptoms: str


class PeerState(State):
    true_severity: str | None = None


class PeerEnvironment(Environment[PeerAction, PeerObservation, PeerState]):
    """One patient for all clients, the next of fifteen at every reset whatever the seed; the state tells the answer."""

    SUPPORTS_CONCURRENT_SESSIONS = True
    place: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.name: str | None = None

    def reset(self, seed: int | None = None, episode_id: str | None = None, **_: Any) -> PeerObservation:
        PeerEnvironment.place += 1
        self.steps, self.name = 0, episode_id
        return PeerObservation(symptoms=f"case {PeerEnvironment.place % 15}", done=False)

    def step(self, action: PeerAction, timeout_s: float | None = None, **_: Any) -> PeerObservation:
        self.steps += 1
        right = action.severity == SEVERITIES[PeerEnvironment.place % 3]
        symptoms = f"that was case {PeerEnvironment.place % 15}"
        return PeerObservation(symptoms=symptoms, done=True, reward=0.9 if right else 0.05)

    @property
    def state(self) -> PeerState:
        severity = SEVERITIES[PeerEnvironment.place % 3]
        return PeerState(episode_id=self.name, step_count=self.steps, true_severity=severity)


class SeededPeer(PeerEnvironment):
    """Minds the seed; still one patient for all clients, and the answer in the state under a name that says nothing."""

    def reset(self, seed: int | None = None, episode_id: str | None = None, **_: Any) -> PeerObservation:
        PeerEnvironment.place = seed or 0
        self.steps, self.name = 0, episode_id
        return PeerObservation(symptoms=f"case {PeerEnvironment.place}", done=False)

    @property
    def state(self) -> PeerState:
        code = "xyz"[PeerEnvironment.place % 3]
        return PeerState.model_validate({"episode_id": self.name, "step_count": self.steps, "colour": code})


def peer_app(environment: type[PeerEnvironment] = PeerEnvironment) -> Any:
    """Return the broken peer as an OpenEnv server."""
    return create_fastapi_app(environment, PeerAction, PeerObservation, max_concurrent_envs=16)
