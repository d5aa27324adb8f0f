"""Text made plain for reading: lower case, full-width and other digits folded, invisible characters gone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

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


_TO_FOLD = re.compile(r"[^\x00-\x0a\x0d-\x1b\x1f-\x7f]{1,64}")
"""Everything that is read as something else; ordinary ASCII text skips the folding."""
_ODD_LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e"

_FOLD = _Fold({code: chr(code).lower() for code in range(128) if code not in _LINE_ENDS})


@dataclass(frozen=True, slots=True)
class Plain:
    """A completion as the parser reads it.

    Attributes:
        source: the text as written.
        low: the folded text.
        aligned: every character stands for one, so positions are the same in both.
    """

    source: str
    low: str
    aligned: bool

    def original(self, position: int) -> int:
        """Return where the folded character at `position` stands in the source."""
        if self.aligned:
            return position
        here = folded = 0
        for run in _TO_FOLD.finditer(self.source):
            if position < folded + run.start() - here:
                break
            folded += run.start() - here
            for here, char in enumerate(run[0], start=run.start()):
                folded += len(_FOLD[ord(char)])
                if folded > position:
                    return here
            here = run.end()
        return min(len(self.source), here + position - folded)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where the folded characters from `start` up to `end` stand in the source."""
        if self.aligned:
            return start, end
        begin = here = self.original(start)
        left = end - start
        while left > 0 and here < len(self.source):
            char = self.source[here]
            left -= len(_FOLD[ord(char)])
            here += 1
        return begin, here


def plain(text: str) -> Plain:
    """Return the text folded for reading, in time linear in its length."""
    if text.isascii() and not any(map(text.__contains__, _ODD_LINE_ENDS)):
        return Plain(text, text.lower(), True)
    aligned = True

    def fold(found: re.Match[str]) -> str:
        nonlocal aligned
        folded, one_to_one = _folded(found[0])
        aligned = aligned and one_to_one
        return folded

    return Plain(text, _TO_FOLD.sub(fold, text).lower(), aligned)


@lru_cache(maxsize=1024)
def _folded(run: str) -> tuple[str, bool]:
    """Return the folded run, and whether every character became exactly one."""
    parts = [_FOLD[ord(char)] for char in run]
    return "".join(parts), all(len(part) == 1 for part in parts)
