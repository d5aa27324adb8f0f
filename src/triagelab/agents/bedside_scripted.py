"""Agents with a fixed plan at the bedside: the bounds that every other agent is measured against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from triagelab.agents.bedside_rules import BedsideRules, answer
from triagelab.cases.bedside.actions import (
    PATHWAYS,
    PATTERNS,
    REGIONS,
    TARGETS,
    TESTS,
    TOPICS,
    VITALS,
    BedsideAction,
    read_action,
)
from triagelab.cases.bedside.observation import Dialogue
from triagelab.cases.draws import Draws
from triagelab.errors import BadInputError, UnknownNameError

EMERGENCY = ("2", "emergency", "sepsis")
"""What `always-emergency` commits: a high-risk patient who goes to the emergency team."""
EVERYTHING: tuple[tuple[str, str], ...] = (
    *(("measure", name) for name in VITALS),
    *(("ask", name) for name in TOPICS),
    *(("examine", name) for name in REGIONS),
    *(("test", name) for name in TESTS),
)
"""Every question there is, in the order in which `ask-everything` puts them."""


@dataclass(frozen=True)
class DoNothing:
    """Looks at the patient again and again, and never commits."""

    name: str = "do-nothing"

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        return [BedsideAction(kind="reassess") for _ in dialogues]


@dataclass(frozen=True)
class AskEverything:
    """Asks all there is until one action is left, and then commits what the rules agent says."""

    rules: BedsideRules = field(default_factory=BedsideRules)
    name: str = "ask-everything"

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        return [self._next(dialogue) for dialogue in dialogues]

    def _next(self, dialogue: Dialogue) -> BedsideAction:
        if dialogue.last.steps_left > 1 and len(dialogue.turns) < len(EVERYTHING):
            kind, target = EVERYTHING[len(dialogue.turns)]
            return BedsideAction.model_validate({"kind": kind, "target": target})
        return self.rules.commit(self.rules.assess(dialogue))


@dataclass(frozen=True)
class CommitAtOnce:
    """Commits what the rules agent makes of the first look."""

    rules: BedsideRules = field(default_factory=BedsideRules)
    name: str = "commit-at-once"

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        return [self.rules.commit(self.rules.assess(dialogue)) for dialogue in dialogues]


@dataclass(frozen=True)
class Constant:
    """Commits the same answer to everybody, at once."""

    action: BedsideAction
    name: str

    @classmethod
    def of(cls, text: str, name: str | None = None) -> Constant:
        """Return the agent of `LEVEL,PATHWAY,PATTERN`.

        Raises: BadInputError or UnknownNameError for a part that is none.
        """
        parts = [part.strip() for part in text.split(",")]
        if len(parts) != 3 or parts[0] not in ("1", "2", "3", "4", "5"):
            raise BadInputError("constant", text, "LEVEL,PATHWAY,PATTERN with a level from 1 to 5")
        for field_name, value, known in (("pathway", parts[1], PATHWAYS), ("pattern", parts[2], PATTERNS)):
            if value not in known:
                raise UnknownNameError(field_name, value, known)
        return cls(answer(int(parts[0]), parts[1], parts[2]), name or f"constant:{','.join(parts)}")

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        return [self.action for _ in dialogues]


@dataclass(frozen=True)
class RandomAgent:
    """Takes any action, every kind as likely as the others; the same for the same seed and dialogue."""

    name: str = "random"

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        return [self._next(dialogue, seed) for dialogue in dialogues]

    def _next(self, dialogue: Dialogue, seed: int) -> BedsideAction:
        draws = Draws("agents.bedside.random", seed, dialogue.first.message, len(dialogue.turns))
        kind = draws.pick((*TARGETS, "more_info", "reassess", "commit"))
        if kind == "commit":
            return answer(draws.whole(1, 5), draws.pick(PATHWAYS), draws.pick(PATTERNS))
        return read_action({"kind": kind, **({"target": draws.pick(TARGETS[kind])} if kind in TARGETS else {})})


def always_emergency() -> Constant:
    """Return the agent that calls everybody an emergency."""
    return Constant.of(",".join(EMERGENCY), "always-emergency")


__all__ = [
    "EVERYTHING",
    "AskEverything",
    "CommitAtOnce",
    "Constant",
    "DoNothing",
    "RandomAgent",
    "always_emergency",
]
