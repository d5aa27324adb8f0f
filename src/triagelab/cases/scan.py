"""One pass over the words of a note: which lexicon entries stand where, and where clauses break."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from triagelab.cases.lexicon import GAP, LEAF, Entry, Lexicon
from triagelab.cases.slips import slips
from triagelab.cases.spelling import MIN_LETTERS
from triagelab.cases.tokens import Tokens, wordset

MAX_GAP = 3
SENTENCE, CLAUSE, COMMA, LINE = "sentence", "clause", "comma", "line"

_BREAKS = {".": SENTENCE, "!": SENTENCE, "?": SENTENCE, ";": CLAUSE, "\n": LINE, ",": COMMA, "|": CLAUSE, "•": CLAUSE}
_ABBREVIATED = wordset(
    "dr mr mrs ms pt pts hx dx tx rx sx approx abd ant post lt rt bilat temp resp wt ht lac inj vs yr yrs mo wk hr hrs "
    "min no st jr sr med prn bid tid qid incl eg ie etc dept amb ext min max avg est"
)
_IN_YEAR = wordset("in since from of around until")
_SPOKEN = {"comma": COMMA, "period": SENTENCE, "semicolon": CLAUSE}
"""Punctuation that dictation writes out."""
_MENSES = wordset(
    "her my last late missed heavy a the menstrual no first of this time painful regular irregular skipped normal"
)
_NEGATORS = frozenset(("no", "deny", "without", "not"))
_BE = wordset("is was are were")
_NO_GAP = wordset("no not never without deny n't didn't doesn't don't hasn't haven't isn't wasn't but")


KIN_WORDS = wordset("mother father mom mum dad brother sister grandmother grandfather grandma grandpa husband wife "
                    "partner boyfriend girlfriend aunt uncle cousin twin friend neighbor colleague "
                    "roommate")  # fmt: skip
_AGED = wordset("who is was aged age now about year yr yo old y o - of at and himself herself")
_OF_THEM = wordset("has had have was died got with suffer also recently")


class Event(NamedTuple):
    """A lexicon entry or a break at tokens `start:end`; role `break` carries the kind of break as value."""

    start: int
    end: int
    role: str
    value: str


@dataclass(slots=True)
class Scan:
    """What stands where: events in order of position, the number tokens, and labels inside longer phrases."""

    tokens: Tokens
    events: list[Event] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    inner: list[Event] = field(default_factory=list)


def scan(tokens: Tokens, lexicon: Lexicon) -> Scan:
    """Return every longest lexicon match and every break, left to right; linear in the number of tokens."""
    meant = lexicon.spelling.meant
    mended = slips(lexicon.spelling.known)
    words = [mended.get(word, word) for word in tokens.words]
    tokens.words = [meant(word) if len(word) >= MIN_LETTERS else word for word in words]
    result = Scan(tokens)
    events, numbers, words, root = result.events, result.numbers, tokens.words, lexicon.root
    index, size = 0, len(words)
    while index < size:
        word = words[index]
        node = root.get(word)
        if node is not None:
            end, entries = _longest(tokens, index, node)
            if entries and entries[0].role == "trigger" and word in _BE and words[index + 1 : end] == ["not"]:
                behind, said = _longest(tokens, end - 1, root.get("not", {}))
                if behind > end and any(entry.role == "concept" for entry in said):
                    index, end, entries = end - 1, behind, said  # "is not conscious"
                    word = "not"
            if entries:
                for entry in entries:
                    events.append(Event(index, end, entry.role, entry.value))
                    if entry.role == "concept" and word in _NEGATORS and lexicon.concepts[entry.value].kind == "state":
                        # "no distress, fever or cough": a state that is said by a negation keeps the list going
                        events.append(Event(index, end, "trigger", "negate"))
                inside = [place for place in range(index, end) if "0" <= words[place][0] <= "9"]
                if entries[0].role == "label" and end - index > 1:
                    events.extend(_mention_within(words, index, end, node))
                if end - index > 1 and entries[0].role != "label":
                    label = _label_end(words, index, end, node)
                    if label is not None:
                        result.inner.append(label)
                numbers.extend(inside)
                index = end
                continue
        if word in KIN_WORDS:
            behind = _aside(words, index)
            if behind:
                events.append(Event(index, behind, "trigger", "relative"))
                numbers.extend(place for place in range(index, behind) if "0" <= words[place][0] <= "9")
                index = behind
                continue
        if word in _BREAKS:
            kind = _BREAKS[word]
            if word != "." or _ends_sentence(tokens, index):
                events.append(Event(index, index + 1, "break", kind))
        elif word in _SPOKEN:
            if word == "comma" or _spoken_stop(words, index):
                events.append(Event(index, index + 1, "break", _SPOKEN[word]))
        elif "0" <= word[0] <= "9":
            numbers.append(index)
            if len(word) == 4 and word[:2] in ("19", "20") and _is_year(words, index):
                events.append(Event(index, index + 1, "trigger", "past_after"))
            elif _is_age_then(words, index):
                events.append(Event(index - 1, index + 1, "trigger", "past_after"))
        index += 1
    return result


def _aside(words: list[str], index: int) -> int:
    """Return where "mother (65) has", "sister, who is 40, had", "mother 78 has" ends, 0 if it is not there."""
    place = index + 1
    opened = words[place : place + 1]
    if opened in (["("], [","]):
        place += 1
        while words[place : place + 1] and words[place] in _AGED:
            place += 1
    if not words[place : place + 1] or not words[place].isdigit():
        return 0
    place += 1
    while words[place : place + 1] and words[place] in _AGED:
        place += 1
    if words[place : place + 1] in ([")"], [","]):
        place += 1
    elif opened == ["("]:
        return 0
    verb = words[place : place + 1]
    if verb and verb[0] in _OF_THEM:
        return place + 1
    return 0


def _label_end(words: list[str], start: int, end: int, node: dict[str, Any]) -> Event | None:
    """Return the label with which a longer phrase begins ("GCS dropped" is a concept, GCS a label)."""
    found: Event | None = None
    for position in range(start + 1, end + 1):
        for entry in node.get(LEAF, ()):
            if entry.role == "label" and not entry.capitals:
                found = Event(start, position, "label", entry.value)
        following = node.get(words[position]) if position < end else None
        if following is None:
            break
        node = following
    return found


def _mention_within(words: list[str], start: int, end: int, node: dict[str, Any]) -> list[Event]:
    """Return what the longest beginning of a label says by itself ("fever of" is a label, fever a finding)."""
    found: list[Event] = []
    for position in range(start + 1, end):
        said = [entry for entry in node.get(LEAF, ()) if entry.role in ("concept", "sense") and not entry.capitals]
        if said:
            found = [Event(start, position, entry.role, entry.value) for entry in said if not entry.exact]
        following = node.get(words[position])
        if following is None:
            break
        node = following
    return found


def _spoken_stop(words: list[str], index: int) -> bool:
    """Return whether "period" is a dictated full stop and not a menstrual period or a stretch of time."""
    before = words[index - 1] if index else ""
    after = words[index + 1] if index + 1 < len(words) else ""
    return before not in _MENSES and after not in ("of", "pain", "cramp", "is", "late", "was", "due", "start")


def _is_age_then(words: list[str], index: int) -> bool:
    """Return whether a number is the age at which something was had: "she had pyelonephritis at 19 and"."""
    word = words[index]
    if words[index - 1 : index] != ["at"] or not word.isdigit() or not 12 <= int(word) <= 60:
        return False
    after = words[index + 1 : index + 2]
    return "had" in words[max(index - 7, 0) : index] and (not after or after[0] in (".", ",", ";", "and", "but", ")"))


def _is_year(words: list[str], index: int) -> bool:
    """Return whether four digits are a year: "in 2009", "MI 2015", not "1930 hours" or a phone number."""
    before = words[index - 1] if index else ""
    after = words[index + 1] if index + 1 < len(words) else ""
    return before in _IN_YEAR or (
        before.isalpha() and after in (".", ",", ";", ")", "\n", "") and before not in ("at", "by", "approx", "about")
    )


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
    if not any(entry.capitals or entry.exact for entry in leaf):
        return leaf
    written = tokens.note[tokens.starts[start] : tokens.ends[end - 1]]
    capitals, forms = written.isupper(), {tokens.raw(place).lower() for place in range(start, end)}
    fitting: dict[tuple[str, str], Entry] = {}
    for entry in leaf:
        if (capitals or not entry.capitals) and forms.issuperset(entry.exact):
            fitting.setdefault((entry.role, entry.value), entry)
    return tuple(fitting.values())


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
