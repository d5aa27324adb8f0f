"""From a model's text or tool call to one bedside action, or to the reason why there is none. It never guesses.

An action is the one JSON object of a text, outside any reasoning block. Two objects are no action even where they are
equal: which of several steps was meant first is not for a reader to say. Time is linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from triagelab.cases.bedside.actions import BedsideAction, read_action
from triagelab.completions.answers import ParseStatus
from triagelab.completions.json_object import after_reasoning, load_strict, object_spans, why_not_json
from triagelab.errors import BadInputError

LONGEST = 100_000
"""Characters of the longest text that is read."""
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


def parse_action(text: str, *, truncated: bool = False) -> ParsedAction:
    """Return the single action of a text. Missing: `action` is None under every status but CLEAN and REPAIRED."""
    if not text.strip():
        return ParsedAction(ParseStatus.EMPTY, None, "nothing was written")
    if len(text) > LONGEST:
        return ParsedAction(ParseStatus.MALFORMED, None, f"more than {LONGEST} characters")
    body = after_reasoning(text)
    if body is None:
        return ParsedAction(ParseStatus.TRUNCATED, None, "the reasoning block never ends")
    spans, unfinished = object_spans(body)
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
        given = load_strict(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError) as error:
        return ParsedAction(ParseStatus.MALFORMED, None, f"arguments of {name[:40]}: {why_not_json(error)}")
    return _typed({"name": name, "arguments": given})


def _read(text: str) -> ParsedAction:
    try:
        return _typed(load_strict(text))
    except (ValueError, RecursionError) as error:
        return ParsedAction(ParseStatus.MALFORMED, None, why_not_json(error))


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
