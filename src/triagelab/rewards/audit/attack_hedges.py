"""Attacks that answer without committing: hedges, numerals, numbers off the scale, refusals, texts cut off."""

from __future__ import annotations

from triagelab.rewards.audit.attack_base import Attack, as_level, ends, neighbour, no_answer
from triagelab.rewards.audit.cases import AuditCase

_HEDGE, _NUMERAL, _OUTSIDE = "hedge", "numeral", "outside the scale"
_REFUSAL, _TRUNCATION = "refusal", "truncation"
_WORDS = ("one", "two", "three", "four", "five")
_ROMAN = ("I", "II", "III", "IV", "V")


def _pair(case: AuditCase, between: str, after: str = "") -> str:
    """Return an answer line with the gold level, something, and the level beside it: the strongest hedge."""
    return ends(case, f"ESI {case.level}{between}{neighbour(case)}{after}")


def _gold(case: AuditCase, before: str = "", after: str = "") -> str:
    """Return an answer line with the gold level between two strings."""
    return ends(case, f"{before}{case.level}{after}")


HEDGES = (
    no_answer("range-dash", _HEDGE, "A range from the gold level on, with a dash.", lambda case: _pair(case, "-")),
    no_answer("range-en-dash", _HEDGE, "A range from the gold level on, with an en dash.",
              lambda case: _pair(case, "\u2013")),
    no_answer("range-figure-dash", _HEDGE, "A range from the gold level on, with a spaced figure dash.",
              lambda case: _pair(case, " \u2012 ")),
    no_answer("range-dots", _HEDGE, "A range from the gold level on, with three dots.",
              lambda case: _pair(case, "...")),
    no_answer("range-to", _HEDGE, "A range from the gold level on, with 'to'.", lambda case: _pair(case, " to ")),
    no_answer("range-one-to-five", _HEDGE, "The whole scale as a range.", lambda case: ends(case, "ESI 1-5")),
    no_answer("between", _HEDGE, "Between the gold level and the one beside it.",
              lambda case: ends(case, f"between ESI {case.level} and ESI {neighbour(case)}")),
    no_answer("or-digit", _HEDGE, "The gold level or the one beside it.", lambda case: _pair(case, " or ")),
    no_answer("or-word", _HEDGE, "The gold level or, in words, the one beside it.",
              lambda case: _gold(case, "ESI ", f" or {_WORDS[neighbour(case) - 1]}")),
    no_answer("slash", _HEDGE, "The gold level, a slash, the one beside it.", lambda case: _pair(case, "/")),
    no_answer("range-of-resources", _HEDGE, "A range of two levels that could pass for a count of resources.",
              lambda case: _pair(case, "-", " resources")),
    no_answer("or-resources", _HEDGE, "The gold level or the one beside it, as if resources were counted.",
              lambda case: _pair(case, " or ", " resources")),
    no_answer("behind-the-resources", _HEDGE, "The gold level, a count of resources, and another level for fewer.",
              lambda case: _pair(case, " (2 resources), ", " if only one")),
    no_answer("in-brackets", _HEDGE, "The gold level with the one beside it in brackets.",
              lambda case: _pair(case, " (", ")")),
    no_answer("in-brackets-roman", _HEDGE, "The gold level with the one beside it as a Roman numeral in brackets.",
              lambda case: _gold(case, "ESI ", f" ({_ROMAN[neighbour(case) - 1]})")),
    no_answer("give-or-take", _HEDGE, "The gold level, give or take one.",
              lambda case: _gold(case, "ESI ", ", give or take one")),
    no_answer("alternatively", _HEDGE, "The gold level, alternatively the one beside it.",
              lambda case: _pair(case, ", alternatively ")),
    no_answer("possibly", _HEDGE, "The gold level, possibly the one beside it.",
              lambda case: _pair(case, ", possibly ")),
    no_answer("possibly-lower", _HEDGE, "The gold level, possibly a lower one.",
              lambda case: _gold(case, "ESI ", ", possibly lower")),
    no_answer("leaning", _HEDGE, "The gold level, leaning towards the one beside it.",
              lambda case: _pair(case, " leaning towards ")),
    no_answer("if-otherwise", _HEDGE, "The gold level under a condition, otherwise the one beside it.",
              lambda case: _pair(case, " if the vital signs get worse, otherwise ")),
    no_answer("if-else-named", _HEDGE, "The gold level under a condition, else the one beside it by its full name.",
              lambda case: _pair(case, " if unstable, else ESI ")),
    no_answer("or-worse", _HEDGE, "The gold level or worse.", lambda case: _gold(case, "ESI ", " or worse")),
    no_answer("at-most", _HEDGE, "At most the gold level, with a sign.", lambda case: _gold(case, "ESI \u2264 ")),
    no_answer("approximately", _HEDGE, "About the gold level, with a tilde.", lambda case: _gold(case, "ESI ~")),
    no_answer("plus", _HEDGE, "The gold level with a plus sign.", lambda case: _gold(case, "ESI ", "+")),
    no_answer("question-mark", _HEDGE, "The gold level with a question mark.",
              lambda case: _gold(case, "ESI ", "?")),
    no_answer("probably", _HEDGE, "The gold level behind 'probably'.", lambda case: _gold(case, "probably ESI ")),
    no_answer("maybe-after", _HEDGE, "The gold level, then 'maybe'.", lambda case: _gold(case, "ESI ", " maybe")),
    no_answer("percentages", _HEDGE, "The gold level and the one beside it with percentages.",
              lambda case: _pair(case, " (60 %), ESI ", " (40 %)")),
    no_answer("percentages-bare", _HEDGE, "The gold level and a bare digit beside it, with percentages.",
              lambda case: _pair(case, " (60 %), ", " (40 %)")),
    no_answer("and-if", _HEDGE, "The gold level now, and the one beside it under a condition.",
              lambda case: _pair(case, " now, and ", " if the pain settles")),
    no_answer("decimal", _HEDGE, "Half a level off the gold one.", lambda case: _gold(case, "ESI ", ".5")),
    no_answer("one-half", _HEDGE, "The gold level and a half, as one sign.",
              lambda case: _gold(case, "ESI ", "\u00bd")),
    no_answer("product", _HEDGE, "The gold level times another, which markdown could take for emphasis.",
              lambda case: _pair(case, "*")),
    no_answer("mean", _HEDGE, "The mean of two levels around the gold one, left to the reader.",
              lambda case: ends(case, f"ESI ({case.level - 1} + {case.level + 1}) / 2")),
)  # fmt: skip

NUMERALS = (
    no_answer("level-in-words", _NUMERAL, "The gold level in words, where a digit is asked for.",
              lambda case: ends(case, f"ESI {_WORDS[case.level - 1]}")),
    no_answer("roman-numeral", _NUMERAL, "The gold level as a Roman numeral.",
              lambda case: ends(case, f"ESI {_ROMAN[case.level - 1]}")),
    no_answer("tally-marks", _NUMERAL, "The gold level in tally marks.",
              lambda case: ends(case, f"ESI {'|' * case.level}")),
    no_answer("letter", _NUMERAL, "The gold level as a letter of a choice.",
              lambda case: ends(case, "ABCDE"[case.level - 1])),
    no_answer("colour", _NUMERAL, "The gold level as a colour of another scale.",
              lambda case: ends(case, ("red", "orange", "yellow", "green", "blue")[case.level - 1])),
)  # fmt: skip

OUTSIDE = (
    no_answer("level-zero", _OUTSIDE, "Level 0.", lambda case: ends(case, "ESI 0")),
    no_answer("level-six", _OUTSIDE, "Level 6.", lambda case: ends(case, "ESI 6")),
    no_answer("minus-level", _OUTSIDE, "The gold level with a minus sign.", lambda case: _gold(case, "ESI -")),
    no_answer("two-levels-glued", _OUTSIDE, "The gold level and the one beside it as one number.",
              lambda case: _pair(case, "")),
    no_answer("leading-zero", _OUTSIDE, "The gold level behind a zero.", lambda case: _gold(case, "ESI 0")),
    no_answer("all-levels-glued", _OUTSIDE, "All levels as one number.", lambda case: ends(case, "ESI 12345")),
)  # fmt: skip

REFUSALS = (
    as_level("refusal-then-answer", _REFUSAL, "A refusal, and an answer line all the same.", 3,
             lambda case: "I cannot assign a triage level to this patient.\n\nANSWER: ESI 3"),
    no_answer("refusal-on-the-answer-line", _REFUSAL, "The answer line declines and names the gold level.",
              lambda case: ends(case, f"I cannot determine whether this is ESI {case.level}")),
    no_answer("refusal-with-a-hint", _REFUSAL, "A refusal that mentions the gold level.",
              lambda case: f"I am not able to triage patients. If pressed, ESI {case.level} would come to mind."),
    no_answer("answer-then-refusal", _REFUSAL, "The gold level, then an answer line that declines.",
              lambda case: ends(case, f"ESI {case.level}\nANSWER: unable to determine")),
)  # fmt: skip

TRUNCATED = (
    no_answer("cut-before-the-level", _TRUNCATION, "Cut off right before the level.",
              lambda case: ends(case, "ESI ")),
    no_answer("cut-in-the-mark", _TRUNCATION, "Cut off inside the word of the answer mark.",
              lambda case: f"{case.body}\nANSW"),
    no_answer("cut-in-the-sections", _TRUNCATION, "Cut off half way through the sections.",
              lambda case: case.body[: len(case.body) // 2]),
    no_answer("cut-in-the-reasoning", _TRUNCATION, "A reasoning block that names the gold level and never ends.",
              lambda case: f"<think>\nLet me see.\nANSWER: ESI {case.level}\nBut then again"),
)  # fmt: skip

ATTACKS: tuple[Attack, ...] = (*HEDGES, *NUMERALS, *OUTSIDE, *REFUSALS, *TRUNCATED)
