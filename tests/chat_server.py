"""A chat endpoint on loopback that misbehaves as it is told: the faults that clients meet, without waiting for them."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from triagelab.agents.chat_client import ChatClient
from triagelab.agents.chat_endpoint import Endpoint
from triagelab.agents.chat_reply import ChatRequest

Fault = Callable[["Handler"], None]
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


@dataclass
class Server:
    """What the endpoint does next (`script`, then `otherwise`) and what it has seen."""

    script: list[Fault] = field(default_factory=list)
    otherwise: Fault | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    base_url: str = ""
    most_at_once: int = 0
    now: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def do_POST(self) -> None:
        state = self.state
        self.body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with state.lock:
            state.bodies.append(self.body)
            state.headers.append({name.lower(): value for name, value in self.headers.items()})
            state.now += 1
            state.most_at_once = max(state.most_at_once, state.now)
            act = state.script.pop(0) if state.script else state.otherwise or good()
        try:
            act(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client gave up, as some tests want
        finally:
            with state.lock:
                state.now -= 1

    def send(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def stream(self, lines: list[str], cut: bool = False) -> None:
        """Send events in chunks; `cut` closes the connection before the end."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for line in lines:
            data = f"data: {line}\n\n".encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.write(b"" if cut else b"0\r\n\r\n")
        self.close_connection = cut

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def message(
    text: str | None = "ANSWER: ESI 3", calls: list[dict[str, Any]] | None = None, **more: Any
) -> dict[str, Any]:
    said: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        said["tool_calls"] = calls
    return {"choices": [{"index": 0, "message": said, "finish_reason": "stop"}], "usage": USAGE, **more}


def call(name: str, arguments: object) -> dict[str, Any]:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": "x", "type": "function", "function": {"name": name, "arguments": written}}


def good(text: str | None = "ANSWER: ESI 3", calls: list[dict[str, Any]] | None = None, **more: Any) -> Fault:
    """Answer properly, in pieces where that is asked for."""

    def act(handler: Handler) -> None:
        if handler.body.get("stream"):
            pieces = [{"delta": {"role": "assistant", "content": char}} for char in text or ""]
            pieces += [{"delta": {"tool_calls": [{"index": place, **one}]}} for place, one in enumerate(calls or [])]
            pieces.append({"delta": {}, "finish_reason": "stop"})
            lines = [json.dumps({"choices": [{"index": 0, **piece}]}) for piece in pieces]
            handler.stream([*lines, json.dumps({"choices": [], "usage": USAGE}), "[DONE]"])
        else:
            handler.send(200, json.dumps(message(text, calls, **more)).encode())

    return act


def status(code: int, said: str = "no", **headers: str) -> Fault:
    return lambda handler: handler.send(code, json.dumps({"error": {"message": said}}).encode(), **headers)


def raw(body: bytes, kind: str = "application/json", **headers: str) -> Fault:
    return lambda handler: handler.send(200, body, kind, **headers)


def events(*lines: str, cut: bool = False) -> Fault:
    return lambda handler: handler.stream(list(lines), cut)


def half(handler: Handler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


def hang_up(handler: Handler) -> None:
    handler.close_connection = True


def slow(seconds: float) -> Fault:
    """Answer late, a byte now and then, so that no single read takes long."""

    def act(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "100000")
        handler.end_headers()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)
        handler.close_connection = True

    return act


@contextmanager
def chat_server(*script: Fault, otherwise: Fault | None = None) -> Iterator[Server]:
    """Run an endpoint that follows the script, then does `otherwise` (answer properly)."""
    state = Server(list(script), otherwise)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"state": state}))
    server.daemon_threads = True
    state.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


KEY = "sk-very-secret-0123456789"
QUESTION = ChatRequest([{"role": "user", "content": "How urgent?"}])


class Waits(list):
    """A sleep that notes how long it was asked to take, and takes no time."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


def client(server, *, waits=None, wire=None, **options) -> ChatClient:
    endpoint = Endpoint(server.base_url, "tiny", KEY)
    return ChatClient(endpoint, sleep=Waits() if waits is None else waits, wire=wire, **{"timeout": 5.0, **options})


def after_one_good(server, *, batch=1, **options):
    """Return the client and its replies to the scripted requests, after one request that was answered."""
    script, server.script = server.script, []
    asked = client(server, **options)
    asked.ask([QUESTION])
    server.script = script
    return asked, asked.ask([QUESTION] * batch)
