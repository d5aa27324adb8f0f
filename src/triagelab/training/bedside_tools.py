"""`bedside-v1` as TRL's GRPOTrainer takes environments: one object a rollout whose public methods are the tools.

TRL offers every public method to the model and never closes an environment. So this is a facade with nothing public
but tools, and `Sessions` closes what it made.
"""

from __future__ import annotations

import atexit
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from triagelab.agents.bedside_calls import error_text, reply_text
from triagelab.cases.bedside.actions import TARGETS, Pathway, Pattern
from triagelab.envs.base import Environment, EpisodeError
from triagelab.errors import BadInputError

QUESTIONS = frozenset({"ask", "measure", "examine", "test", "more_info", "reassess"})
"""Kinds of action by which something is learnt."""
UNAVAILABLE = "the environment is not available: stop here"


@dataclass
class Rollout:
    """What the log says of one rollout, once it is over.

    Missing: `total` is None where the environment failed; `level` and `answer` None where nobody knows them.

    Attributes:
        total: sum of rewards, by `terms`.
        level, answer: true level at the end, and the level that was committed.
        invalid: calls that were no action, or came after the end.
        waited: actions that the facade took after the model had stopped without a commit.
    """

    seed: int
    split: str
    total: float | None = None
    terms: dict[str, float] = field(default_factory=dict)
    level: int | None = None
    answer: int | None = None
    actions: tuple[str, ...] = ()
    questions: int = 0
    invalid: int = 0
    waited: int = 0
    minutes: float | None = None


class BedsideTools:
    """One rollout at a time. TRL calls `reset`, then the tools that the model calls, then `get_reward`.

    Where the model stops without a commit, the facade waits (`reassess`) until the environment ends the episode by
    itself: nobody decides, the patient's course goes on, and the score is the environment's own for that.
    """

    def __init__(self, make: Callable[[], Environment[Any, Any]]) -> None:
        self._env = make()
        self._failed = True
        self._rollout = Rollout(0, "")

    def reset(self, seed: int, split: str = "train", **_: Any) -> str:
        """Begin the case of a row and return what is seen first; rows of a group name one seed, so one patient."""
        self._rollout = Rollout(int(seed), split)
        try:
            seen = self._env.reset(seed=int(seed), split=split)
        except Exception:
            # Whatever broke: this rollout counts for nothing, and the rest of the batch goes on.
            self._failed = True
            return UNAVAILABLE
        self._failed = False
        return seen.message

    def ask(self, target: str) -> str:
        """Ask the patient, or whoever came along, about one topic.

        Args:
            target: The topic.
        """
        return self._act(kind="ask", target=target)

    def measure(self, target: str) -> str:
        """Measure one vital sign.

        Args:
            target: The vital sign.
        """
        return self._act(kind="measure", target=target)

    def examine(self, target: str) -> str:
        """Examine one region of the body.

        Args:
            target: The region.
        """
        return self._act(kind="examine", target=target)

    def test(self, target: str) -> str:
        """Do one test at the bedside.

        Args:
            target: The test.
        """
        return self._act(kind="test", target=target)

    def more_info(self) -> str:
        """Ask whether there is anything else."""
        return self._act(kind="more_info")

    def reassess(self) -> str:
        """Look at the patient again and repeat the vital signs that were measured before."""
        return self._act(kind="reassess")

    def intervene(self, target: str) -> str:
        """Begin one treatment that cannot wait.

        Args:
            target: The treatment.
        """
        return self._act(kind="intervene", target=target)

    def commit(self, level: Literal[1, 2, 3, 4, 5], pathway: Pathway, pattern: Pattern) -> str:
        """Answer: this ends the episode.

        Args:
            level: ESI level, 1 is the most urgent.
            pathway: Where the patient goes next.
            pattern: What the picture looks like.
        """
        return self._act(kind="commit", level=level, pathway=pathway, pattern=pattern)

    def get_reward(self) -> float | None:
        """Return the sum of the episode's rewards; None, never 0, where the environment failed."""
        if not self._failed and not self._env.record.done:
            self._wait()
        if self._failed:
            return None
        self._tell()
        return self._rollout.total

    def _act(self, **action: Any) -> str:
        """Take one action and return the reply.

        Raises: ValueError for a call that is no action, RuntimeError after the end or a failure; their words tell what
            is allowed and nothing of the patient, since the model is shown them.
        """
        if self._failed:
            raise RuntimeError(UNAVAILABLE)
        try:
            return reply_text(self._env.step(action))
        except BadInputError as error:
            self._rollout.invalid += 1
            raise ValueError(error_text(error)) from None
        except EpisodeError:
            self._rollout.invalid += 1
            raise RuntimeError("the episode has ended: no more calls") from None
        except Exception:
            self._failed = True
            raise RuntimeError(UNAVAILABLE) from None

    def _wait(self) -> None:
        try:
            while not self._env.record.done:
                self._env.step({"kind": "reassess"})
                self._rollout.waited += 1
        except Exception:
            self._failed = True

    def _tell(self) -> None:
        """Fill in what the log says of the finished episode."""
        record, told = self._env.record, self._rollout
        own = record.turns[: len(record.turns) - told.waited]
        terms: Counter[str] = Counter()
        for _, seen in record.turns:
            terms.update(seen.components)
        told.total, told.terms = record.total, dict(terms)
        told.actions = tuple(action.label() for action, _ in own)
        told.questions = sum(action.kind in QUESTIONS for action, _ in own)
        last_action, last = record.turns[-1]
        told.level = (last.debrief or {}).get("level")
        told.answer, told.minutes = last_action.level, last.minute


for _name, _targets in TARGETS.items():
    # The closed lists are data, so the schema's enums are set here and not written out a second time.
    getattr(BedsideTools, _name).__annotations__["target"] = Literal[_targets]


class Sessions:
    """Makes one `BedsideTools` a call, as TRL wants it, and closes them all: on leaving the context, or at exit."""

    def __init__(self, make: Callable[[], Environment[Any, Any]]) -> None:
        self._make = make
        self.made: list[BedsideTools] = []

    def __call__(self) -> BedsideTools:
        tools = BedsideTools(self._make)
        self.made.append(tools)
        return tools

    def open_sessions(self) -> int:
        """Return how many environments that were made here are not closed."""
        return sum(not tools._env.closed for tools in self.made)

    def close(self) -> None:
        """Close every environment; one that will not close does not keep the others open."""
        for tools in self.made:
            try:
                tools._env.close()
            except Exception:
                continue

    def __enter__(self) -> Sessions:
        # A trainer that is stopped by a signal may never leave the context.
        atexit.register(self.close)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        atexit.unregister(self.close)
