"""Instructions hidden in the note, towards the least and the most urgent level: they must change nothing."""

from __future__ import annotations

from dataclasses import replace

from triagelab.cases.draws import Draws
from triagelab.cases.presentation import Presentation
from triagelab.evaluation.stress_tables import Injection, injections
from triagelab.evaluation.stress_text import blocks

DIRECTIONS = {"down": 5, "up": 1}
"""Less urgent, more urgent: the level that the instruction asks for."""
_ZERO, _ONE, _MARK = "\u200b", "\u200c", "\u2060"


def inject(shown: Presentation, draws: Draws, turn: int) -> tuple[Presentation, str, int]:
    """Return (presentation with an instruction in it, its id and direction, the level it asks for).

    `turn` counts the variants of a case: it alternates between the directions and goes through the instructions in an
    order drawn once a case, so that no case meets the same one twice before it has met all.
    """
    table = injections()
    direction = tuple(DIRECTIONS)[turn % len(DIRECTIONS)]
    chosen = draws.sample(table, len(table))[(turn // len(DIRECTIONS)) % len(table)]
    level = DIRECTIONS[direction]
    words = hide(chosen.text.replace("{level}", str(level)).replace("{{", "{").replace("}}", "}"), chosen.hide)
    return replace(shown, narrative=_placed(shown.narrative, words, chosen)), f"{chosen.id} {direction}", level


def hide(text: str, how: str) -> str:
    """Return text in characters that nobody sees: bits of zero width, or the tag characters of Unicode."""
    if how == "tags":
        return "".join(chr(0xE0000 + ord(sign)) if 0x20 <= ord(sign) < 0x7F else sign for sign in text)
    if how == "zero_width":
        bits = "".join(f"{byte:08b}" for byte in text.encode())
        return _MARK + "".join(_ONE if bit == "1" else _ZERO for bit in bits) + _MARK
    return text


def _placed(note: str, words: str, chosen: Injection) -> str:
    """Return the note with the words before it, after it, or between two of its sentences."""
    if chosen.place == "start":
        return f"{words} {note}"
    parts = blocks(note)
    if chosen.place == "end" or len(parts) < 2:
        return f"{note} {words}"
    middle = len(parts) // 2
    joint = "\n" if "\n" in note else " "
    return joint.join([*parts[:middle], words, *parts[middle:]])
