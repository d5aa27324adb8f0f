"""The one file that knows the `openai` package: sends one chat request and reads what comes back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from triagelab.agents.chat_backoff import retry_after
from triagelab.agents.chat_endpoint import Endpoint
from triagelab.agents.chat_reply import ChatReply, FailedRequestError, Gathered, read_body
from triagelab.errors import MissingDependencyError

if TYPE_CHECKING:
    import httpx2
    from openai import APIStatusError, AsyncOpenAI

PATH = "/chat/completions"
LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of an answer; no completion that a triage answer is read from comes near."""
_SENT_HEADERS = frozenset(
    {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "authorization", "user-agent"}
)
_AGAIN = frozenset({408, 409, 425, 429})

Send = Callable[[dict[str, Any]], Awaitable[ChatReply]]


@dataclass(frozen=True, slots=True)
class Wire:
    """How requests reach one endpoint: no redirect is followed, and no proxy stands before this machine.

    Units: seconds for one attempt as a whole, bytes.
    """

    endpoint: Endpoint
    timeout: float = 60.0
    largest: int = LARGEST_BODY

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Send]:
        """Give a function that makes one attempt: parameters of the API -> reply, or FailedRequestError.

        Raises: MissingDependencyError without the chat extra.
        """
        openai, httpx2 = _libraries()
        http = httpx2.AsyncClient(
            timeout=self.timeout,
            follow_redirects=False,
            trust_env=not self.endpoint.loopback,
            event_hooks={"request": [_only_what_is_needed], "response": [_limit(self.largest)]},
        )
        client = openai.AsyncOpenAI(
            base_url=self.endpoint.base_url,
            api_key=self.endpoint.key or "none",
            http_client=http,
            timeout=self.timeout,
            max_retries=0,
        )
        async with client:

            async def send(parameters: dict[str, Any]) -> ChatReply:
                try:
                    async with asyncio.timeout(self.timeout):
                        return await self._attempt(client, parameters)
                except TimeoutError:
                    raise FailedRequestError("timeout", f"no answer within {self.timeout:g} s") from None

            yield send

    async def _attempt(self, client: AsyncOpenAI, parameters: dict[str, Any]) -> ChatReply:
        import openai

        try:
            reply = await (_streamed if parameters.get("stream") else _whole)(client, parameters)
        except FailedRequestError:
            raise
        except openai.APITimeoutError:
            raise FailedRequestError("timeout", f"no answer within {self.timeout:g} s") from None
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            if isinstance(cause, FailedRequestError):  # of our own hooks, wrapped by the library
                raise cause from None
            status = "cut" if _was_cut(cause) else "connection"
            raise FailedRequestError(status, self.endpoint.message(cause)) from None
        except openai.APIStatusError as error:
            raise self._refusal(error) from None
        except openai.APIError as error:  # an error inside a stream
            raise FailedRequestError("server_error", self.endpoint.message(error.message)) from None
        except Exception as error:  # whatever an answer does to the libraries costs one request, not the batch
            text = f"the answer is not in the format of the API ({type(error).__name__})"
            raise FailedRequestError("unreadable", text) from None
        return reply.cleaned(self.endpoint.hide)

    def _refusal(self, error: APIStatusError) -> FailedRequestError:
        """Return what an answer with a status from 300 on means."""
        code = error.status_code
        text = self.endpoint.message(f"HTTP {code}: {_said(error)}")
        wait = retry_after(error.response.headers.get("retry-after"), time.time())
        if 300 <= code < 400:
            return FailedRequestError("redirected", f"HTTP {code}: redirects are not followed", again=False)
        if code >= 500:
            return FailedRequestError("server_error", text, wait=wait)
        again = code in _AGAIN
        return FailedRequestError("rate_limited" if code == 429 else "rejected", text, again=again, wait=wait)


def _libraries() -> tuple[Any, Any]:
    """Return openai and its HTTP library, quiet: their debug logs hold whole requests."""
    try:
        import httpx2
        import openai
    except ImportError:
        raise MissingDependencyError("openai", "chat", "a chat endpoint") from None
    for name in ("openai", "httpx2", "httpcore2"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
    return openai, httpx2


async def _whole(client: AsyncOpenAI, parameters: dict[str, Any]) -> ChatReply:
    import httpx2

    response = await client.post(PATH, cast_to=httpx2.Response, body=parameters)
    return read_body(response.content)


async def _streamed(client: AsyncOpenAI, parameters: dict[str, Any]) -> ChatReply:
    """Return the pieces put together. A stream that ends before the model said why it stopped was cut."""
    gathered = Gathered()
    parameters = {**parameters, "stream_options": {"include_usage": True}}
    async with await client.chat.completions.create(**parameters) as pieces:
        async for piece in pieces:
            gathered.add(piece.to_dict(warnings=False), "delta")
    if gathered.finish is None:
        raise FailedRequestError("cut", "the stream ended before the answer did")
    return gathered.reply()


async def _only_what_is_needed(request: httpx2.Request) -> None:
    """Take out the headers that describe this machine and its user's other accounts."""
    for name in list(request.headers):
        if name.lower() not in _SENT_HEADERS:
            del request.headers[name]
    request.headers["user-agent"] = "triagelab"
    request.headers["accept-encoding"] = "identity"  # what unpacks to gigabytes cannot be sent then


def _limit(largest: int) -> Callable[[httpx2.Response], Awaitable[None]]:
    async def hook(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise FailedRequestError("unreadable", "the answer is packed though that was not asked for", again=False)
        response.stream = _counted(response.stream, largest)

    return hook


def _counted(stream: Any, largest: int) -> Any:
    """Return the stream with an end at `largest` bytes."""
    import httpx2

    class Counted(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for part in stream:
                size += len(part)
                if size > largest:
                    text = f"the answer is longer than {largest} bytes"
                    raise FailedRequestError("too_large", text, again=False)
                yield part

        async def aclose(self) -> None:
            await stream.aclose()

    return Counted()


def _was_cut(cause: BaseException) -> bool:
    import httpx2

    return isinstance(cause, (httpx2.RemoteProtocolError, httpx2.ReadError))


def _said(error: APIStatusError) -> str:
    """Return the server's own message where it is in the usual place, else the start of the body."""
    body = error.body
    if isinstance(body, dict):
        said = body.get("message") or body.get("detail") or body.get("error")
        return str(said) if said else "no message"
    return str(body) if body else "no message"
