"""Bind a port, say where the environments are, and serve until stopped."""

from __future__ import annotations

import errno
import gc
import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from triagelab.errors import BadInputError, MissingDependencyError, TriageLabError
from triagelab.server.wire import LARGEST_MESSAGE

if TYPE_CHECKING:
    import uvicorn


def serve(
    host: str,
    port: int,
    *,
    env_ids: Sequence[str] = (),
    max_sessions: int,
    session_timeout: float,
    say: Callable[[str], None],
) -> None:
    """Serve until Ctrl-C or SIGTERM; sockets get 3 s to finish.

    Args:
        port: 0 takes any free one; the line that is said names it.
        say: gets one line when the server listens, and a warning before it where others can reach it.

    Raises: BadInputError for an address that cannot be had, and what `build_app` raises.
    """
    try:
        import uvicorn

        from triagelab.server.app import build_app, chosen
    except TriageLabError:
        raise
    except ImportError as error:
        raise MissingDependencyError(error.name or "uvicorn", "openenv", "triagelab serve") from error
    app = build_app(env_ids, max_sessions=max_sessions, session_timeout=session_timeout)
    bound = listen(host, port)
    if not is_loopback(host):
        say(f"warning: {host} can be reached from other machines, and there is no log-in")
    shown = f"[{host}]" if ":" in host else host
    places = ", ".join(f"{entry.env_id} at {entry.mount}" for entry in chosen(env_ids))
    say(f"serving http://{shown}:{bound.getsockname()[1]} ({places}); Ctrl-C stops")
    # What was made up to here stays: looking through it again and again would stop every session for 50 ms and more.
    gc.collect()
    gc.freeze()
    with bound:
        uvicorn.Server(settings(app)).run(sockets=[bound])


def settings(app: Any) -> uvicorn.Config:
    """Return how uvicorn runs the app: no access log, no compression, messages of bounded size."""
    import uvicorn

    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        log_config=None,
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=3,
        server_header=False,
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises: BadInputError in one line where the address cannot be had."""
    if isinstance(port, bool) or not 0 <= port <= 65_535:
        raise BadInputError("port", port, "a whole number from 0 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise BadInputError("host", host, "a name or address of this machine") from None
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        bound.listen(1024)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise BadInputError(
                "port", port, "a free port", "something listens there already; --port 0 finds one"
            ) from None
        raise BadInputError("host", f"{host}:{port}", "an address of this machine", str(error.strerror)) from None
    return bound


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
