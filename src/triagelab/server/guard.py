"""What stands around every route: no foreign web pages, a limit on bodies, and an end to errors that nobody foresaw."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from triagelab.server.wire import LARGEST_MESSAGE, dump

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
_log = logging.getLogger(__name__)


FOREIGN = "a web page of another address may not do that"
READING = {"GET", "HEAD", "OPTIONS"}


class Guard:
    """An app inside its limits: 403 for a foreign page, 413 for a large body, 500 without a word of the error.

    An error may hold the truth. A browser lets any page send POST requests and open WebSockets to a server on loopback.
    """

    def __init__(self, app: App, largest: int = LARGEST_MESSAGE) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and _is_foreign(scope):
            await send({"type": "websocket.close", "code": 1008, "reason": FOREIGN})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] not in READING and _is_foreign(scope):
            await _say(send, 403, FOREIGN)
            return
        body = await self._body(scope, receive)
        if body is None:
            await _say(send, 413, f"the body is larger than {self.largest} bytes")
            return
        begun = False

        async def replayed() -> Message:
            nonlocal body
            if body is None:
                return await receive()
            first, body = body, None
            return {"type": "http.request", "body": first, "more_body": False}

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, replayed, noted)
        except Exception as error:
            _log.error("%s: %s", scope.get("path"), type(error).__name__)
            if not begun:
                await _say(send, 500, "the server could not do that; this is a defect of the server")

    async def _body(self, scope: MutableMapping[str, Any], receive: Receive) -> bytes | None:
        """Return the whole body, None for one that is too large, without reading it to its end."""
        if _stated_length(scope) > self.largest:
            return None
        parts: list[bytes] = []
        read = 0
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            read += len(parts[-1])
            if read > self.largest:
                return None
            if message["type"] != "http.request" or not message.get("more_body", False):
                return b"".join(parts)


def _is_foreign(scope: MutableMapping[str, Any]) -> bool:
    """Return whether a browser names a page of another host or port; clients that are no browsers name none."""
    named = {name: value.lower() for name, value in scope.get("headers", ())}
    origin = named.get(b"origin")
    return origin is not None and origin.partition(b"://")[2] != named.get(b"host")


def _stated_length(scope: MutableMapping[str, Any]) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value[:18])
    return 0


async def _say(send: Send, status: int, text: str) -> None:
    body = dump({"detail": text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
