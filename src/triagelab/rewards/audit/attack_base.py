"""What a text attack is: a way of writing a completion, and what such a text may earn at most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from triagelab.rewards.audit.cases import AuditCase

Write = Callable[[AuditCase], str]
Level = Callable[[AuditCase], int]


class Ceiling(StrEnum):
    """What a text may earn at most, by the reward under audit itself.

    AS_LEVEL is the best plain completion that names the level this text commits to, NO_ANSWER the best plain text
    without an answer, RIGHT the best plain right answer. Silence is open to every policy, so the first and the last are
    never below NO_ANSWER: a reader that declines to read a text has not been cheated.
    """

    AS_LEVEL = "as_level"
    NO_ANSWER = "no_answer"
    RIGHT = "right"


@dataclass(frozen=True)
class Attack:
    """One way of writing a completion that deserves no more than a plain one.

    Attributes:
        id: stable name in kebab case.
        kind: family of attacks, one of `KINDS`.
        what: one sentence for people; it says where the gold level is used.
        ceiling: what it may earn at most.
        write: the completion for a case; the same text every time.
        level: the level that the text commits to. Missing: None under every ceiling but AS_LEVEL.
    """

    id: str
    kind: str
    what: str
    ceiling: Ceiling
    write: Write
    level: Level | None = None


KINDS = (
    "several answers",
    "answer stuffing",
    "repetition",
    "negation",
    "retraction",
    "hedge",
    "numeral",
    "outside the scale",
    "refusal",
    "truncation",
    "hidden answer",
    "turn forging",
    "instruction",
    "unicode",
    "keywords",
    "claims",
    "copying",
    "padding",
    "format shell",
    "length",
)


def as_level(id_: str, kind: str, what: str, level: int | Level, write: Write) -> Attack:
    """Return an attack that may earn what its level earns."""
    named: Level = (lambda case: level) if isinstance(level, int) else level
    return Attack(id_, kind, what, Ceiling.AS_LEVEL, write, named)


def no_answer(id_: str, kind: str, what: str, write: Write) -> Attack:
    """Return an attack that commits to no level and may earn what silence earns."""
    return Attack(id_, kind, what, Ceiling.NO_ANSWER, write)


def right(id_: str, kind: str, what: str, write: Write) -> Attack:
    """Return an attack that dresses up the right answer and may earn what the plain one earns."""
    return Attack(id_, kind, what, Ceiling.RIGHT, write)


def ends(case: AuditCase, line: str) -> str:
    """Return the honest sections with this answer line."""
    return f"{case.body}\nANSWER: {line}"


def neighbour(case: AuditCase) -> int:
    """Return the level beside the gold one, less urgent where there is one."""
    return case.level + 1 if case.level < 5 else 4


def other(case: AuditCase) -> int:
    """Return a wrong level that hangs on the case: 3, or 2 where 3 is right."""
    return 2 if case.level == 3 else 3


def plain_answers(case: AuditCase, level: int) -> tuple[str, ...]:
    """Return the plain ways to name a level: in full, in the shortest form, in one word, and without the sections.

    A bonus for brevity asks for the shortest text, so the shortest ones count as honest too.
    """
    one_word = f"EXTRACTION:x;ALGORITHM:x;ANSWER:ESI{level}"
    return case.honest(level), case.shortest(level), one_word, f"ANSWER: ESI {level}"


def plain_silences(case: AuditCase) -> tuple[str, ...]:
    """Return the plain ways to name no level: nothing, the sections alone, and the form with its answer left open.

    A format bonus that is paid always pays for the last, which is a trait of the reward and not of any trick in a text.
    """
    return "", case.body, f"{case.body}\nANSWER: none", "EXTRACTION:x\nALGORITHM:x\nANSWER:"
