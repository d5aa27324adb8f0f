"""Numbers in words ("one twenty over eighty", "ninety-eight point six") and decimal commas, as one token each."""

from __future__ import annotations

import re
from dataclasses import dataclass

from triagelab.cases.tokens import Tokens, fold

_ONES = {
    fold(word): value
    for value, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1)
}
_TEENS = {
    fold(word): value
    for value, word in enumerate(
        (
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ),
        10,
    )
}
_TENS = {
    fold(word): 10 * value
    for value, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
} | {"fourty": 40}
_ZERO = frozenset(("zero", "oh", "o"))
_HUNDRED, _POINT = fold("hundred"), "point"
_FIRST = frozenset((*_ONES, *_TEENS, *_TENS, "zero", _HUNDRED))
_SPOKEN = _FIRST | {_POINT}
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])[1-9]?\d,\d(?![\d,])")
_TEMP = frozenset(("temp", fold("temperature"), "fever", fold("febrile")))
_NO_NUMBER_AFTER = frozenset(("no", "any", "every", "some", "this", "that", "which", "the", "other", "another"))


@dataclass(slots=True)
class View:
    """A note with every spoken number as one token of digits.

    Attributes:
        tokens: the words; equal to the note's own tokens where nothing was spoken.
        at: old token index -> new one (one entry more than the old tokens), None where nothing changed.
        back: new token index -> (first, end) of the old tokens, None where nothing changed.
    """

    tokens: Tokens
    at: list[int] | None = None
    back: list[tuple[int, int]] | None = None

    def place(self, index: int) -> int:
        """Return where an old token stands in the view."""
        return index if self.at is None else self.at[index]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the old tokens that new tokens `start:end` stand for."""
        if self.back is None:
            return start, end
        return self.back[start][0], self.back[min(end, len(self.back)) - 1][1]


def spoken_view(tokens: Tokens) -> View:
    """Return the note with spoken numbers and decimal commas merged; linear in its length."""
    words = tokens.words
    if _SPOKEN.isdisjoint(words) and not _DECIMAL_COMMA.search(tokens.note):
        return View(tokens)
    merged, at, back = Tokens(tokens.note, [], [], []), [], []
    index, size = 0, len(words)
    while index < size:
        text, end = _read(tokens, index)
        at.extend([len(merged.words)] * (end - index))
        back.append((index, end))
        merged.words.append(text)
        merged.starts.append(tokens.starts[index])
        merged.ends.append(tokens.ends[end - 1])
        index = end
    at.append(len(merged.words))
    return View(merged, at, back)


def _read(tokens: Tokens, index: int) -> tuple[str, int]:
    """Return (word, end): the number that begins at `index` as digits, or the word as it stands."""
    words, word = tokens.words, tokens.words[index]
    if "0" <= word[0] <= "9":
        if len(word) <= 3 and index + 2 < len(words):
            following = words[index + 1]
            if following == _POINT:
                return _with_decimals(words, word, index + 1)
            if following == "," and _decimal_comma(tokens, index):
                return f"{word}.{words[index + 2]}", index + 3
        return word, index + 1
    if word not in _FIRST:
        return word, index + 1
    if word == "one" and index and words[index - 1] in _NO_NUMBER_AFTER and _word(words, index + 1) not in _TENS:
        return word, index + 1
    if word == "one" and index + 1 < len(words) and words[index + 1] == "of":
        return word, index + 1
    value, end = _whole(words, index)
    text, stop = _with_decimals(words, str(value), end)
    if stop == end:
        text, stop = _degrees(words, index, value, end)
    return text, stop


def _decimal_comma(tokens: Tokens, index: int) -> bool:
    """Return whether "38,5" is one number: written without a space, one digit after, and the size of a temperature."""
    words, starts, ends = tokens.words, tokens.starts, tokens.ends
    glued = ends[index] == starts[index + 1] and ends[index + 1] == starts[index + 2]
    if not glued or len(words[index + 2]) != 1 or not "0" <= words[index + 2] <= "9":
        return False
    after = words[index + 3] if index + 3 < len(words) else ""
    if after == "," and ends[index + 2] == starts[index + 3]:
        return False
    return 30 <= float(words[index]) <= 43 or after == "mmol"


def _degrees(words: list[str], index: int, value: int, end: int) -> tuple[str, int]:
    """Return (digits, end) of "thirty eight nine", "ninety eight six", "thirty seven even": degrees and tenths."""
    body = 34 <= value <= 42
    if not body and not (94 <= value <= 107 and not _TEMP.isdisjoint(words[max(index - 4, 0) : index])):
        return str(value), end
    tenth, after = _word(words, end), _word(words, end + 1)
    if tenth == "even":
        return f"{value}.0", end + 1
    if tenth not in _ONES or end - index < 2:
        return str(value), end
    if after in _TENS or after in _TEENS or after in _ZERO or after in (_HUNDRED, "-", "year", "week", "month", "day"):
        return str(value), end
    return f"{value}.{_ONES[tenth]}", end + 1


def _word(words: list[str], index: int) -> str:
    return words[index] if index < len(words) else ""


def _below_hundred(words: list[str], index: int) -> tuple[int, int] | None:
    """Return (value, end) of "eighty-eight", "twelve", "seven" at `index`."""
    word = _word(words, index)
    if word in _TENS:
        step = 2 if _word(words, index + 1) == "-" else 1
        unit = _ONES.get(_word(words, index + step))
        return (_TENS[word] + unit, index + step + 1) if unit is not None else (_TENS[word], index + 1)
    if word in _TEENS:
        return _TEENS[word], index + 1
    return (_ONES[word], index + 1) if word in _ONES else None


def _whole(words: list[str], index: int) -> tuple[int, int]:
    """Return (value, end) of a whole number in words; "one twenty" and "one oh two" are 120 and 102."""
    word = words[index]
    if word == "zero":
        return 0, index + 1
    if word == _HUNDRED:
        return _after_hundred(words, 1, index + 1)
    first = _below_hundred(words, index)
    if first is None:
        return 0, index + 1
    value, end = first
    following = _word(words, end)
    if following == _HUNDRED and value < 20:
        return _after_hundred(words, value, end + 1)
    if word in _ONES and value <= 5:
        if following in _TENS or following in _TEENS:
            rest, stop = _below_hundred(words, end) or (0, end)
            return 100 * value + rest, stop
        if following in _ZERO and _word(words, end + 1) in _ONES:
            return 100 * value + _ONES[words[end + 1]], end + 2
    return value, end


def _after_hundred(words: list[str], hundreds: int, end: int) -> tuple[int, int]:
    place = end + 1 if _word(words, end) == "and" else end
    rest = _below_hundred(words, place)
    return (100 * hundreds + rest[0], rest[1]) if rest is not None else (100 * hundreds, end)


def _with_decimals(words: list[str], whole: str, end: int) -> tuple[str, int]:
    """Return (digits, end) with what follows a spoken "point"."""
    if _word(words, end) != _POINT:
        return whole, end
    tenth = _word(words, end + 1)
    digit = _ONES.get(tenth, 0 if tenth in _ZERO else None)
    if digit is None and tenth.isdecimal() and tenth.isascii() and len(tenth) <= 2:
        digit = int(tenth)
    return (f"{whole}.{digit}", end + 2) if digit is not None else (whole, end)
