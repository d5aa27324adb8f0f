"""One pass over the words of a note: which lexicon entries stand where, and where clauses break."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from triagelab.cases.lexicon import GAP, LEAF, Entry, Lexicon
from triagelab.cases.tokens import Tokens

MAX_GAP = 3
SENTENCE, CLAUSE, COMMA, LINE = "sentence", "clause", "comma", "line"

_BREAKS = {".": SENTENCE, "!": SENTENCE, "?": SENTENCE, ";": CLAUSE, "\n": LINE, ",": COMMA, "|": CLAUSE, "•": CLAUSE}
_ABBREVIATED = frozenset(
    "dr mr mrs ms pt pts hx dx tx rx sx approx abd ant post lt rt bilat temp resp wt ht lac inj vs yr yrs mo wk hr hrs "
    "min no st jr sr med prn bid tid qid incl eg ie etc dept amb ext min max avg est".split()
)
_NO_GAP = frozenset("no not never without deny n't didn't doesn't don't hasn't haven't isn't wasn't but".split())


class Event(NamedTuple):
    """A lexicon entry or a break at tokens `start:end`; role `break` carries the kind of break as value."""

    start: int
    end: int
    role: str
    value: str


@dataclass(slots=True)
class Scan:
    """What stands where: events in order of position, and the indexes of number tokens."""

    tokens: Tokens
    events: list[Event] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


def scan(tokens: Tokens, lexicon: Lexicon) -> Scan:
    """Return every longest lexicon match and every break, left to right; linear in the number of tokens."""
    result = Scan(tokens)
    events, numbers, words, root = result.events, result.numbers, tokens.words, lexicon.root
    index, size = 0, len(words)
    while index < size:
        word = words[index]
        node = root.get(word)
        if node is not None:
            end, entries = _longest(tokens, index, node)
            if entries:
                for entry in entries:
                    events.append(Event(index, end, entry.role, entry.value))
                index = end
                continue
        if word in _BREAKS:
            kind = _BREAKS[word]
            if word != "." or _ends_sentence(tokens, index):
                events.append(Event(index, index + 1, "break", kind))
        elif "0" <= word[0] <= "9":
            numbers.append(index)
        index += 1
    return result


def _longest(tokens: Tokens, start: int, node: dict[str, Any]) -> tuple[int, tuple[Entry, ...]]:
    """Return (end, entries) of the longest phrase that begins at `start`; no entries if none ends."""
    words, size = tokens.words, len(tokens.words)
    best: tuple[int, tuple[Entry, ...]] = (start, ())
    gaps: list[tuple[int, dict[str, Any]]] = []
    position = start + 1
    while True:
        leaf = node.get(LEAF)
        if leaf is not None:
            entries = _allowed(tokens, start, position, leaf)
            if entries:
                best = (position, entries)
        if GAP in node:
            gaps.append((position, node[GAP]))
        following = node.get(words[position]) if position < size else None
        if following is None:
            break
        node, position = following, position + 1
    for place, inner in gaps:
        end, entries = _across_gap(tokens, start, place, inner)
        if entries and end > best[0]:
            best = (end, entries)
    return best


def _across_gap(tokens: Tokens, start: int, place: int, node: dict[str, Any]) -> tuple[int, tuple[Entry, ...]]:
    """Return the nearest end of a phrase whose rest may come after up to three other words."""
    words, size = tokens.words, len(tokens.words)
    for skipped in range(MAX_GAP + 1):
        position, inner = place + skipped, node
        best: tuple[int, tuple[Entry, ...]] = (start, ())
        while position < size and (following := inner.get(words[position])) is not None:
            inner, position = following, position + 1
            leaf = inner.get(LEAF)
            if leaf is not None and (entries := _allowed(tokens, start, position, leaf)):
                best = (position, entries)
        if best[1]:
            return best
        here = place + skipped
        if here >= size or words[here] in _BREAKS or words[here] in _NO_GAP:
            break
    return start, ()


def _allowed(tokens: Tokens, start: int, end: int, leaf: tuple[Entry, ...]) -> tuple[Entry, ...]:
    if not any(entry.capitals for entry in leaf):
        return leaf
    capitals = tokens.note[tokens.starts[start] : tokens.ends[end - 1]].isupper()
    return tuple(entry for entry in leaf if capitals or not entry.capitals)


def _ends_sentence(tokens: Tokens, index: int) -> bool:
    """Return whether the full stop at `index` ends a sentence rather than an abbreviation."""
    note, end = tokens.note, tokens.ends[index]
    if end < len(note) and not note[end].isspace():
        return not (note[end].isalnum() and index > 0 and len(tokens.words[index - 1]) <= 2)
    if index == 0:
        return True
    before = tokens.words[index - 1]
    if tokens.ends[index - 1] != tokens.starts[index]:
        return True
    if index + 1 < len(tokens) and note[tokens.starts[index + 1]].islower():
        return before not in _ABBREVIATED and not (len(before) == 1 and before.isalpha())
    return before not in ("dr", "mr", "mrs", "ms")
