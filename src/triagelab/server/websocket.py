"""`/ws`: OpenEnv's WebSocket protocol over our sessions, one environment a connection.

OpenEnv's own endpoint is not used. It goes on stepping a session that its reaper has closed; a message that is no
object, is nested too deeply or holds a huge number ends the session; a ValueError raised by a validator cannot be put
into its error reply and ends it too; and its limit counts neither HTTP episodes nor other mounts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from triagelab.envs.base import EnvKind, EpisodeError, reset_options
from triagelab.envs.openenv import chosen_task, without_metadata
from triagelab.errors import BadInputError, DataFormatError, TriageLabError
from triagelab.server.sessions import CapacityError, Session, Sessions
from triagelab.server.wire import dump, observed, read_object

IDLE, FULL = 4408, 1013
"""Close codes: idle for too long (private), and try again later."""
_NO_MCP = {"code": -32603, "message": "Environment does not support MCP"}
_log = logging.getLogger(__name__)


async def talk(websocket: WebSocket, kind: EnvKind[Any, Any], mount: str, sessions: Sessions) -> None:
    """Serve one connection until either side ends it."""
    await websocket.accept()
    if websocket.query_params.get("session_id"):
        await _refuse(websocket, "sessions of /mcp cannot be attached to", "SESSION_ERROR", 1008)
        return
    try:
        session = sessions.open(kind, mount, "websocket")
    except CapacityError as error:
        await _refuse(websocket, str(error), "CAPACITY_REACHED", FULL, sessions)
        return
    session.on_reap = _farewell(websocket, sessions.timeout)
    try:
        await _serve(websocket, session, sessions)
    except (WebSocketDisconnect, RuntimeError):
        pass  # the client went away, or the reaper closed the socket while an answer was on its way
    finally:
        sessions.close(session)


async def _serve(websocket: WebSocket, session: Session, sessions: Sessions) -> None:
    clock = sessions.clock
    while True:
        message = await websocket.receive()
        if message["type"] != "websocket.receive":
            return
        raw = message.get("text")
        session.touched = clock()
        reply = answer(session, raw if raw is not None else message.get("bytes") or b"")
        if reply is None:
            await websocket.close()
            return
        await websocket.send_text(reply)


def answer(session: Session, raw: str | bytes) -> str | None:
    """Return the reply to one message, None for the wish to close. Nothing that a client sends raises."""
    try:
        message = read_object(raw)
    except DataFormatError as error:
        return failure(str(error), "INVALID_JSON")
    verb = message.get("type")
    known = _VERBS.get(verb) if isinstance(verb, str) else None
    if known is None:
        if verb == "close":
            return None
        return failure("unknown message type; one of reset, step, state, close, mcp", "UNKNOWN_TYPE")
    try:
        return known(session, message.get("data"))
    except EpisodeError as error:
        return failure(str(error), "EXECUTION_ERROR")
    except TriageLabError as error:
        return failure(str(error), "VALIDATION_ERROR")
    except Exception as error:
        # What an unforeseen error says could hold the truth.
        _log.error("%s: %s in %s", session.mount, type(error).__name__, verb)
        return failure("the server could not do that; this is a defect of the server", "EXECUTION_ERROR")


def failure(message: str, code: str, **more: Any) -> str:
    """Return an error message of the protocol."""
    return dump({"type": "error", "data": {"message": message, "code": code, **more}})


def begin(session: Session, data: Any) -> str:
    """Reset the environment of a session and return the observation as JSON. Keys that reset does not know are ignored.

    Raises: what `Environment.reset` raises; BadInputError for something that is no object.
    """
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise BadInputError("data", data, "one object with seed, split, task or index, and episode_id, all optional")
    environment = session.environment
    seen = environment.reset(
        seed=data.get("seed"),
        split=data.get("split"),
        task=chosen_task(data.get("task"), data.get("index")),
        episode_id=data.get("episode_id"),
        **{name: data[name] for name in reset_options(environment.kind) if name in data},
    )
    return observed(seen)


def act(session: Session, data: Any) -> str:
    """Take one step in a session and return the observation as JSON. Raises: what `Environment.step` raises."""
    return observed(session.environment.step(without_metadata(data)))


def _reset(session: Session, data: Any) -> str:
    return f'{{"type":"observation","data":{begin(session, data)}}}'


def _step(session: Session, data: Any) -> str:
    return f'{{"type":"observation","data":{act(session, data)}}}'


def _state(session: Session, _: Any) -> str:
    return dump({"type": "state", "data": session.environment.state.to_dict()})


def _mcp(_: Session, data: Any) -> str:
    number = data.get("id") if isinstance(data, dict) else None
    return dump({"type": "mcp", "data": {"jsonrpc": "2.0", "id": number, "error": _NO_MCP}})


_VERBS: dict[str, Callable[[Session, Any], str]] = {"reset": _reset, "step": _step, "state": _state, "mcp": _mcp}
_leaving: set[asyncio.Task[None]] = set()


def _farewell(websocket: WebSocket, timeout: float) -> Callable[[], None]:
    """Return what tells an idle client that its session is over and closes the socket."""

    async def leave() -> None:
        text = f"the session was idle for more than {timeout:g} s and was closed; connect again"
        with suppress(RuntimeError, WebSocketDisconnect):  # the client may be gone already
            await _refuse(websocket, text, "SESSION_ERROR", IDLE)

    def say() -> None:
        task = asyncio.get_running_loop().create_task(leave())
        _leaving.add(task)
        task.add_done_callback(_leaving.discard)

    return say


async def _refuse(websocket: WebSocket, text: str, code: str, number: int, sessions: Sessions | None = None) -> None:
    counts = sessions.counts() if sessions is not None else {}
    more = {name: counts[name] for name in ("active_sessions", "max_sessions") if name in counts}
    await websocket.send_text(failure(text, code, **more))
    await websocket.close(number, text[:120])
