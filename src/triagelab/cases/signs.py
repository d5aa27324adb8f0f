"""Marks at a mention that say how it is meant: "(-) fever", "+cough", "fever: no", "SOB? denies", "?PE"."""

from __future__ import annotations

from triagelab.cases.findings import Assertion
from triagelab.cases.scan import Event
from triagelab.cases.tokens import Tokens, wordset

_NO = wordset("no none neg negative nil absent denies denied deny n nope nad")
_YES = wordset("yes y positive pos present yep")
_PLAIN_NO = wordset("no none neg negative nil")
_BEHIND = _PLAIN_NO | frozenset(("(", ",", "+", "-", "–", ":", "?", "=", "free"))
_LISTED_NO = wordset("none negative neg nil denied denies")
_BEFORE = frozenset((")", "?", "+", "-"))
_ENDS = frozenset(("", ",", ".", ";", "\n", "|", ")", "/", "!", "•"))
_OPENS = frozenset(("", ",", ".", ";", "\n", "|", "(", "/", ":", "•", "+", "-"))


def marked(tokens: Tokens, event: Event) -> Assertion | None:
    """Return what a mark before or behind a mention says, None if there is none."""
    words, start, end = tokens.words, event.start, event.end
    behind = _behind(tokens, event) if end < len(words) and words[end] in _BEHIND else None
    if behind is None and start and words[start - 1] in _BEFORE:
        return _before(tokens, event)
    return behind


def _word(tokens: Tokens, index: int) -> str:
    return tokens.words[index] if 0 <= index < len(tokens.words) else ""


def _glued(tokens: Tokens, index: int) -> bool:
    """Return whether a token follows the one before it without a space."""
    return 0 < index < len(tokens.words) and tokens.ends[index - 1] == tokens.starts[index]


def _before(tokens: Tokens, event: Event) -> Assertion | None:
    start = event.start
    mark = _word(tokens, start - 1)
    if mark == ")" and _word(tokens, start - 3) == "(" and _word(tokens, start - 2) in ("+", "-"):
        if _word(tokens, start - 4) in _OPENS or not _glued(tokens, start - 3):
            return Assertion.NEGATED if _word(tokens, start - 2) == "-" else Assertion.PRESENT
        return None
    if mark == "?" and not _glued(tokens, start - 1) and (_glued(tokens, start) or _is_short(tokens, event)):
        return Assertion.UNCERTAIN
    if mark == "+" and not (_glued(tokens, start - 1) and _word(tokens, start - 2).isalnum()):
        return Assertion.PRESENT
    if mark == "-" and _glued(tokens, start) and not _glued(tokens, start - 1):
        line_start = start == 1 or _word(tokens, start - 2) == "\n"
        return None if line_start and "\n" in tokens.note and "+" not in tokens.words else Assertion.NEGATED
    if mark == "-" and not _glued(tokens, start - 1) and _word(tokens, start - 2) == "," and "+" in tokens.words:
        return Assertion.NEGATED
    return None


def _behind(tokens: Tokens, event: Event) -> Assertion | None:
    end = event.end
    first, second, third = (_word(tokens, end + step) for step in range(3))
    if first == "(" and third == ")" and (second in _NO or second in _YES):
        return Assertion.NEGATED if second in _NO else Assertion.PRESENT
    if first == "(" and third == ")" and second in ("+", "-"):
        if _word(tokens, end + 3) in _ENDS or _glued(tokens, end):
            return Assertion.NEGATED if second == "-" else Assertion.PRESENT
        return None
    if first in ("+", "-") and second in _ENDS and second != "/":
        return Assertion.NEGATED if first == "-" else Assertion.PRESENT
    if first == "free" or (first == "-" and second == "free" and _glued(tokens, end)):
        return Assertion.NEGATED
    if first in _PLAIN_NO and second in _ENDS - {"/", ")"}:
        return Assertion.NEGATED
    if first == "," and second in _LISTED_NO and third in _ENDS - {"/", ")"}:
        return Assertion.NEGATED  # "chest pain, none."
    if first in (":", "?", "-", "=", "–"):
        answer, after = second, third
        if first == "-" and _glued(tokens, end):
            return None
        if answer in ("n", "y") and not tokens.raw(end + 1).isupper():
            return None
        if after in _ENDS or (answer in ("denies", "deny") and after in _ENDS):
            if answer in _NO:
                return Assertion.NEGATED
            if answer in _YES:
                return Assertion.PRESENT
    if first == "?" and _glued(tokens, end) and second in _ENDS and _is_short(tokens, event):
        return Assertion.UNCERTAIN
    return None


def _is_short(tokens: Tokens, event: Event) -> bool:
    """Return whether a mention is written as an abbreviation ("PE?"), which a patient's question is not."""
    written = tokens.note[tokens.starts[event.start] : tokens.ends[event.end - 1]]
    return written.isupper() and len(written) <= 5
