"""Replies of chat endpoints on disk, found again by everything that decides them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from triagelab.agents.chat_reply import ANSWERED, ChatReply, ToolCall
from triagelab.errors import BadInputError
from triagelab.files import write_json

FORMAT = 1
LARGEST = 16 * 1024 * 1024


class _Entry(BaseModel):
    """One file of the cache. It holds the reply, not the question."""

    model_config = ConfigDict(extra="forbid", strict=True)
    format: int
    key: str
    text: str | None
    calls: list[list[str]]
    finish: str | None
    prompt_tokens: int | None
    completion_tokens: int | None


def cache_key(decisive: Mapping[str, Any]) -> str:
    """Return the name of an entry: a hash of all that decides the reply. No key of an endpoint may be in it."""
    text = json.dumps({"format": FORMAT, **decisive}, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class ReplyCache:
    """A folder of replies. An entry that cannot be read counts as not there and is written anew."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            allowed = "a folder that can be written, or `off`"
            raise BadInputError("--cache", str(folder), allowed, str(error.strerror)) from error

    def path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def get(self, key: str) -> ChatReply | None:
        """Return the reply, None where there is none that can be read."""
        try:
            with self.path(key).open("rb") as stream:
                raw = stream.read(LARGEST + 1)
            if len(raw) > LARGEST:
                return None
            entry = _Entry.model_validate(json.loads(raw))
            calls = tuple(ToolCall(name, arguments) for name, arguments in entry.calls)
        except (OSError, ValueError, RecursionError, ValidationError):
            return None
        if entry.format != FORMAT or entry.key != key:
            return None
        return ChatReply(
            ANSWERED, entry.text, calls, entry.finish, entry.prompt_tokens, entry.completion_tokens, cached=True
        )

    def put(self, key: str, reply: ChatReply) -> bool:
        """Keep an answered reply, whole or not at all; return whether it was kept."""
        if not reply.answered:
            return False
        entry = _Entry(
            format=FORMAT,
            key=key,
            text=reply.text,
            calls=[[call.name, call.arguments] for call in reply.calls],
            finish=reply.finish,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
        )
        try:
            write_json(self.path(key), entry.model_dump())
        except (OSError, BadInputError, UnicodeEncodeError):
            return False  # a full disk must not cost an answer that is there
        return True
