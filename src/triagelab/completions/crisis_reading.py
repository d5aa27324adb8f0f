"""From what a role wrote to its acts, or to the reason why there are none. It never guesses.

A completion is one JSON object `{"reasoning": "...", "acts": [{"act": "place", ...}, ...]}`, alone, in a code fence, or
after words or a reasoning block. Objects that are equal count as one; two that differ are no answer. Time is linear in
the length of the text; what stands in it is data, never an instruction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from triagelab.completions.answers import ParseStatus
from triagelab.completions.json_object import after_reasoning, load_strict, object_spans, why_not_json
from triagelab.hospital.acts import Act, Refusal, read_acts

LONGEST = 60_000
"""Characters of the longest text that is read."""
DEEPEST = 6
"""Levels of nesting of the deepest object that is read; an answer has three."""
MOST_OBJECTS = 8
"""Objects of one text that are compared; more are no answer."""
_KEYS = frozenset({"reasoning", "acts"})
_BRACKETS = str.maketrans({"[": "{", "]": "}"})


@dataclass(frozen=True, slots=True)
class CrisisReading:
    """The verdict on what a role wrote.

    Attributes:
        status: CLEAN where nothing but the object was written, REPAIRED where words or a fence stand around it or the
            reasoning is missing; else why there is none.
        acts: acts of the right shape, in their order; `refused`: what is none, with reasons.
        reason: one line for people, and for the model that is asked again.

    Missing: `acts` and `reasoning` are empty under every status but CLEAN and REPAIRED.
    """

    status: ParseStatus
    reasoning: str = ""
    acts: tuple[Act, ...] = ()
    refused: tuple[Refusal, ...] = ()
    reason: str = ""

    @property
    def readable(self) -> bool:
        return self.status in (ParseStatus.CLEAN, ParseStatus.REPAIRED)


def read_completion(text: str, role: str, *, truncated: bool = False) -> CrisisReading:
    """Return the reasoning and the acts of a completion of a role.

    Args:
        text: what was written, without the prompt.
        role: one of `hospital.tables.ROLES`; acts of another role are refused.
        truncated: the writer was cut off by its token limit.
    """
    if not text.strip():
        return CrisisReading(ParseStatus.EMPTY, reason="nothing was written")
    if len(text) > LONGEST:
        return CrisisReading(ParseStatus.MALFORMED, reason=f"more than {LONGEST} characters")
    body = after_reasoning(text)
    if body is None:
        return CrisisReading(ParseStatus.TRUNCATED, reason="the reasoning block never ends")
    spans, unfinished = object_spans(body)
    if unfinished:
        status = ParseStatus.TRUNCATED if truncated else ParseStatus.MALFORMED
        return CrisisReading(status, reason="a JSON object never ends")
    if not spans:
        status = ParseStatus.TRUNCATED if truncated else ParseStatus.MALFORMED
        return CrisisReading(status, reason="no JSON object")
    if len(spans) > MOST_OBJECTS:
        return CrisisReading(ParseStatus.CONFLICTING, reason=f"{len(spans)} JSON objects instead of one")
    return _read_objects(body, spans, role)


def _read_objects(body: str, spans: list[tuple[int, int]], role: str) -> CrisisReading:
    values: list[object] = []
    for start, end in spans:
        part = body[start:end]
        if _depth(part) > DEEPEST:
            return CrisisReading(ParseStatus.MALFORMED, reason=f"nested deeper than {DEEPEST} levels")
        try:
            values.append(load_strict(part))
        except (ValueError, RecursionError) as error:
            return CrisisReading(ParseStatus.MALFORMED, reason=why_not_json(error))
    if any(value != values[0] for value in values[1:]):
        return CrisisReading(ParseStatus.CONFLICTING, reason=f"{len(values)} different JSON objects")
    start, end = spans[0]
    if body[:start].rstrip().endswith("[") or body[spans[-1][1] :].lstrip().startswith("]"):
        return CrisisReading(ParseStatus.MALFORMED, reason="a list instead of one JSON object")
    alone = len(spans) == 1 and body.strip() == body[start:end]
    return _typed(values[0], role, alone)


def _depth(text: str) -> int:
    """Return how deep brackets are nested, those inside strings counted too: an upper bound."""
    depth = deepest = 0
    for char in text.translate(_BRACKETS):
        if char == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif char == "}":
            depth -= 1
    return deepest


def _typed(value: object, role: str, alone: bool) -> CrisisReading:
    if not isinstance(value, Mapping) or "acts" not in value:
        return CrisisReading(ParseStatus.MALFORMED, reason='the object needs the field "acts"')
    extra = [str(name)[:40] for name in value if name not in _KEYS]
    if extra:
        return CrisisReading(ParseStatus.MALFORMED, reason=f"no field {extra[0]!r}; an answer has reasoning and acts")
    reasoning, raw = value.get("reasoning"), value["acts"]
    if reasoning is not None and not isinstance(reasoning, str):
        return CrisisReading(ParseStatus.MALFORMED, reason="reasoning: text is asked for")
    if not isinstance(raw, list):
        return CrisisReading(ParseStatus.MALFORMED, reason="acts: a list is asked for")
    acts, refused = read_acts(role, raw)
    status, reason = ParseStatus.CLEAN, "as asked"
    if not alone:
        status, reason = ParseStatus.REPAIRED, "words or a fence around the object"
    elif reasoning is None:
        status, reason = ParseStatus.REPAIRED, "no reasoning"
    return CrisisReading(status, reasoning or "", tuple(acts), tuple(refused), reason)


__all__ = ["CrisisReading", "read_completion"]
