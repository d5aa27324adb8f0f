"""The app of one environment: OpenEnv's information routes, our `/ws`, HTTP routes that hold an episode by its id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from triagelab.envs.base import EnvKind, EpisodeError, reset_options
from triagelab.envs.openenv import info_app
from triagelab.errors import BadInputError, TriageLabError, UnknownNameError
from triagelab.server.sessions import CapacityError, DuplicateEpisodeError, NoEpisodeError, Sessions
from triagelab.server.websocket import act, begin, talk
from triagelab.server.wire import dump, read_object

_ID = {"type": "string", "minLength": 1, "maxLength": 255}
_BODIES: dict[str, dict[str, Any]] = {
    "reset": {
        "seed": {"type": "integer", "minimum": 0},
        "split": {"type": "string"},
        "task": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "index": {"type": "integer", "minimum": 0},
        "episode_id": _ID,
    },
    "step": {"episode_id": _ID, "action": {"type": "object"}},
    "close": {"episode_id": _ID},
}
_STATUS: tuple[tuple[type[TriageLabError], int], ...] = (
    (NoEpisodeError, 404),
    (DuplicateEpisodeError, 409),
    (EpisodeError, 409),
    (CapacityError, 503),
    (UnknownNameError, 422),
    (BadInputError, 422),
    (TriageLabError, 400),
)
"""Which error becomes which status; the first that fits."""


def environment_app(kind: EnvKind[Any, Any], mount: str, sessions: Sessions) -> FastAPI:
    """Return the app of one environment, to be mounted at `mount`."""
    app = info_app(kind, sessions.timeout)
    _add_control(app, kind, mount, sessions)

    async def socket(websocket: WebSocket) -> None:
        await talk(websocket, kind, mount, sessions)

    app.add_api_websocket_route("/ws", socket)
    app.add_exception_handler(TriageLabError, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    return app


def _add_control(app: FastAPI, kind: EnvKind[Any, Any], mount: str, sessions: Sessions) -> None:
    async def reset(request: Request) -> Response:
        """Begin an episode; the answer holds the `episode_id` that step, state and close need."""
        data = read_object(await request.body() or b"{}")
        name = data.get("episode_id")
        if name is not None and not isinstance(name, str):
            raise BadInputError("episode_id", name, "1 to 255 printable characters")
        session = sessions.open(kind, mount, "http", name)
        try:
            seen = begin(session, {**data, "episode_id": session.key})
        except BaseException:
            sessions.close(session)
            raise
        return _with_id(seen, session.key)

    async def step(request: Request) -> Response:
        """Take one action in the episode `episode_id`."""
        data = read_object(await request.body())
        session = sessions.find(mount, _named(data))
        if "action" not in data:
            raise BadInputError("action", None, f"one object, see the action schema at {mount}/schema")
        return _with_id(act(session, data["action"]), session.key)

    async def state(request: Request) -> Response:
        """Return how far the episode `episode_id` is; nothing of what is true."""
        session = sessions.find(mount, _named(dict(request.query_params)))
        return _json(dump(session.environment.state.to_dict()))

    async def close(request: Request) -> Response:
        """End the episode `episode_id` and free its place."""
        session = sessions.find(mount, _named(read_object(await request.body())))
        sessions.close(session)
        return _json(dump({"closed": True, "episode_id": session.key}))

    verbs: dict[str, Callable[[Request], Awaitable[Response]]] = {"reset": reset, "step": step, "close": close}
    for verb, endpoint in verbs.items():
        app.add_api_route(
            f"/{verb}", endpoint, methods=["POST"], tags=["Environment Control"], openapi_extra=_body(verb, kind)
        )
    query = {"parameters": [{"name": "episode_id", "in": "query", "required": True, "schema": _ID}]}
    app.add_api_route("/state", state, methods=["GET"], tags=["State Management"], openapi_extra=query)


def _named(data: dict[str, Any]) -> str:
    name = data.get("episode_id")
    if not isinstance(name, str) or not name:
        raise BadInputError("episode_id", name, "the episode_id that reset gave", "call reset first")
    return name


def _body(verb: str, kind: EnvKind[Any, Any]) -> dict[str, Any]:
    options = reset_options(kind) if verb == "reset" else {}
    schema = {
        "type": "object",
        "properties": {**_BODIES[verb], **{name: {"enum": list(values)} for name, values in options.items()}},
        "required": [] if verb == "reset" else list(_BODIES[verb]),
    }
    return {"requestBody": {"required": verb != "reset", "content": {"application/json": {"schema": schema}}}}


def _with_id(seen: str, episode_id: str) -> Response:
    return _json(f'{seen[:-1]},"episode_id":{dump(episode_id)}}}')


def _json(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")


async def _refused(_: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    return _json(dump({"detail": str(error)}), status)


async def _misread(_: Request, error: Exception) -> Response:
    """Answer what FastAPI's own routes cannot read, without echoing it."""
    assert isinstance(error, RequestValidationError)
    told = [{"loc": [str(part) for part in item["loc"]], "msg": str(item["msg"])} for item in error.errors()]
    return JSONResponse({"detail": told}, 422)
