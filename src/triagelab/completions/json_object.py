"""The one JSON object of a text: where it stands, and its value, read strictly. Time is linear in the text's length."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_REASONING = ("think", "thinking", "reasoning")


class _NotStrictError(ValueError):
    pass


def load_strict(text: str) -> Any:
    """Return the JSON value; a name that stands twice and numbers that are none are refused."""
    return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotStrictError("a name stands twice in the object")
    return found


def _no_constant(name: str) -> Any:
    raise _NotStrictError(f"{name} is no JSON")


def why_not_json(error: BaseException) -> str:
    """Return the reason for people: what is not strict is named, everything else is no JSON."""
    return str(error) if isinstance(error, _NotStrictError) else "not JSON"


def after_reasoning(text: str) -> str | None:
    """Return the text after the last reasoning block, None where a block stays open."""
    low = text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)
    ends = [low.rfind(f"</{name}>") + len(name) + 3 for name in _REASONING if f"</{name}>" in low]
    begin = max(ends, default=0)
    opened = max(low.rfind(f"<{name}>") for name in _REASONING)
    return None if opened >= begin and opened >= 0 else text[begin:]


def object_spans(text: str) -> tuple[list[tuple[int, int]], bool]:
    """Return the spans of the outermost brace pairs, and whether the last one stays open."""
    spans: list[tuple[int, int]] = []
    depth = start = 0
    for place, char in _outside_strings(text):
        if char == "{":
            start = place if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                spans.append((start, place + 1))
    return spans, depth > 0


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Yield the braces that are not inside a JSON string; quotation marks count only within an object."""
    depth, quoted, escaped = 0, False, False
    for place, char in enumerate(text):
        if quoted:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                quoted = False
        elif char == '"':
            quoted = depth > 0
        elif char in "{}":
            depth = depth + 1 if char == "{" else max(0, depth - 1)
            yield place, char
