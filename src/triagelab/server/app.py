"""One app with every environment mounted, an index, health and capacity, and the reaper that ends idle sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from html import escape

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from triagelab.envs.registry import REGISTRY, EnvEntry
from triagelab.errors import UnknownNameError
from triagelab.server.guard import Guard
from triagelab.server.routes import environment_app
from triagelab.server.sessions import Sessions
from triagelab.version import VERSION

MAX_SESSIONS = 256
SESSION_TIMEOUT = 600.0
AT_ROOT = "bedside-v1"
"""What the bare address serves as well, for clients that know no mounts; the first environment where it is left out."""
NOT_MEDICAL = "Research and education only, never a medical device."


def chosen(env_ids: Sequence[str] = ()) -> list[EnvEntry]:
    """Return the registry's entries of these ids, all for none. Raises: UnknownNameError."""
    for env_id in env_ids:
        if env_id not in REGISTRY:
            raise UnknownNameError("environment", env_id, REGISTRY)
    return [entry for entry in REGISTRY.values() if not env_ids or entry.env_id in env_ids]


def build_app(
    env_ids: Sequence[str] = (), *, max_sessions: int = MAX_SESSIONS, session_timeout: float = SESSION_TIMEOUT
) -> Guard:
    """Return the ASGI app that serves these environments, all of the registry for none.

    Args:
        max_sessions: most sessions at a time, WebSocket and HTTP and all environments together.
        session_timeout: seconds after which an idle session is closed.

    Raises: UnknownNameError or BadInputError for an argument, MissingDependencyError without openenv.
    """
    sessions = Sessions(max_sessions, session_timeout)
    entries = chosen(env_ids)
    root = next((entry for entry in entries if entry.env_id == AT_ROOT), entries[0])
    mounts = [(entry.mount, entry) for entry in entries] + [("", root)]  # the bare address comes last: it matches all
    parts = {mount: environment_app(entry.load(), mount, sessions) for mount, entry in mounts}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Mounted apps get no events of their own: without this OpenEnv's reaper of MCP sessions would never run.
        for part in parts.values():
            for start in part.router.on_startup:
                await start()
        reaper = asyncio.create_task(_reap(sessions))
        yield
        reaper.cancel()
        with suppress(asyncio.CancelledError):
            await reaper
        sessions.close_all()
        for part in parts.values():
            for stop in part.router.on_shutdown:
                await stop()

    app = FastAPI(lifespan=lifespan, openapi_url=None)  # /openapi.json is that of the environment at the root
    app.add_api_route("/", _index(entries, root), methods=["GET"])
    app.add_api_route("/health", lambda: {"status": "healthy"}, methods=["GET"])
    app.add_api_route("/capacity", sessions.counts, methods=["GET"])
    for mount, part in parts.items():
        app.mount(mount, part)
    return Guard(app)


async def _reap(sessions: Sessions) -> None:
    """End idle sessions again and again, at most a quarter of the time-out (or 5 s) late."""
    while True:
        await asyncio.sleep(min(sessions.timeout / 4, 5.0))
        sessions.reap()


def _index(entries: Sequence[EnvEntry], root: EnvEntry) -> Callable[[Request], Response]:
    listed = [{"env_id": entry.env_id, "mount": entry.mount, "text": entry.text} for entry in entries]

    def index(request: Request) -> Response:
        """List the environments: HTML for browsers, JSON for the rest."""
        if "text/html" not in request.headers.get("accept", ""):
            told = {"name": "triagelab", "version": VERSION, "environments": listed, "at_root": root.env_id}
            return JSONResponse({**told, "note": NOT_MEDICAL})
        rows = "".join(
            f"<li><a href='{escape(entry.mount)}/metadata'>{escape(entry.env_id)}</a> at "
            f"<code>{escape(entry.mount)}</code>: {escape(entry.text)}</li>"
            for entry in entries
        )
        return HTMLResponse(
            "<!doctype html><html lang='en'><meta charset='utf-8'><title>triagelab environments</title>"
            f"<h1>triagelab environments</h1><p>{NOT_MEDICAL}</p><ul>{rows}</ul>"
            "<p><a href='capacity'>capacity</a>, <a href='health'>health</a></p></html>"
        )

    return index


__all__ = ["MAX_SESSIONS", "SESSION_TIMEOUT", "build_app", "chosen"]
