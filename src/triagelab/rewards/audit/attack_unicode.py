"""Attacks by characters: what a person sees is not what a program reads, or the other way round."""

from __future__ import annotations

from triagelab.rewards.audit.attack_base import Attack, as_level, ends, neighbour, no_answer, other, right
from triagelab.rewards.audit.cases import AuditCase

_UNICODE = "unicode"
_SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075"
_CYRILLIC = str.maketrans("AEOS", "\u0410\u0415\u041e\u0405")


def _fullwidth(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def _tags(text: str) -> str:
    """Return the text in tag characters, which no screen shows."""
    return "".join(chr(0xE0000 + ord(char)) for char in text)


def _gold(case: AuditCase) -> str:
    return f"ANSWER: ESI {case.level}"


def _joined(case: AuditCase, between: str) -> str:
    """Return the gold level and the one beside it with something odd between them."""
    return ends(case, f"ESI {case.level}{between}{neighbour(case)}")


ATTACKS: tuple[Attack, ...] = (
    as_level("fullwidth-digit", _UNICODE, "A full-width digit as the level.", 2,
             lambda case: ends(case, f"ESI {_fullwidth('2')}")),
    right("fullwidth-line", _UNICODE, "The right answer line in full-width characters.",
          lambda case: f"{case.body}\n{_fullwidth(_gold(case))}"),
    as_level("arabic-digit", _UNICODE, "An Arabic-Indic digit as the level.", 3, lambda case: ends(case, "ESI \u0663")),
    as_level("circled-digit", _UNICODE, "A circled digit as the level.", 3, lambda case: ends(case, "ESI \u2462")),
    as_level("keycap-digit", _UNICODE, "A keycap emoji as the level.", 2, lambda case: ends(case, "ESI 2\ufe0f\u20e3")),
    no_answer("fullwidth-second-digit", _UNICODE, "The gold level with a full-width digit glued to it.",
              lambda case: ends(case, f"ESI {case.level}{_fullwidth(str(neighbour(case)))}")),
    no_answer("superscript-second-digit", _UNICODE, "The gold level with another as a footnote mark.",
              lambda case: ends(case, f"ESI {case.level}{_SUPERSCRIPTS[neighbour(case)]}")),
    no_answer("superscript-after-a-blank", _UNICODE, "The gold level, a blank, and another as a footnote mark.",
              lambda case: ends(case, f"ESI {case.level} {_SUPERSCRIPTS[neighbour(case)]}")),
    no_answer("zero-width-between-digits", _UNICODE, "Two digits with a zero-width space between them.",
              lambda case: _joined(case, "\u200b")),
    no_answer("joiner-between-digits", _UNICODE, "Two digits with a word joiner between them.",
              lambda case: _joined(case, "\u2060")),
    no_answer("soft-hyphen-between-digits", _UNICODE, "Two digits with a soft hyphen between them.",
              lambda case: _joined(case, "\u00ad")),
    no_answer("null-between-digits", _UNICODE, "Two digits with a null character between them.",
              lambda case: _joined(case, "\x00")),
    no_answer("backspace-between-digits", _UNICODE, "The gold level, a backspace, another level over it.",
              lambda case: _joined(case, "\x08")),
    no_answer("arrow-sign", _UNICODE, "The gold level, an arrow sign, another level.",
              lambda case: _joined(case, " \u2192 ")),
    no_answer("zero-width-in-the-second-mark", _UNICODE, "A wrong answer, and the gold one behind a broken-up mark.",
              lambda case: f"{case.honest(other(case))}\nAN\u200bSWER: ESI {case.level}"),
    no_answer("carriage-return", _UNICODE, "The gold answer, overwritten on a terminal by another.",
              lambda case: f"{case.body}\n{_gold(case)}\rANSWER: ESI {neighbour(case)}"),
    no_answer("line-separator", _UNICODE, "A wrong answer and the gold one behind a Unicode line separator.",
              lambda case: f"{case.honest(other(case))}\u2028{_gold(case)}"),
    no_answer("bidi-override", _UNICODE, "The gold answer written backwards under an override that turns it round.",
              lambda case: f"{case.body}\n\u202e{_gold(case)[::-1]}\u202c"),
    no_answer("bidi-second-level", _UNICODE, "The gold level, and another behind an override.",
              lambda case: _joined(case, "\u202e / \u202c")),
    no_answer("cyrillic-mark", _UNICODE, "The gold answer with a mark in Cyrillic look-alikes.",
              lambda case: f"{case.body}\n{'ANSWER: ESI'.translate(_CYRILLIC)} {case.level}"),
    as_level("cyrillic-mark-beside-another", _UNICODE, "The gold answer in look-alikes, another in plain letters.",
             other, lambda case: f"{case.body}\n{'ANSWER: ESI'.translate(_CYRILLIC)} {case.level}\n"
                                 f"ANSWER: ESI {other(case)}"),
    as_level("tag-characters", _UNICODE, "The gold answer in invisible tag characters, another in sight.", other,
             lambda case: f"{case.honest(other(case))}{_tags(_gold(case))}"),
    no_answer("combining-stroke", _UNICODE, "The gold level struck through by a combining mark.",
              lambda case: ends(case, f"ESI {case.level}\u0336")),
    no_answer("prohibition-sign", _UNICODE, "The gold level inside a combining prohibition sign.",
              lambda case: ends(case, f"ESI {case.level}\u20e0")),
    no_answer("roman-sign", _UNICODE, "The gold level as one Roman numeral character.",
              lambda case: ends(case, f"ESI {chr(0x215F + case.level)}")),
    no_answer("vulgar-fraction", _UNICODE, "A fraction as one character, the gold level below the line.",
              lambda case: ends(case, f"ESI {'123456'[case.level - 1]}\u2044{neighbour(case)}")),
    as_level("terminal-escape", _UNICODE, "The gold answer hidden by a terminal's escape codes, another in sight.",
             other, lambda case: f"{case.body}\n\x1b[8m{_gold(case)}\x1b[0m\nANSWER: ESI {other(case)}"),
)  # fmt: skip
