"""What is asked of a chat endpoint and what came back, read without trust."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

ANSWERED = "answered"
FAILURES = (
    "timeout",
    "connection",
    "cut",
    "rate_limited",
    "server_error",
    "rejected",
    "redirected",
    "unreadable",
    "too_large",
)
"""Why there may be no answer: the statuses of a ChatReply beside `answered`."""
_FINISHES = frozenset({"stop", "length", "tool_calls", "function_call", "content_filter"})


class FailedRequestError(Exception):
    """One attempt that brought no answer.

    Attributes:
        status: one of FAILURES.
        again: whether another attempt may help.
        wait: seconds that the server asked to wait, if it did.
    """

    def __init__(self, status: str, text: str, *, again: bool = True, wait: float | None = None) -> None:
        super().__init__(text)
        self.status, self.text, self.again, self.wait = status, text, again, wait


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that a model wants made; `arguments` is the JSON text that it wrote."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One conversation to be continued.

    Attributes:
        tools: tools on offer, in the form of the chat-completions API.
        cacheable: False keeps the reply out of the cache.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()
    cacheable: bool = True


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came of one request.

    Units: seconds from the first attempt to the end.
    Missing: `text` None where nothing was answered, or where a model only called tools; token counts None where the
        server did not say.

    Attributes:
        status: `answered` or one of FAILURES.
        finish: why the model stopped, in the words of the API; `other` for any other word.
        attempts: requests that were sent; 0 for one from the cache.
        error: one line on the failure.
    """

    status: str
    text: str | None = None
    calls: tuple[ToolCall, ...] = ()
    finish: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    attempts: int = 0
    seconds: float = 0.0
    cached: bool = False
    error: str | None = None

    @property
    def answered(self) -> bool:
        return self.status == ANSWERED

    @property
    def truncated(self) -> bool:
        return self.finish == "length"

    def cleaned(self, clean: Callable[[str], str]) -> ChatReply:
        """Return the reply with all that the model wrote passed through `clean`."""
        calls = tuple(ToolCall(clean(call.name), clean(call.arguments)) for call in self.calls)
        return replace(self, text=None if self.text is None else clean(self.text), calls=calls)


def sendable(text: str) -> str:
    """Return text that can be written as UTF-8: half a surrogate pair becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def read_body(body: bytes) -> ChatReply:
    """Return the reply of a whole answer. Raises: FailedRequestError (unreadable) for anything else."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise FailedRequestError("unreadable", "the answer is not JSON") from None
    gathered = Gathered()
    gathered.add(data, "message")
    return gathered.reply()


@dataclass(slots=True)
class Gathered:
    """The parts of one reply: a whole message, or the pieces of a stream in order."""

    parts: list[str] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    arguments: dict[int, list[str]] = field(default_factory=dict)
    finish: str | None = None
    usage: tuple[int | None, int | None] = (None, None)
    seen: bool = False

    def add(self, data: object, place: str) -> None:
        """Take one object of the wire; `place` is `message`, or `delta` for a piece of a stream."""
        if not isinstance(data, Mapping):
            raise FailedRequestError("unreadable", "the answer is no JSON object")
        self._add_usage(data.get("usage"))
        choices = data.get("choices")
        if place == "delta" and choices in (None, []):
            return  # the last piece of some servers carries the usage only
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
            raise FailedRequestError("unreadable", "the answer holds no choices")
        choice = choices[0]
        self.finish = _finish(choice.get("finish_reason")) or self.finish
        part = choice.get(place)
        if place == "delta" and part is None:
            return
        if not isinstance(part, Mapping):
            raise FailedRequestError("unreadable", f"the choice holds no {place}")
        self._add_part(part)

    def reply(self) -> ChatReply:
        """Return the whole; a model that stopped without a word said nothing, which is an answer.

        Raises: FailedRequestError where neither text nor a call came, nor a reason why.
        """
        if not self.seen and self.finish is None:
            raise FailedRequestError("unreadable", "the answer holds neither text nor a tool call")
        calls = tuple(
            ToolCall(sendable(name), sendable("".join(self.arguments.get(index, ()))))
            for index, name in sorted(self.names.items())
        )
        text = sendable("".join(self.parts))
        return ChatReply(ANSWERED, None if calls and not text else text, calls, self.finish, *self.usage)

    def _add_part(self, part: Mapping[str, Any]) -> None:
        content = part.get("content")
        if content is None:
            content = part.get("refusal")
        if isinstance(content, str):
            self.parts.append(content)
            self.seen = True
        elif content is not None:
            raise FailedRequestError("unreadable", "the content is no text")
        calls = part.get("tool_calls")
        if calls is None:
            return
        if not isinstance(calls, list):
            raise FailedRequestError("unreadable", "tool_calls is no list")
        for place, call in enumerate(calls):
            self._add_call(call, place)

    def _add_call(self, call: object, place: int) -> None:
        function = call.get("function") if isinstance(call, Mapping) else None
        if not isinstance(call, Mapping) or not isinstance(function, Mapping):
            raise FailedRequestError("unreadable", "a tool call holds no function")
        given = call.get("index")
        index = given if isinstance(given, int) and not isinstance(given, bool) else place
        name, arguments = function.get("name"), function.get("arguments")
        if isinstance(name, str) and name:
            self.names[index] = self.names.get(index, "") + name
        self.arguments.setdefault(index, [])
        if isinstance(arguments, str):
            self.arguments[index].append(arguments)
        elif arguments is not None:
            raise FailedRequestError("unreadable", "the arguments of a tool call are no text")
        self.seen = True

    def _add_usage(self, usage: object) -> None:
        if isinstance(usage, Mapping):
            self.usage = (_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))


def _finish(value: object) -> str | None:
    """Return the reason in known words only: what stands here goes into records."""
    return None if not isinstance(value, str) or not value else value if value in _FINISHES else "other"


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else None
