"""How the note speaks of each mention: negated, doubted, past, of a relative, hypothetical, planned, refused.

The idea is ConText's (Harkema, Dowling, Thornblade and Chapman 2009): a trigger opens a scope that ends at a
terminator. Triggers are data (data/lexicon_context.toml); what a scope does is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from triagelab.cases.findings import Assertion
from triagelab.cases.scan import COMMA, LINE, SENTENCE, Event, Scan
from triagelab.cases.tokens import wordset

REACH = 9
"""Words a forward scope may run without meeting a mention."""

FORWARD: dict[str, tuple[Assertion, str]] = {
    "negate": (Assertion.NEGATED, "tight"),
    "negate_list": (Assertion.NEGATED, "list"),
    "doubt": (Assertion.UNCERTAIN, "tight"),
    "past": (Assertion.HISTORICAL, "list"),
    "past_one": (Assertion.HISTORICAL, "one"),
    "chronic": (Assertion.HISTORICAL, "one"),
    "relative": (Assertion.FAMILY, "list"),
    "if": (Assertion.HYPOTHETICAL, "list"),
    "plan": (Assertion.PLANNED, "tight"),
    "refuse": (Assertion.REFUSED, "tight"),
    "stopped": (Assertion.RESOLVED, "tight"),
}
SECTIONS = {
    "section_past": Assertion.HISTORICAL,
    "section_family": Assertion.FAMILY,
    "section_allergy": Assertion.HYPOTHETICAL,
    "section_now": None,
}
BACKWARD = {
    "negate_after": Assertion.NEGATED,
    "doubt_after": Assertion.UNCERTAIN,
    "past_after": Assertion.HISTORICAL,
    "resolved_after": Assertion.RESOLVED,
    "refuse_after": Assertion.REFUSED,
    "chronic_after": Assertion.HISTORICAL,
    "plan_after": Assertion.PLANNED,
    "family_after": Assertion.FAMILY,
}
EITHER = {"resolved": ("stopped", "resolved_after"), "denied": ("negate_list", "negate_after")}
_LIGHT = wordset("or and nor other any new recent the a an of in to no also acute significant real active")
_NEW_CLAUSE = wordset("he she i they we pt patient who is has had are was now today but then since so it")
_VERBS = wordset(
    "is are was were has had have feel state report say came come went go take took he she i they it pt patient"
)
_STRENGTH = {
    Assertion.FAMILY: 8, Assertion.HYPOTHETICAL: 7, Assertion.NEGATED: 6, Assertion.REFUSED: 6, Assertion.RESOLVED: 5,
    Assertion.HISTORICAL: 4, Assertion.PLANNED: 3, Assertion.UNCERTAIN: 2, Assertion.PRESENT: 0,
}  # fmt: skip
MENTION_ROLES = ("concept", "sense", "site")


@dataclass(slots=True)
class _State:
    scope: Assertion | None = None
    manner: str = ""
    expires: int = 0
    section: Assertion | None = None
    section_start: int = -1
    chunk: list[int] = field(default_factory=list)
    clause: list[int] = field(default_factory=list)


def assertions(scan: Scan) -> list[Assertion]:
    """Return one assertion an event, aligned with `scan.events`; events that are no mention get PRESENT."""
    events = scan.events
    result = [Assertion.PRESENT] * len(events)
    state = _State()
    for index, event in enumerate(events):
        role = event.role
        if role in MENTION_ROLES:
            _mention(state, index, event, result)
        elif role == "trigger":
            _trigger(scan, state, index, event, result)
        elif role == "break":
            _break(scan, state, index, event)
    return result


def _mention(state: _State, index: int, event: Event, result: list[Assertion]) -> None:
    if state.scope is not None and event.start > state.expires:
        state.scope = None
    strongest = state.section or Assertion.PRESENT
    if state.scope is not None and _STRENGTH[state.scope] > _STRENGTH[strongest]:
        strongest = state.scope
    result[index] = strongest
    if state.scope is not None and event.role != "site":
        if state.manner == "one":
            state.scope = None
        else:
            state.expires = event.end + REACH
    state.chunk.append(index)
    state.clause.append(index)


def _trigger(scan: Scan, state: _State, index: int, event: Event, result: list[Assertion]) -> None:
    name = event.value
    if name in EITHER:
        forward, backward = EITHER[name]
        name = backward if _looks_back(scan, state, index) else forward
    if name in FORWARD:
        assertion, manner = FORWARD[name]
        if state.scope is not None and event.start <= state.expires and _STRENGTH[state.scope] > _STRENGTH[assertion]:
            state.expires = event.end + REACH
            return
        state.scope, state.manner, state.expires = assertion, manner, event.end + REACH
    elif name in BACKWARD:
        _apply_back(scan, state, event, BACKWARD[name], result)
        if name == "past_after" and state.scope is None:
            # "two years ago after an overdose": what follows in the same breath is as old
            state.scope, state.manner, state.expires = Assertion.HISTORICAL, "tight", event.end + REACH
    elif name in SECTIONS:
        state.scope, state.section, state.section_start = None, SECTIONS[name], event.end
        state.chunk.clear()
        state.clause.clear()
    elif name == "end":
        state.scope = None
        state.chunk.clear()
        state.clause.clear()
        if state.section is Assertion.HISTORICAL:
            state.section = None
    elif name == "end_denial" and state.scope in (Assertion.NEGATED, Assertion.UNCERTAIN):
        state.scope = None


def _looks_back(scan: Scan, state: _State, index: int) -> bool:
    """Return whether a two-way trigger speaks of what stands before it: nothing follows in its chunk."""
    event = scan.events[index]
    if not state.clause:
        return False
    before = scan.events[state.clause[-1]]
    near_after = False
    for other in scan.events[index + 1 : index + 5]:
        if other.role == "break" or other.start - event.end > 2:
            break
        near_after = near_after or other.role in MENTION_ROLES
    return event.start - before.end <= 5 and not near_after


def _apply_back(scan: Scan, state: _State, event: Event, assertion: Assertion, result: list[Assertion]) -> None:
    """Let a trigger that stands behind its mentions change the nearest one and those joined to it by a list."""
    later = event.start
    for place in reversed(state.clause):
        mention = scan.events[place]
        between = scan.tokens.words[mention.end : later]
        if len(between) > REACH or (later != event.start and any(word in _NEW_CLAUSE for word in between)):
            return
        if _STRENGTH[assertion] > _STRENGTH[result[place]]:
            result[place] = assertion
        later = min(later, mention.start)


def _break(scan: Scan, state: _State, index: int, event: Event) -> None:
    if event.value == COMMA:
        if state.scope is not None and not _runs_on(scan, state, index, event):
            state.scope = None
        state.chunk = []
        return
    state.scope = None
    state.chunk, state.clause = [], []
    if event.value == SENTENCE or (event.value == LINE and event.start > state.section_start):
        state.section = None


def _runs_on(scan: Scan, state: _State, index: int, event: Event) -> bool:
    """Return whether a scope reaches over a comma.

    Lists do. "No a, b or c" does, up to the "or". Else "no ..." does where only bare mentions follow.
    """
    if state.manner == "list" and state.scope is Assertion.HISTORICAL:
        return not _new_statement(scan, event.end)
    if state.manner == "list":
        return True
    if state.manner == "one" or state.scope not in (Assertion.NEGATED, Assertion.RESOLVED):
        return False
    stop = _chunk_end(scan, index)
    return _alternatives(scan, event.end, stop) or _bare(scan, index, event.end, stop)


def _new_statement(scan: Scan, start: int) -> bool:
    """Return whether the chunk after a comma has a verb or subject of its own ("hx of asthma, tongue feels thick")."""
    for word in scan.tokens.words[start : start + 9]:
        if word in (",", ".", ";", "\n"):
            return False
        if word in _VERBS:
            return True
    return False


def _chunk_end(scan: Scan, index: int) -> int:
    """Return the token where the list that follows a comma must end: a harder break, or a trigger that ends scopes."""
    words = scan.tokens.words
    for following in scan.events[index + 1 : index + 24]:
        if following.role == "break" and following.value != COMMA:
            return following.start
        if following.role == "trigger" and (following.value == "end" or following.value in SECTIONS):
            return following.start
        if following.role == "label" and any(word[0].isdigit() for word in words[following.end : following.end + 4]):
            return following.start
    return len(scan.tokens)


def _alternatives(scan: Scan, start: int, stop: int) -> bool:
    """Return whether "or" or "nor" joins the rest of the list, with no verb that starts a new statement before it."""
    words = scan.tokens.words
    for place in range(start, min(stop, start + 30)):
        if words[place] in ("or", "nor"):
            return True
        if words[place] in _VERBS:
            return False
    return False


def _bare(scan: Scan, index: int, start: int, stop: int) -> bool:
    """Return whether the next chunk is nothing but mentions and light words."""
    words, place, met = scan.tokens.words, start, False
    for following in scan.events[index + 1 : index + 12]:
        if any(word not in _LIGHT for word in words[place : following.start]):
            return False
        if following.role == "break":
            return met
        if following.role not in MENTION_ROLES:
            return following.role == "trigger" and FORWARD.get(following.value, (None,))[0] is Assertion.NEGATED
        met, place = True, following.end
    return met and place >= min(stop, len(words))
