"""From a model's text or tool call to one bedside action, or to the reason why there is none. It never guesses.

An action is the one JSON object of a text, outside any reasoning block. Two objects are no action even where they are
equal: which of several steps was meant first is not for a reader to say. Time is linear in the length of the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triagelab.cases.bedside.actions import BedsideAction, read_action
from triagelab.completions.answers import ParseStatus
from triagelab.errors import BadInputError

LONGEST = 100_000
"""Characters of the longest text that is read."""
_REASONING = ("think", "thinking", "reasoning")
_CALL = frozenset({"name", "arguments"})


@dataclass(frozen=True, slots=True)
class ParsedAction:
    """The verdict on what a model wrote.

    Attributes:
        status: CLEAN where nothing but the action was written, REPAIRED where words stand around it; else why there is
            none.
        reason: one line for people, and for the model that is asked again.
    """

    status: ParseStatus
    action: BedsideAction | None
    reason: str = ""


class _NotStrictError(ValueError):
    pass


def parse_action(text: str, *, truncated: bool = False) -> ParsedAction:
    """Return the single action of a text. Missing: `action` is None under every status but CLEAN and REPAIRED."""
    if not text.strip():
        return ParsedAction(ParseStatus.EMPTY, None, "nothing was written")
    if len(text) > LONGEST:
        return ParsedAction(ParseStatus.MALFORMED, None, f"more than {LONGEST} characters")
    body = _after_reasoning(text)
    if body is None:
        return ParsedAction(ParseStatus.TRUNCATED, None, "the reasoning block never ends")
    spans, unfinished = _objects(body)
    if unfinished:
        status = ParseStatus.TRUNCATED if truncated else ParseStatus.MALFORMED
        return ParsedAction(status, None, "a JSON object never ends")
    if not spans:
        return ParsedAction(ParseStatus.MALFORMED, None, "no JSON object")
    if len(spans) > 1:
        return ParsedAction(ParseStatus.CONFLICTING, None, f"{len(spans)} JSON objects instead of one")
    start, end = spans[0]
    around = body[:start].rstrip()[-1:] + body[end:].lstrip()[:1]
    if around == "[]" or around[:1] == "[" or around[-1:] == ",":
        return ParsedAction(ParseStatus.MALFORMED, None, "a list instead of one JSON object")
    found = _read(body[start:end])
    if found.action is not None and body.strip() != body[start:end]:
        return ParsedAction(ParseStatus.REPAIRED, found.action, "words around the object")
    return found


def action_of_call(name: str, arguments: str) -> ParsedAction:
    """Return the action of one tool call: the tool is the kind, the arguments are the rest."""
    if len(arguments) > LONGEST:
        return ParsedAction(ParseStatus.MALFORMED, None, f"arguments of more than {LONGEST} characters")
    try:
        given = _load(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError) as error:
        return ParsedAction(ParseStatus.MALFORMED, None, f"arguments of {name[:40]}: {_why(error)}")
    return _typed({"name": name, "arguments": given})


def _read(text: str) -> ParsedAction:
    try:
        return _typed(_load(text))
    except (ValueError, RecursionError) as error:
        return ParsedAction(ParseStatus.MALFORMED, None, _why(error))


def _typed(raw: object) -> ParsedAction:
    """Return the action of an object: its own fields, or those of a tool call that was written as text."""
    if isinstance(raw, Mapping) and set(raw) == _CALL:
        given = raw["arguments"]
        if not isinstance(given, Mapping) or "kind" in given:
            return ParsedAction(ParseStatus.MALFORMED, None, "arguments: one JSON object without kind")
        raw = {"kind": raw["name"], **given}
    if not isinstance(raw, Mapping):
        return ParsedAction(ParseStatus.MALFORMED, None, "not one JSON object")
    try:
        return ParsedAction(ParseStatus.CLEAN, read_action(raw), "as asked")
    except BadInputError as error:
        return ParsedAction(ParseStatus.MALFORMED, None, str(error)[:400])


def _load(text: str) -> Any:
    """Return the JSON value; a name that stands twice and numbers that are none are refused."""
    return json.loads(text, object_pairs_hook=_distinct, parse_constant=_no_constant)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotStrictError("a name stands twice in the object")
    return found


def _no_constant(name: str) -> Any:
    raise _NotStrictError(f"{name} is no JSON")


def _why(error: BaseException) -> str:
    return str(error) if isinstance(error, _NotStrictError) else "not JSON"


def _after_reasoning(text: str) -> str | None:
    """Return the text after the last reasoning block, None where a block stays open."""
    low = text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)
    ends = [low.rfind(f"</{name}>") + len(name) + 3 for name in _REASONING if f"</{name}>" in low]
    begin = max(ends, default=0)
    opened = max(low.rfind(f"<{name}>") for name in _REASONING)
    return None if opened >= begin and opened >= 0 else text[begin:]


def _objects(text: str) -> tuple[list[tuple[int, int]], bool]:
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
