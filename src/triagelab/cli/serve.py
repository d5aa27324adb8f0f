"""`triagelab serve`: every environment over OpenEnv's WebSocket protocol and over HTTP, from one process."""

from __future__ import annotations

import contextlib
import sys

import typer


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    host: str = typer.Option("127.0.0.1", "--host", help="Address to listen on; anything but loopback is warned of."),
    port: int = typer.Option(7860, "--port", help="Port; 0 takes any free one."),
    max_sessions: int = typer.Option(
        256, "--max-sessions", help="Most sessions at a time, WebSocket and HTTP and all environments together."
    ),
    session_timeout: float = typer.Option(600.0, "--session-timeout", help="Seconds until an idle session is closed."),
    env: list[str] = typer.Option([], "--env", help="Serve only this environment; may be given several times."),
) -> None:
    """Serve the environments until Ctrl-C."""
    from triagelab.server.launch import serve as run

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    # Ctrl-C comes back as KeyboardInterrupt or, where the loop has ended by then, as a plain return.
    with contextlib.suppress(KeyboardInterrupt):
        run(host, port, env_ids=env, max_sessions=max_sessions, session_timeout=session_timeout, say=say)
    say("stopped")
