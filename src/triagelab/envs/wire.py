"""A raw client of the OpenEnv protocol: JSON over one WebSocket a session, documents over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from triagelab.errors import BadInputError, MissingDependencyError, TriageLabError

Json = dict[str, Any]
MAX_BYTES = 16 * 1024 * 1024
"""Bytes of the longest message or document that is read."""


class WireError(TriageLabError, ConnectionError):
    """The connection broke, or what came was no message of the protocol."""


class WireRefusal(TriageLabError, RuntimeError):
    """The server answered with an error. `code` is one of OpenEnv's, such as EXECUTION_ERROR."""

    def __init__(self, code: str, message: str, data: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.code, self.data = code, dict(data)


def check_url(url: str) -> str:
    """Return the address without a slash at its end. Raises: BadInputError."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise BadInputError("URL", url, "http://HOST[:PORT][/PATH] or https://...")
    return url.rstrip("/")


def http_json(url: str, body: Mapping[str, Any] | None = None, *, timeout: float = 10.0) -> Any:
    """Return the JSON that a GET, or a POST with a body, gives. Raises: WireError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(check_url(url), data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            text = response.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise WireError(f"{url}: HTTP {error.code}") from error
    except (urllib.error.URLError, OSError) as error:
        raise WireError(f"{url}: {getattr(error, 'reason', None) or error}") from error
    if len(text) > MAX_BYTES:
        raise WireError(f"{url}: more than {MAX_BYTES} bytes")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"{url}: not JSON") from error


class WireSession:
    """One session: one WebSocket. Not for several threads at once."""

    def __init__(self, url: str, *, timeout: float = 30.0) -> None:
        """Connect to `URL/ws`. Raises: BadInputError for the address, WireError where nobody answers."""
        try:
            from websockets.exceptions import WebSocketException
            from websockets.sync.client import connect
        except ImportError as error:
            raise MissingDependencyError("websockets", "openenv", "a session over the wire") from error
        self._broken = (WebSocketException, OSError)
        self._timeout = timeout
        address = "ws" + check_url(url).removeprefix("http") + "/ws"
        try:
            opened = connect(address, open_timeout=timeout, max_size=MAX_BYTES, proxy=None, compression=None)
            self._socket = opened.__enter__()  # as websockets 17.1 wants; `close` is the other end
        except self._broken as error:
            raise WireError(f"{url}: {error}") from error

    def ask(self, kind: str, data: Mapping[str, Any] | None = None) -> Json:
        """Return the data of the answer to one message.

        Raises: WireRefusal for an error of the server, WireError for a broken connection.
        """
        message = {"type": kind} if data is None else {"type": kind, "data": dict(data)}
        return self.ask_text(json.dumps(message))

    def ask_text(self, text: str) -> Json:
        """Return the data of the answer to one message as it is written, JSON or not."""
        try:
            self._socket.send(text)
            answer = json.loads(self._socket.recv(timeout=self._timeout))
        except self._broken as error:
            raise WireError(f"connection: {type(error).__name__} {error}".strip()) from error
        except ValueError as error:
            raise WireError("the answer is not JSON") from error
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise WireError(f"not a message of the protocol: {str(answer)[:80]}")
        if answer.get("type") == "error":
            raise WireRefusal(str(data.get("code", "")), json.dumps(data), data)
        return data

    def close(self) -> None:
        """Say good-bye and close the socket; closing twice is harmless."""
        with suppress(*self._broken):
            self._socket.send('{"type": "close"}')
        self._socket.close()

    def __enter__(self) -> WireSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
