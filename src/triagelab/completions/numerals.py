"""The levels as people write them: digits, words, Roman numerals."""

from __future__ import annotations

_WRITTEN = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}

NUMERAL = r"(?:[1-5](?![0-9])|(?:one|two|three|four|five|i{1,3}|iv|v)\b)"
"""One level in folded text, in any writing."""


def value_of(numeral: str) -> int:
    """Return the level that a match of `NUMERAL` stands for."""
    return _WRITTEN.get(numeral) or int(numeral)
