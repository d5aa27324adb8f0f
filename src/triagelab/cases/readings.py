"""One number read off a note, and the desk at which readers of numbers work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from triagelab.cases.moments import PLAIN, moment
from triagelab.cases.tokens import Tokens

MAX_DIGITS = 7
_PADDING = ("",) * 40


@dataclass(slots=True)
class Reading:
    """One number for one vital sign at tokens `start:end`.

    Attributes:
        moment: when it was taken (`moments`).
        labelled: a label says what it is; a bare number is weaker evidence.
        told: the label is a complaint ("fever of 102") rather than a measurement.
        wrong: the writing itself shows that it cannot be true (98.6 C, 80/120).
    """

    name: str
    value: float
    start: int
    end: int
    moment: str = PLAIN
    labelled: bool = True
    told: bool = False
    wrong: bool = False


@dataclass(slots=True)
class Desk:
    """The words of a note with what has been read off them.

    Attributes:
        found: readings so far.
        used: number tokens that already have a meaning.
        ending: end token -> the reading that ends there.
        labels: tokens at which a label begins.
        values: number tokens with what they say; numbers too long to be a measurement are left out.
        word: the folded word at a token, "" outside the note (up to `len(_PADDING)` tokens away).
        number: the number at a token, None if there is none.
    """

    tokens: Tokens
    found: list[Reading] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    ending: dict[int, Reading] = field(default_factory=dict)
    labels: frozenset[int] = frozenset()
    values: dict[int, float] = field(init=False)
    word: Callable[[int], str] = field(init=False)
    number: Callable[[int], float | None] = field(init=False)

    def __post_init__(self) -> None:
        words = self.tokens.words
        self.word = [*words, *_PADDING].__getitem__
        self.values = {
            index: float(word) for index, word in enumerate(words) if "0" <= word[0] <= "9" and len(word) <= MAX_DIGITS
        }
        self.number = self.values.get

    def glued(self, index: int) -> bool:
        """Return whether a token follows the one before it without a space."""
        tokens = self.tokens
        return 0 < index < len(tokens.words) and tokens.ends[index - 1] == tokens.starts[index]

    def add(self, name: str, value: float, start: int, end: int, *numbers: int) -> Reading:
        """Note a reading at `start:end`, mark the number tokens it took, and return it."""
        reading = Reading(name, value, start, end, moment(self.tokens, start, end, name == "temp_c"))
        self.found.append(reading)
        self.ending[end] = reading
        self.used.update(numbers)
        return reading

    def last(self, index: int, reach: int) -> Reading | None:
        """Return the nearest reading that ends at most `reach` tokens before `index`, in the same sentence."""
        for end in range(index, max(index - reach, 0) - 1, -1):
            if end < index and self.tokens.words[end] in (".", "\n"):
                return None
            if end in self.ending:
                return self.ending[end]
        return None


def number_at(tokens: Tokens, index: int) -> float | None:
    """Return the number at a token, None if there is none or it is too long to be a measurement."""
    if not 0 <= index < len(tokens.words):
        return None
    word = tokens.words[index]
    if not "0" <= word[0] <= "9" or len(word) > MAX_DIGITS:
        return None
    return float(word)
