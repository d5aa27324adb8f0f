"""Text made plain for reading: lower case, full-width and other digits folded, invisible characters gone."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_JOINERS = frozenset({0x034F, 0x20E3, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})
_LINE_ENDS = frozenset({0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029})


class _Fold(dict[int, str]):
    """Code point -> what it is read as; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if code in _LINE_ENDS:
            folded = "\n"
        elif code in _JOINERS or unicodedata.category(char) == "Cf":
            folded = ""
        elif unicodedata.category(char) == "Nd":
            folded = str(unicodedata.decimal(char))
        else:
            folded = unicodedata.normalize("NFKC", char).lower()
        self[code] = folded
        return folded


_FOLD = _Fold({code: chr(code).lower() for code in range(128) if code not in _LINE_ENDS})


@dataclass(frozen=True, slots=True)
class Plain:
    """A completion as the parser reads it.

    Attributes:
        source: the text as written.
        low: the folded text.
        ascii: the text needed no folding but lower case, so positions are the same in both.
    """

    source: str
    low: str
    ascii: bool

    def original(self, position: int) -> int:
        """Return where the folded character at `position` stands in the source."""
        if self.ascii:
            return position
        seen = 0
        for index, char in enumerate(self.source):
            seen += len(_FOLD[ord(char)])
            if seen > position:
                return index
        return len(self.source)


def plain(text: str) -> Plain:
    """Return the text folded for reading, in time linear in its length."""
    if text.isascii():
        low = text.lower()
        if not any(mark in low for mark in "\x0b\x0c\x1c\x1d\x1e"):
            return Plain(text, low, True)
    return Plain(text, text.translate(_FOLD), False)
