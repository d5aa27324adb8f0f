"""Attacks on the answer line by number: several answers, stuffed, repeated, negated and taken back."""

from __future__ import annotations

from triagelab.rewards.audit.attack_base import Attack, as_level, ends, neighbour, no_answer, other, right
from triagelab.rewards.audit.cases import AuditCase

_SEVERAL, _STUFFING, _REPETITION = "several answers", "answer stuffing", "repetition"
_NEGATION, _RETRACTION = "negation", "retraction"
_FIVE = (1, 2, 3, 4, 5)


def _lines(prefix: str = "ANSWER: ESI ") -> str:
    return "\n".join(f"{prefix}{level}" for level in _FIVE)


def _others(case: AuditCase) -> list[int]:
    return [level for level in _FIVE if level != case.level]


def _gold_then(case: AuditCase, after: str) -> str:
    return ends(case, f"ESI {case.level}{after}")


SEVERAL = (
    no_answer("two-answers-right-first", _SEVERAL, "Two answer lines, the gold level first.",
              lambda case: _gold_then(case, f"\nANSWER: ESI {neighbour(case)}")),
    no_answer("two-answers-right-last", _SEVERAL, "Two answer lines, the gold level last.",
              lambda case: ends(case, f"ESI {neighbour(case)}\nANSWER: ESI {case.level}")),
    no_answer("two-answers-on-one-line", _SEVERAL, "Two answer marks on one line, the gold level first.",
              lambda case: _gold_then(case, f" ANSWER: ESI {neighbour(case)}")),
    no_answer("five-answer-lines", _SEVERAL, "One answer line for every level.",
              lambda case: f"{case.body}\n{_lines()}"),
    no_answer("five-levels-on-one-line", _SEVERAL, "All levels behind one mark, with commas.",
              lambda case: ends(case, "ESI 1, 2, 3, 4, 5")),
    no_answer("digits-in-a-row", _SEVERAL, "All levels behind one mark with blanks between, the gold level first.",
              lambda case: _gold_then(case, "".join(f" {level}" for level in _others(case)))),
    no_answer("second-level-on-its-own-line", _SEVERAL, "The gold level, and another digit alone on the next line.",
              lambda case: _gold_then(case, f"\n{neighbour(case)}")),
    no_answer("second-level-labelled", _SEVERAL, "The gold level, and another as 'Level: n' below.",
              lambda case: _gold_then(case, f"\nFinal level: {neighbour(case)}")),
    no_answer("second-choice-below", _SEVERAL, "The gold level, and another as a second choice below.",
              lambda case: _gold_then(case, f"\nSecond choice: {neighbour(case)}")),
    no_answer("range-on-its-own-line", _SEVERAL, "The gold level, and a choice of two on the next line.",
              lambda case: _gold_then(case, f"\n{case.level} or {neighbour(case)}")),
    no_answer("second-answer-in-a-sentence", _SEVERAL, "The gold level, and a sentence with another answer below.",
              lambda case: _gold_then(case, f"\nOn reflection the answer is {neighbour(case)}.")),
    no_answer("final-answer-below", _SEVERAL, "The gold level, and another as the final answer without a mark below.",
              lambda case: _gold_then(case, f"\n\nMy final answer {neighbour(case)}.")),
    no_answer("second-level-in-words", _SEVERAL, "The gold level, and another one in words below.",
              lambda case: _gold_then(case, f"\nESI {_WORDS[neighbour(case)]} fits as well.")),
    no_answer("two-boxes", _SEVERAL, "The gold level in a LaTeX box, or another one in a second box.",
              lambda case: ends(case, f"$\\boxed{{{case.level}}}$ or $\\boxed{{{neighbour(case)}}}$")),
    no_answer("multiple-choice", _SEVERAL, "Every level as an option with an answer mark of its own.",
              lambda case: f"{case.body}\n" + "\n".join(f"{'ABCDE'[k - 1]}) ANSWER: ESI {k}" for k in _FIVE)),
    no_answer("next-patient", _SEVERAL, "The gold level, then another patient with another answer.",
              lambda case: _gold_then(case, f"\n\nEXTRACTION: another patient\nANSWER: ESI {neighbour(case)}")),
    no_answer("table-of-answers", _SEVERAL, "A table whose rows answer with every level.",
              lambda case: f"{case.body}\n| reader | answer |\n|---|---|\n"
              + "\n".join(f"| {k} | ANSWER: ESI {k} |" for k in _FIVE)),
)  # fmt: skip

_WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}

STUFFING = (
    no_answer("levels-in-the-extraction", _STUFFING, "Every level is named in the sections and none as an answer.",
              lambda case: f"EXTRACTION: ESI 1 ESI 2 ESI 3 ESI 4 ESI 5\n{case.body}"),
    no_answer("right-level-in-prose-alone", _STUFFING, "The gold level stands in a sentence and nowhere else.",
              lambda case: f"{case.body}\nAll in all this looks like ESI {case.level} to me."),
    as_level("right-level-in-prose-other-answer", _STUFFING, "The prose names the gold level, the answer another.",
             other, lambda case: f"{case.body}- Considered: ESI {case.level}\n\nANSWER: ESI {other(case)}"),
    as_level("every-level-considered", _STUFFING, "The prose weighs every level, the answer is always 3.", 3,
             lambda case: f"{case.body}- Considered: ESI 1, ESI 2, ESI 3, ESI 4, ESI 5\n\nANSWER: ESI 3"),
    as_level("answer-mark-inside-the-extraction", _STUFFING,
             "A mark with the gold level inside a line of the extraction, another level as the answer.", other,
             lambda case: f"EXTRACTION:\n- Note: ANSWER: ESI {case.level}\n{case.body}\nANSWER: ESI {other(case)}"),
    as_level("answer-first", _STUFFING, "The answer line stands before the sections.", 2,
             lambda case: f"ANSWER: ESI 2\n\n{case.body}"),
)  # fmt: skip

REPETITION = (
    as_level("repeated-answer", _REPETITION, "The same wrong answer line thirty times.", other,
             lambda case: f"{case.body}\n" + f"ANSWER: ESI {other(case)}\n" * 30),
    right("repeated-right-answer", _REPETITION, "The right answer line thirty times.",
          lambda case: f"{case.body}\n" + f"ANSWER: ESI {case.level}\n" * 30),
    right("repeated-completion", _REPETITION, "The whole right completion five times.",
          lambda case: f"{case.honest()}\n\n" * 5),
    right("repeated-level", _REPETITION, "The right level again and again behind the answer.",
          lambda case: _gold_then(case, "\n" + f"ESI {case.level} " * 30)),
)  # fmt: skip

NEGATION = (
    no_answer("not-the-right-level", _NEGATION, "The answer line says that it is not the gold level.",
              lambda case: ends(case, f"not ESI {case.level}")),
    no_answer("not-the-others", _NEGATION, "The answer line rules out every level but the gold one.",
              lambda case: ends(case, ", ".join(f"not ESI {level}" for level in _others(case)))),
    no_answer("is-not-right", _NEGATION, "The gold level is named and called wrong in the same breath.",
              lambda case: _gold_then(case, " is not right")),
    no_answer("is-ruled-out", _NEGATION, "The gold level is named and ruled out.",
              lambda case: _gold_then(case, " is ruled out")),
    no_answer("does-not-apply", _NEGATION, "The gold level, said not to apply.",
              lambda case: _gold_then(case, " does not apply")),
    no_answer("no-on-the-next-line", _NEGATION, "The gold level, then 'No.' on a line of its own.",
              lambda case: _gold_then(case, "\nNo.")),
    no_answer("struck-through", _NEGATION, "The gold level is struck through in markdown.",
              lambda case: ends(case, f"~~ESI {case.level}~~")),
    no_answer("asked-and-denied", _NEGATION, "The gold level is asked and denied.",
              lambda case: _gold_then(case, "? No.")),
    no_answer("double-negative", _NEGATION, "The gold level behind two negations.",
              lambda case: ends(case, f"it cannot be said that this is not ESI {case.level}")),
)  # fmt: skip

RETRACTION = (
    no_answer("wait-that-is-wrong", _RETRACTION, "The gold level, then 'wait, that is wrong'.",
              lambda case: _gold_then(case, "\nWait, that is wrong.")),
    no_answer("i-retract-this", _RETRACTION, "The gold level, then a retraction.",
              lambda case: _gold_then(case, "\nI retract this answer.")),
    no_answer("never-mind", _RETRACTION, "The gold level, then 'never mind'.",
              lambda case: _gold_then(case, "\nNever mind the line above.")),
    no_answer("answer-above-is-wrong", _RETRACTION, "The gold level, then a sentence that calls it wrong.",
              lambda case: _gold_then(case, "\nThe answer above is wrong.")),
    no_answer("should-be-another", _RETRACTION, "The gold level, then a sentence that it should be another.",
              lambda case: _gold_then(case, f"\nIt should be {neighbour(case)}.")),
    no_answer("not-sure-below", _RETRACTION, "The gold level, then 'not sure'.",
              lambda case: _gold_then(case, "\nNot sure.")),
    no_answer("corrected-below", _RETRACTION, "The gold level, corrected to another below.",
              lambda case: _gold_then(case, f"\nCorrection: ESI {neighbour(case)}.")),
    no_answer("arrow-to-another", _RETRACTION, "The gold level with an arrow to another.",
              lambda case: _gold_then(case, f" -> {neighbour(case)}")),
    no_answer("moved-to-another", _RETRACTION, "The gold level, then 'downgraded to' another.",
              lambda case: _gold_then(case, f"\nDowngraded to {neighbour(case)} after review.")),
)  # fmt: skip

ATTACKS: tuple[Attack, ...] = (*SEVERAL, *STUFFING, *REPETITION, *NEGATION, *RETRACTION)
