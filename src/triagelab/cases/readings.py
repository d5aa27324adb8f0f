"""One number read off a note, and the desk at which readers of numbers work."""

from __future__ import annotations

from dataclasses import dataclass, field

from triagelab.cases.tokens import Tokens, wordset

_STOPS = frozenset((",", ".", ";", "\n"))
_EARLIER = wordset("initial initially prior earlier was scene field pta home yesterday previously before first")
_NOW = wordset("now currently current repeat recheck rechecked arrival here triage presently")
_ELSEWHERE = wordset("home yesterday ago")
MAX_DIGITS = 7


@dataclass(slots=True)
class Reading:
    """One number for one vital sign at tokens `start:end`.

    Attributes:
        earlier: the note calls the value past ("initial", "on scene").
        home: it was measured before the visit.
    """

    name: str
    value: float
    start: int
    end: int
    earlier: bool = False
    home: bool = False


@dataclass(slots=True)
class Desk:
    """The words of a note with what has been read off them.

    Attributes:
        found: readings so far.
        used: number tokens that already have a meaning.
    """

    tokens: Tokens
    found: list[Reading] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    def word(self, index: int) -> str:
        """Return the folded word at a token, "" outside the note."""
        return self.tokens.words[index] if 0 <= index < len(self.tokens.words) else ""

    def number(self, index: int) -> float | None:
        """Return the number at a token, None if there is none or it is too long to be a measurement."""
        return number_at(self.tokens, index)

    def around(self, start: int, end: int) -> tuple[list[str], list[str]]:
        """Return up to two words before and five after `start:end`, both within the same chunk of the sentence."""
        before = self.tokens.words[max(start - 2, 0) : start]
        while before and any(word in _STOPS for word in before):
            before = before[1:]
        after = []
        for word in self.tokens.words[end : end + 5]:
            if word in _STOPS:
                break
            after.append(word)
        return before, after

    def add(self, name: str, value: float, start: int, end: int, *numbers: int) -> None:
        """Note a reading at `start:end` and mark the number tokens it took."""
        before, after = self.around(start, end)
        near = (*before, *self.tokens.words[start:end])
        now = any(word in _NOW for word in (*near, *after[:2]))
        home = not now and any(word in _ELSEWHERE for word in (*near, *after))
        earlier = not now and (home or any(word in _EARLIER for word in (*near, *after[:3])))
        self.found.append(Reading(name, value, start, end, earlier, home))
        self.used.update(numbers)


def number_at(tokens: Tokens, index: int) -> float | None:
    """Return the number at a token, None if there is none or it is too long to be a measurement."""
    if not 0 <= index < len(tokens.words):
        return None
    word = tokens.words[index]
    if not "0" <= word[0] <= "9" or len(word) > MAX_DIGITS:
        return None
    return float(word)
