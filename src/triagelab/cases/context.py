"""How the note speaks of each mention: negated, doubted, past, of a relative, hypothetical, planned, refused.

The idea is ConText's (Harkema, Dowling, Thornblade and Chapman 2009): a trigger opens a scope that ends at a
terminator. Triggers are data (data/lexicon_context.toml); what a scope does is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from triagelab.cases.findings import Assertion
from triagelab.cases.reach import (
    NEVER,
    VISITS,
    WELL,
    about_something_else,
    after_pronoun,
    alternatives,
    as_old,
    bare,
    chunk_end,
    is_recent,
    like_this,
    new_statement,
    new_subject,
    parentheses,
    parted,
    patient_is_kin,
    told_apart,
)
from triagelab.cases.scan import COMMA, LINE, SENTENCE, Event, Scan
from triagelab.cases.signs import marked
from triagelab.cases.tokens import wordset
from triagelab.cases.triggers import BACKWARD, EITHER, FORWARD, MENTION_ROLES, REACH, SECTIONS, STRENGTH

_SUBJECTS = wordset("he she i they we pt patient he's she's i'm im")
FAR = 20
"""Words over which "none now" still speaks of the last finding."""
_ENDED_BY_REASON = (Assertion.NEGATED, Assertion.UNCERTAIN, Assertion.RESOLVED)


@dataclass(slots=True)
class _State:
    scope: Assertion | None = None
    manner: str = ""
    expires: int = 0
    cap: int | None = None
    section: Assertion | None = None
    section_start: int = -1
    block: bool = False
    met: bool = False
    last: int = 0
    opened: int = 0
    once: tuple[int, Assertion] = (0, Assertion.PRESENT)
    earlier: list[int] = field(default_factory=list)
    chunk: list[int] = field(default_factory=list)
    clause: list[int] = field(default_factory=list)


def assertions(scan: Scan) -> list[Assertion]:
    """Return one assertion an event, aligned with `scan.events`; events that are no mention get PRESENT."""
    events = scan.events
    result = [Assertion.PRESENT] * len(events)
    state = _State()
    closing = parentheses(scan)
    kin = patient_is_kin(scan)
    for index, event in enumerate(events):
        role = event.role
        if role in MENTION_ROLES:
            _mention(scan, state, index, event, result)
        elif role == "trigger":
            if kin and event.value in ("relative", "relative_is") and kin in scan.tokens.words[event.start : event.end]:
                continue
            _trigger(scan, state, index, event, result)
            if closing and event.start in closing and state.scope is not None:
                state.cap = closing[event.start]
        elif role == "break":
            _break(scan, state, index, event)
    return result


def _mention(scan: Scan, state: _State, index: int, event: Event, result: list[Assertion]) -> None:
    if state.scope is not None and (event.start > state.expires or (state.cap is not None and event.start > state.cap)):
        state.scope = None
    if state.met and state.scope is Assertion.NEGATED and event.value in WELL:
        between = scan.tokens.words[state.last : event.start]
        if "," in between and not {"or", "nor"} & set(between):
            state.scope = None
    waiting = state.scope is Assertion.NEGATED and state.manner == "tight" and not state.met
    if waiting and new_subject(scan.tokens.words, state.opened, event.start):
        state.scope = None
    follows = state.met and state.scope not in (None, Assertion.HYPOTHETICAL)
    if follows and not _SUBJECTS.isdisjoint(scan.tokens.words[state.last : event.start]):
        state.scope = None
    state.met, state.last = True, event.end
    mark = marked(scan.tokens, event)
    if mark is not None:
        held = state.section if mark is Assertion.PRESENT else None
        result[index] = mark if held is None else held
        state.chunk.append(index)
        return
    strongest = state.section or Assertion.PRESENT
    if state.scope is None and event.start <= state.once[0] and STRENGTH[state.once[1]] > STRENGTH[strongest]:
        strongest = state.once[1]  # two findings in the same words: "previously seen for strep throat"
    if state.scope is not None and STRENGTH[state.scope] > STRENGTH[strongest]:
        strongest = state.scope
    result[index] = strongest
    if state.scope is not None and event.role != "site":
        if state.manner in ("one", "next"):
            state.once, state.scope = (event.end, state.scope), None
        else:
            state.expires = event.end + REACH
    state.chunk.append(index)
    state.clause.append(index)


def _trigger(scan: Scan, state: _State, index: int, event: Event, result: list[Assertion]) -> None:
    name = event.value
    state.cap = None
    if about_something_else(scan.tokens.words, event):
        return
    if name in EITHER:
        forward, backward, ahead, behind = EITHER[name]
        name = backward if _looks_back(scan, state, index, ahead, behind) else forward
    if name == "past" and is_recent(scan, event):
        name = "end"
    if name == "negate_after" and not state.clause and scan.tokens.words[event.start] in (":", "=", "-"):
        name = "negate"  # "ROS: neg fever"
    if name == "negate_after" and scan.tokens.words[event.start] == ":" and _meets(scan, index):
        name = "negate"  # "asymptomatic: no bleeding"
    if name in FORWARD:
        assertion, manner = FORWARD[name]
        wanted = name == "plan" and state.met and state.scope is Assertion.NEGATED  # "no cough, needs a strep test"
        if (
            state.scope is not None
            and not wanted
            and event.start <= state.expires
            and STRENGTH[state.scope] > STRENGTH[assertion]
        ):
            state.expires = event.end + REACH
            return
        if scan.tokens.words[event.start] in NEVER and like_this(scan.tokens.words, event.end):
            return
        # a state that is said by a negation ("no distress, fever or cough") is the first item of its own list
        before = scan.events[index - 1] if index else event
        met = before.role in MENTION_ROLES and before.start == event.start
        state.scope, state.manner, state.met, state.opened = assertion, manner, met, event.end
        state.expires = event.end + (2 if manner == "next" else REACH)
    elif name in BACKWARD:
        _apply_back(scan, state, event, BACKWARD[name], result)
        if name == "past_after" and state.scope is None:
            # "two years ago after an overdose": what follows in the same breath is as old
            state.scope, state.manner, state.expires = Assertion.HISTORICAL, "tight", event.end + REACH
    elif name in SECTIONS:
        state.scope, state.section, state.section_start = None, SECTIONS[name], event.end
        state.block = False
        state.chunk.clear()
        state.clause.clear()
    elif name == "end":
        state.scope = None
        state.earlier = state.clause[-3:] or state.earlier
        state.chunk.clear()
        state.clause.clear()
        if state.section is Assertion.HISTORICAL:
            state.section, state.block = None, False
    elif name == "end_denial" and state.scope in _ENDED_BY_REASON:
        state.scope = None


def _meets(scan: Scan, index: int) -> bool:
    """Return whether a mention follows a trigger at once."""
    following = scan.events[index + 1 : index + 2]
    return bool(following) and following[0].role in MENTION_ROLES and following[0].start == scan.events[index].end


def _looks_back(scan: Scan, state: _State, index: int, ahead: int, behind: int) -> bool:
    """Return whether a two-way trigger speaks of what stands before it: nothing follows in its chunk."""
    event = scan.events[index]
    if not state.clause:
        return bool(state.earlier) and after_pronoun(scan, event)
    before = scan.events[state.clause[-1]]
    near_after = False
    for other in scan.events[index + 1 : index + 5]:
        if other.role == "break" or other.start - event.end > ahead:
            break
        near_after = near_after or other.role in MENTION_ROLES
    return event.start - before.end <= behind and not near_after


def _apply_back(scan: Scan, state: _State, event: Event, assertion: Assertion, result: list[Assertion]) -> None:
    """Let a trigger that stands behind its mentions change the nearest one and those joined to it by a list."""
    later = event.start
    meant = state.clause
    if not meant and after_pronoun(scan, event):
        meant, later = state.earlier, scan.events[state.earlier[-1]].end if state.earlier else later
    for place in reversed(meant):
        mention = scan.events[place]
        between = scan.tokens.words[mention.end : later]
        reach = FAR if assertion is Assertion.RESOLVED and later == event.start else REACH
        apart = later != event.start and parted(between, assertion)
        if apart and assertion is Assertion.HISTORICAL and as_old(scan, mention, event):
            apart = False
        if len(between) > reach or "." in between or apart:
            return
        old = assertion is Assertion.RESOLVED and (result[place] is Assertion.HISTORICAL or mention.value in VISITS)
        if STRENGTH[assertion] > STRENGTH[result[place]] and not old:
            result[place] = assertion
        later = min(later, mention.start)


def _break(scan: Scan, state: _State, index: int, event: Event) -> None:
    if event.value == COMMA:
        if state.scope is not None and not _runs_on(scan, state, index, event):
            state.scope = None
        state.chunk = []
        return
    if event.value == LINE and _goes_on(scan, state, event):
        return
    state.scope = None
    state.earlier = state.clause[-3:] or state.earlier
    state.chunk, state.clause = [], []
    if event.value == LINE and event.start == state.section_start:
        state.block = True
    elif event.value == SENTENCE or (event.value == LINE and not (state.block and event.end - event.start == 1)):
        state.section, state.block = None, False


def _goes_on(scan: Scan, state: _State, event: Event) -> bool:
    """Return whether a list of denials runs on in the next line ("Denies:", then one bullet a line)."""
    words = scan.tokens.words
    following = words[event.end] if event.end < len(words) else ""
    return state.scope is Assertion.NEGATED and state.manner == "list" and following in ("-", "•", "*", "–")


def _runs_on(scan: Scan, state: _State, index: int, event: Event) -> bool:
    """Return whether a scope reaches over a comma.

    Lists do. "No a, b or c" does, up to the "or". Else "no ..." does where only bare mentions follow.
    """
    if state.manner == "list" and state.scope is Assertion.HISTORICAL:
        return not new_statement(scan, event.end)
    if state.manner == "list":
        return state.scope is not Assertion.NEGATED or not told_apart(scan, event.end)
    if state.manner == "one" or state.scope not in (Assertion.NEGATED, Assertion.RESOLVED):
        return False
    stop = chunk_end(scan, index)
    listed = alternatives(scan, event.end, stop)
    if state.scope is Assertion.NEGATED and not state.met:
        return listed  # what was denied first is no mention: only a spelled-out list goes on
    return listed or bare(scan, index, event.end, stop)
