"""How the note speaks of each mention: negated, doubted, past, of a relative, hypothetical, planned, refused.

The idea is ConText's (Harkema, Dowling, Thornblade and Chapman 2009): a trigger opens a scope that ends at a
terminator. Triggers are data (data/lexicon_context.toml); what a scope does is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from triagelab.cases.findings import Assertion
from triagelab.cases.scan import COMMA, LINE, SENTENCE, Event, Scan
from triagelab.cases.signs import marked
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
    "relative_is": (Assertion.FAMILY, "next"),
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
EITHER = {
    "resolved": ("stopped", "resolved_after", 0, 5),
    "halted": ("stopped", "resolved_after", 2, 2),
    "denied": ("negate_list", "negate_after", 2, 5),
    "suspected": ("doubt", "doubt_after", 1, 5),
    "unlikely": ("negate", "negate_after", 1, 3),
}
"""Triggers that speak forward or backward: both names, the gap within which a mention behind makes it forward, and the
gap up to which a mention before can be meant."""
_TIME = wordset("minute min hour hr h day d week wk")
_SINCE_WORD = wordset("since")
_SINCE = wordset("since today tonight yesterday morning")
_ASSERTING = wordset(
    "since mild moderate severe worse worst sudden started began constant yesterday today tonight now persistent x for "
    "tolerating drinking eating walking talking playing ambulating alert oriented awake able normal intact stable "
    "comfortable soft supple clear speaking moving"
)
_SUBJECTS = wordset("he she i they we pt patient he's she's i'm im")
_PRONOUNS = wordset("it this that they these those which")
_LIGHT = wordset("or and nor other any new recent the a an of in to no also acute significant real active")
_NEW_CLAUSE = wordset("he she i they we pt patient who is has had are was now today but then since so it")
_JOINS = _LIGHT | wordset(", / & + with")
_VERBS = wordset(
    "is are was were has had have feel state report say came come went go take took he she i they it pt patient"
)
_STRENGTH = {
    Assertion.FAMILY: 8, Assertion.HYPOTHETICAL: 7, Assertion.NEGATED: 6, Assertion.REFUSED: 6, Assertion.RESOLVED: 5,
    Assertion.HISTORICAL: 4, Assertion.PLANNED: 3, Assertion.UNCERTAIN: 2, Assertion.PRESENT: 0,
}  # fmt: skip
_KIN = wordset("mother father mom mum dad brother sister grandmother grandfather grandma grandpa husband wife partner "
               "boyfriend girlfriend aunt uncle son daughter cousin twin")  # fmt: skip
_COUNTS = wordset("one two three four five six seven few several couple")
_ENDED_BY_REASON = (Assertion.NEGATED, Assertion.UNCERTAIN, Assertion.RESOLVED)
MENTION_ROLES = ("concept", "sense", "site")


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
    earlier: list[int] = field(default_factory=list)
    chunk: list[int] = field(default_factory=list)
    clause: list[int] = field(default_factory=list)


def assertions(scan: Scan) -> list[Assertion]:
    """Return one assertion an event, aligned with `scan.events`; events that are no mention get PRESENT."""
    events = scan.events
    result = [Assertion.PRESENT] * len(events)
    state = _State()
    closing = _parentheses(scan)
    kin = _patient_is_kin(scan)
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


def _parentheses(scan: Scan) -> dict[int, int]:
    """Return for every token inside parentheses where they close; a scope that opens inside ends there."""
    words = scan.tokens.words
    if "(" not in words:
        return {}
    closing: dict[int, int] = {}
    opened: int | None = None
    for place, word in enumerate(words):
        if word == "(":
            opened = place
        elif word == ")" and opened is not None:
            if place - opened < 40:
                closing.update(dict.fromkeys(range(opened, place), place))
            opened = None
    return closing


def _patient_is_kin(scan: Scan) -> str | None:
    """Return the relative whom a lay writer writes about ("My husband has chest pain"), None if there is none."""
    words = scan.tokens.words[:10]
    for place, word in enumerate(words[:-1]):
        if word in ("my", "our"):
            return next((near for near in words[place + 1 : place + 3] if near in _KIN), None)
        if word in ("i", "i'm", "im", "ive", "i've"):
            return None
    return None


def _mention(scan: Scan, state: _State, index: int, event: Event, result: list[Assertion]) -> None:
    if state.scope is not None and (event.start > state.expires or (state.cap is not None and event.start > state.cap)):
        state.scope = None
    if state.scope not in (None, Assertion.HYPOTHETICAL) and state.met:
        if any(word in _SUBJECTS for word in scan.tokens.words[state.last : event.start]):
            state.scope = None
    state.met, state.last = True, event.end
    mark = marked(scan.tokens, event)
    if mark is not None:
        held = state.section if mark is Assertion.PRESENT else None
        result[index] = mark if held is None else held
        state.chunk.append(index)
        return
    strongest = state.section or Assertion.PRESENT
    if state.scope is not None and _STRENGTH[state.scope] > _STRENGTH[strongest]:
        strongest = state.scope
    result[index] = strongest
    if state.scope is not None and event.role != "site":
        if state.manner in ("one", "next"):
            state.scope = None
        else:
            state.expires = event.end + REACH
    state.chunk.append(index)
    state.clause.append(index)


def _trigger(scan: Scan, state: _State, index: int, event: Event, result: list[Assertion]) -> None:
    name = event.value
    state.cap = None
    if name in EITHER:
        forward, backward, ahead, behind = EITHER[name]
        name = backward if _looks_back(scan, state, index, ahead, behind) else forward
    if name == "past" and _is_recent(scan, event):
        name = "end"
    if name == "negate_after" and not state.clause and scan.tokens.words[event.start] in (":", "=", "-"):
        name = "negate"  # "ROS: neg fever"
    if name in FORWARD:
        assertion, manner = FORWARD[name]
        wanted = name == "plan" and state.met and state.scope is Assertion.NEGATED  # "no cough, needs a strep test"
        if (
            state.scope is not None
            and not wanted
            and event.start <= state.expires
            and _STRENGTH[state.scope] > _STRENGTH[assertion]
        ):
            state.expires = event.end + REACH
            return
        state.scope, state.manner, state.met = assertion, manner, False
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


def _is_recent(scan: Scan, event: Event) -> bool:
    """Return whether "history of" tells of this illness: "2 day history of", "hx of chest pain since noon"."""
    words = scan.tokens.words
    before = words[max(event.start - 3, 0) : event.start]
    if any(word in _TIME for word in before[-2:]) and any("0" <= word[0] <= "9" or word in _COUNTS for word in before):
        return True
    for place in range(event.end, min(event.end + 9, len(words))):
        word = words[place]
        if word in (".", ";", "\n", ",", "here", "present", "presents", "with"):
            return False
        if word in _SINCE_WORD and any(near in _SINCE for near in words[place + 1 : place + 4]):
            return True
        if word in ("x", "for") and any(near in _TIME for near in words[place + 1 : place + 4]):
            return True
    return False


def _looks_back(scan: Scan, state: _State, index: int, ahead: int, behind: int) -> bool:
    """Return whether a two-way trigger speaks of what stands before it: nothing follows in its chunk."""
    event = scan.events[index]
    if not state.clause:
        return bool(state.earlier) and _after_pronoun(scan, event)
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
    if not meant and _after_pronoun(scan, event):
        meant, later = state.earlier, scan.events[state.earlier[-1]].end if state.earlier else later
    for place in reversed(meant):
        mention = scan.events[place]
        between = scan.tokens.words[mention.end : later]
        if len(between) > REACH or "." in between or (later != event.start and _parted(between, assertion)):
            return
        if _STRENGTH[assertion] > _STRENGTH[result[place]]:
            result[place] = assertion
        later = min(later, mention.start)


def _parted(between: list[str], assertion: Assertion) -> bool:
    """Return whether the words between two mentions part them: for a denial anything but "and", "or", a comma."""
    if assertion is Assertion.NEGATED:
        return any(word not in _JOINS for word in between)
    return any(word in _NEW_CLAUSE for word in between)


def _after_pronoun(scan: Scan, event: Event) -> bool:
    """Return whether "it", "this", "they" stands right before a trigger ("... chest pain, but it is gone")."""
    words = scan.tokens.words
    return any(word in _PRONOUNS for word in words[max(event.start - 2, 0) : event.start + 1])


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
        return not _new_statement(scan, event.end)
    if state.manner == "list":
        return True
    if state.manner == "one" or state.scope not in (Assertion.NEGATED, Assertion.RESOLVED):
        return False
    if state.scope is Assertion.NEGATED and not state.met:
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
    for word in words[start : min(stop, start + 12)]:
        if word in _ASSERTING:
            return False
        if word == ",":
            break
    for following in scan.events[index + 1 : index + 12]:
        if any(word not in _LIGHT for word in words[place : following.start]):
            return False
        if following.role == "break":
            return met
        if following.role not in MENTION_ROLES:
            return following.role == "trigger" and FORWARD.get(following.value, (None,))[0] is Assertion.NEGATED
        met, place = True, following.end
    return met and place >= min(stop, len(words))
