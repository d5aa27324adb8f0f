"""A real server on a free loopback port, in a thread of the test process, and small clients for it."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from websockets.sync.client import ClientConnection, connect

from triagelab.server.app import build_app
from triagelab.server.launch import listen, settings

NO_HEADERS: Mapping[str, str] = {}
COMMIT = {"kind": "commit", "level": 2, "pathway": "emergency", "pattern": "minor_illness"}
ACTIONS: dict[str, list[dict[str, Any]]] = {
    "/esi": [{"text": "ANSWER: ESI 3"}],
    "/crisis": [
        {
            "roles": {
                "hr_rostering": [{"act": "call_in", "staff_role": "nurse", "count": 2}],
                "pharmacy": [{"act": "fly"}],
            }
        },
        *({"acts": []} for _ in range(19)),
    ],
    "/imaging": [
        {"lookup": True},
        {"text": "<think>It hurts. It is swollen. It is red.</think><answer>may be appropriate</answer>"},
    ],
    "/bedside": [{"kind": "ask", "target": "story"}, {"kind": "measure", "target": "heart_rate"}, COMMIT],
}
"""One whole episode a mount."""


@contextmanager
def running(**options: Any) -> Iterator[str]:
    """Yield the base URL of a server that stops at the end of the block."""
    bound = listen("127.0.0.1", 0)
    server = uvicorn.Server(settings(build_app(**options)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        bound.close()
        assert not thread.is_alive()


def call(
    url: str, body: Any = None, *, raw: bytes | None = None, headers: Mapping[str, str] = NO_HEADERS
) -> tuple[int, Any]:
    """Return status and JSON of a GET, or of a POST where there is a body."""
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def socket_to(url: str) -> ClientConnection:
    """Return an open WebSocket to a mount."""
    return connect(url.replace("http://", "ws://") + "/ws", proxy=None, open_timeout=10, close_timeout=2)


def said(socket: ClientConnection, message: Any) -> dict[str, Any]:
    """Return the reply to one message; text and bytes are sent as they are."""
    socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
    return json.loads(socket.recv(timeout=10))


def reset(socket: ClientConnection, **data: Any) -> dict[str, Any]:
    return said(socket, {"type": "reset", "data": data})


def step(socket: ClientConnection, action: Any) -> dict[str, Any]:
    return said(socket, {"type": "step", "data": action})


def words(value: Any) -> Iterator[str]:
    """Yield every key of a JSON value, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words(inner)
