"""When a number was taken: now, earlier in this episode, somewhere else before it, or as the patient's usual value."""

from __future__ import annotations

from triagelab.cases.tokens import Tokens, wordset

TRIAGE, NOW, PLAIN, ASIDE, EARLIER, ELSEWHERE, USUAL = (
    "triage",
    "now",
    "plain",
    "aside",
    "earlier",
    "elsewhere",
    "usual",
)
RANK = {TRIAGE: 3, NOW: 2, PLAIN: 1, ASIDE: 0.5, EARLIER: 0}
"""Which reading of the same sign counts: the higher rank, then the later place. ELSEWHERE and USUAL never count.

ASIDE is the second of two ways to take it: standing after lying, the other arm.
"""

STOPS = frozenset((",", ".", ";", "\n", "|"))
_SENTENCE = frozenset((".", ";", "\n"))
_NOW = wordset("now currently current repeat repeated recheck rechecked arrival here triage presently today tonight")
_THEN = wordset("after following post with")
_EARLIER = wordset(
    "initial initially prior earlier scene field pta previously before first ems medics medic route ambulance "
    "clinic office pcp pharmacy urgent facility snf osh ltc"
)
_BEFORE_ARRIVAL = wordset("prior before ems medic medics their")
_USUAL = wordset("usual usually normally baseline typically typical goal target norm chronically")
_NOT_USUAL = wordset("at to from near back off than")
_PLACED = wordset("nursing care group rest from since lives live to sent go went")
_SPAN_OF_TIME = wordset("since for from until started start onset begin began beginning x")
_LAST = wordset("night week month visit time year admission appointment friday monday tuesday wednesday thursday "
                "saturday sunday")  # fmt: skip
_TIME_UNITS = wordset("day hour hr h week month min minute yr year")
_REACH_LEFT, _REACH_RIGHT = 25, 8
_MARKS = _NOW | _THEN | _EARLIER | _USUAL | wordset("home yesterday last ago thermometer stand stood arm")


def moment(tokens: Tokens, start: int, end: int, reported: bool = False) -> str:
    """Return when the reading at tokens `start:end` was taken, by the words around it.

    Args:
        reported: the sign is one that people take at home and tell (temperature), so that "yesterday" before it and
            "two hours ago" after it are enough to keep it apart.
    """
    words = tokens.words
    if _MARKS.isdisjoint(words[max(start - _REACH_LEFT, 0) : end + _REACH_RIGHT]):
        return PLAIN
    inside = words[start:end]
    after = _after(words, end)
    here = any(word in _NOW for word in inside)
    if not here and _is_usual(words, start, inside):
        return USUAL
    if not here and (_elsewhere(after, reported) or _left_elsewhere(words, start, reported)):
        return ELSEWHERE
    if _elsewhere(inside, reported):
        return ELSEWHERE
    marks = _marks(after)
    if "triag" in words[max(start - 1, 0) : end]:
        return TRIAGE
    if _is_aside(words, start, end):
        return ASIDE
    if here:
        return NOW
    if marks:
        return marks
    if any(word in _EARLIER for word in inside):
        return EARLIER
    return _left(words, start)


def _is_aside(words: list[str], start: int, end: int) -> bool:
    near = words[max(start - 2, 0) : end]
    return "stand" in near or "stood" in near or ("arm" in near and ("left" in near or "l" in near))


def _after(words: list[str], end: int) -> list[str]:
    """Return the words behind a reading, up to the next break, number or arrow; "2 days ago" is let through."""
    found: list[str] = []
    for place in range(end, min(end + _REACH_RIGHT, len(words))):
        word = words[place]
        if word in STOPS or word in (">", "→"):
            break
        if "0" <= word[0] <= "9" and not (words[place + 1 : place + 2] and words[place + 1] in _TIME_UNITS):
            break
        found.append(word)
    return found


def _marks(after: list[str]) -> str:
    """Return NOW or EARLIER where the words behind a reading say so, else ""."""
    for place, word in enumerate(after[:6]):
        if word in _EARLIER or (word == "ago"):
            return EARLIER
        if word in _NOW:
            return EARLIER if any(near in _BEFORE_ARRIVAL for near in after[max(place - 2, 0) : place]) else NOW
        if word in _THEN and place < 3 and word != "with":
            return NOW
    return ""


def _elsewhere(after: list[str], reported: bool) -> bool:
    """Return whether "at home", "yesterday", "last week" stand behind a reading and speak of it."""
    for place, word in enumerate(after[: 8 if reported else 5]):
        before = after[place - 1] if place else ""
        following = after[place + 1] if place + 1 < len(after) else ""
        if before in _SPAN_OF_TIME or before in _PLACED:
            continue
        if word == "home" and ((before in ("at", "@", "per", "") and place < 5) or reported):
            return following not in ("o", "oxygen", "med", "health")
        if word == "thermometer" and before in ("our", "my", "own", "home"):
            return True
        if word == "yesterday" or (word == "last" and following in _LAST):
            return True
        if word == "ago" and (reported or any(unit in after for unit in ("day", "week", "month"))):
            return True
    return False


def _left_elsewhere(words: list[str], start: int, reported: bool) -> bool:
    """Return whether "home BP", "last visit BP", "yesterday temp" stands right before a reading's label."""
    near = words[max(start - (6 if reported else 3), 0) : start]
    for place in range(len(near) - 1, -1, -1):
        if near[place] in STOPS or "0" <= near[place][0] <= "9":
            return False
        before = near[place - 1] if place else ""
        if before in _SPAN_OF_TIME or before in _PLACED or near[place] in _NOW:
            return False
        if near[place] == "home" or (before == "last" and near[place] in _LAST):
            return True
        if reported and near[place] == "yesterday":
            return True
    return False


def _is_usual(words: list[str], start: int, inside: list[str]) -> bool:
    """Return whether "usually", "baseline", "goal" stands before the number of a reading."""
    if any(word in _USUAL for word in inside):
        return True
    for place in range(start - 1, max(start - 3, -1), -1):
        if words[place] in STOPS:
            return False
        if words[place] in _USUAL:
            return place == 0 or words[place - 1] not in _NOT_USUAL
    return False


def _left(words: list[str], start: int) -> str:
    """Return what the nearest mark before a reading in its sentence says; "now" counts only right beside it."""
    for step, place in enumerate(range(start - 1, max(start - _REACH_LEFT, -1), -1)):
        word = words[place]
        if word in _SENTENCE:
            return PLAIN
        if word in _NOW:
            if any(near in _BEFORE_ARRIVAL for near in words[max(place - 2, 0) : place]):
                return EARLIER
            return NOW if step < 2 else PLAIN
        if word in _EARLIER:
            return EARLIER
    return PLAIN
