"""Many chat requests at once: repeated where that may help, answered from disk where they were asked before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from triagelab.agents.chat import Send, Wire
from triagelab.agents.chat_backoff import Backoff
from triagelab.agents.chat_cache import ReplyCache, cache_key
from triagelab.agents.chat_endpoint import Endpoint, find_endpoint
from triagelab.agents.chat_reply import ChatReply, ChatRequest, FailedRequestError, sendable
from triagelab.agents.chat_usage import Price, Usage
from triagelab.errors import BadInputError, TriageLabError
from triagelab.seeding import derive_seed

GIVE_UP = 32
"""Requests in a row that nothing answered, after which an endpoint counts as gone."""


class ChatError(TriageLabError, RuntimeError):
    """Nothing answers at all: wrong address, wrong key, wrong model, or the endpoint is down."""


class Connection(Protocol):
    """What the client needs of the wire."""

    def open(self) -> AbstractAsyncContextManager[Send]: ...


class ChatClient:
    """Asks one model at one endpoint. A failed request is an answer with a status, never a lost batch.

    Units: seconds.

    Attributes:
        usage: sums over the life of this client.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        temperature: float = 0.0,
        max_tokens: int = 512,
        stream: bool = False,
        concurrency: int = 8,
        timeout: float = 60.0,
        retries: int = 4,
        cache: ReplyCache | None = None,
        cache_credentialed: bool = False,
        price: Price | None = None,
        backoff: Backoff | None = None,
        wire: Connection | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        for field, value, low, high in (
            ("max_tokens", max_tokens, 1, 1 << 20),
            ("concurrency", concurrency, 1, 1024),
            ("retries", retries, 0, 100),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise BadInputError(field, value, f"a whole number from {low} to {high}")
        if not 0 < timeout <= 3600:
            raise BadInputError("timeout", timeout, "seconds, more than 0 and up to 3600")
        if not 0 <= temperature <= 10:
            raise BadInputError("temperature", temperature, "0 (greedy) to 10")
        self.endpoint, self.cache, self.price, self.usage = endpoint, cache, price, Usage()
        self.temperature, self.max_tokens, self.stream = temperature, max_tokens, stream
        self.concurrency, self.timeout, self.retries = concurrency, timeout, retries
        self.cache_credentialed = cache_credentialed
        self._backoff = backoff or Backoff()
        self._wire: Connection = wire or Wire(endpoint, timeout)
        self._sleep = sleep
        self._unanswered = 0

    def ask(self, requests: Sequence[ChatRequest], *, seed: int = 0) -> list[ChatReply]:
        """Return one reply a request, in order; equal requests under an equal seed are one question.

        Raises: ChatError where nothing was ever answered, or nothing in the last GIVE_UP requests.
        """
        if not requests:
            return []
        replies = _run(lambda: self._all(requests, derive_seed("agents.chat", seed, bits=31)))
        for reply in replies:
            self.usage.add(reply)
            self._unanswered = 0 if reply.answered else self._unanswered + 1
        nothing_yet = not self.usage.answered and not self.usage.cached
        if self._unanswered and (nothing_yet or self._unanswered >= GIVE_UP):
            last = next(reply for reply in reversed(replies) if not reply.answered)
            raise ChatError(
                f"{self.endpoint.base_url}: no answer to {self._unanswered} requests in a row; the last one: "
                f"{last.status}, {last.error}"
            )
        return replies

    async def _all(self, requests: Sequence[ChatRequest], seed: int) -> list[ChatReply]:
        places = asyncio.Semaphore(self.concurrency)
        async with self._wire.open() as send:
            return list(await asyncio.gather(*(self._one(request, seed, send, places) for request in requests)))

    async def _one(self, request: ChatRequest, seed: int, send: Send, places: asyncio.Semaphore) -> ChatReply:
        parameters = self._parameters(request, seed)
        key = cache_key({"base_url": self.endpoint.base_url, **parameters})
        kept = self.cache if request.cacheable or self.cache_credentialed else None
        async with places:
            found = kept.get(key) if kept else None
            if found is not None:
                return found.cleaned(self.endpoint.hide)  # it may have been kept under another key
            reply = await self._patiently({**parameters, "stream": self.stream}, send, seed, key)
        if kept and reply.answered and not kept.put(key, reply):
            self.usage.unsaved += 1
        return reply

    def _parameters(self, request: ChatRequest, seed: int) -> dict[str, Any]:
        """Return everything that decides the answer, as it is sent."""
        parameters: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": [_whole(message) for message in request.messages],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": seed,
        }
        return parameters | ({"tools": [dict(tool) for tool in request.tools]} if request.tools else {})

    async def _patiently(self, parameters: dict[str, Any], send: Send, seed: int, key: str) -> ChatReply:
        started = time.monotonic()
        attempt = 0
        while True:
            try:
                reply = await send(parameters)
                break
            except FailedRequestError as failure:
                wait = self._backoff.wait(attempt, seed, key, failure.wait)
                if not failure.again or attempt >= self.retries or wait is None:
                    reply = ChatReply(failure.status, error=failure.text)
                    break
            attempt += 1
            await self._sleep(wait)
        return replace(reply, attempts=attempt + 1, seconds=time.monotonic() - started)


def _whole(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: sendable(value) if isinstance(value, str) else value for name, value in message.items()}


def make_client(
    *,
    base_url: str | None = None,
    model: str | None = None,
    api_key: str | None = None,
    cache: Path | str | None = None,
    price: str | None = None,
    **options: Any,
) -> ChatClient:
    """Return a client from arguments and environment; `options` as ChatClient. `cache` None or `off` keeps nothing."""
    endpoint = find_endpoint(base_url, model, api_key)
    kept = None if cache is None or str(cache) == "off" else ReplyCache(cache)
    return ChatClient(endpoint, cache=kept, price=Price.read(price) if price else None, **options)


def _run(make: Callable[[], Any]) -> Any:
    """Run a coroutine to its end, also where the caller sits inside a running event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(make())
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(make())).result()
