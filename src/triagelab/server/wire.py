"""JSON in and out of the server: reading with limits, and what an observation or an error looks like on the wire."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from triagelab.errors import DataFormatError
from triagelab.observation import Observation

LARGEST_MESSAGE = 256 * 1024
"""Bytes of the largest request body or WebSocket message; the longest answer, fully escaped, is half of it."""
OUTSIDE = {"done", "reward"}
"""Fields of an observation that OpenEnv puts beside it."""


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def read_object(raw: str | bytes) -> dict[str, Any]:
    """Return the JSON object in a message. Raises: DataFormatError in one line, without the message itself."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = _DECODER.decode(text)
    except UnicodeDecodeError:
        raise DataFormatError("the message is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise DataFormatError(f"Invalid JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise DataFormatError("Invalid JSON: nested too deeply") from None
    except ValueError as error:  # NaN and Infinity, and whole numbers with thousands of digits
        raise DataFormatError(f"Invalid JSON: {str(error).split(';')[0]}") from None
    if not isinstance(value, dict):
        raise DataFormatError("the message must be one JSON object")
    return value


def observed(seen: Observation) -> str:
    """Return `{"observation": {...}, "reward": ..., "done": ...}` as JSON, as OpenEnv's clients read it."""
    return f'{{"observation":{seen.model_dump_json(exclude=OUTSIDE)},{_beside(seen)}}}'


def dump(value: object) -> str:
    """Return JSON in ASCII: text that is no Unicode, echoed from a client, cannot break it."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _beside(seen: Observation) -> str:
    return f'"reward":{dump(seen.reward)},"done":{"true" if seen.done else "false"}'


__all__ = ["LARGEST_MESSAGE", "dump", "observed", "read_object"]
