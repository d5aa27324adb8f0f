"""What an imaging agent is: questions in, replies out; it sees note and procedure, never the rules' verdict on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.clinical.imaging import ORDER, Appropriateness
from triagelab.errors import BadInputError

Shares = tuple[float, float, float]
"""Probabilities of usually appropriate, may be appropriate, usually not appropriate."""
Labelled = tuple[ImagingQuestion, Appropriateness]
"""One row that an agent may be fitted on."""
Table = Sequence[Labelled] | Callable[[], Sequence[Labelled]]
"""Rows, or what makes them when an agent that is fitted asks for them."""


@dataclass(frozen=True, slots=True)
class ImagingReply:
    """What an agent says to one question.

    Attributes:
        label: as read from `text`, or as the agent knows it; None is no answer.
        text: the whole completion in the format that is asked for.
        shares: probabilities of the three labels in ORDER; None where the agent has none.
        truncated: cut off by a token limit.
        status: how the label was found or why there is none: a ParseStatus, or the failure of a request.
    """

    label: Appropriateness | None
    text: str
    shares: Shares | None = None
    truncated: bool = False
    status: str = "clean"


@runtime_checkable
class ImagingAgent(Protocol):
    """Answers imaging questions.

    Attributes:
        name: as in the registry.
        remote: questions leave this machine, or it is not certain that they do not.
    """

    name: str
    remote: bool

    def answer(self, questions: Sequence[ImagingQuestion], *, seed: int = 0) -> list[ImagingReply]:
        """Return one reply a question, in order; equal seeds give equal samples."""
        ...


def rows_of(table: Table | None, agent: str) -> Sequence[Labelled]:
    """Return the rows of a table. Raises: BadInputError where there are none."""
    rows = table() if callable(table) else table
    if not rows:
        hint = "training.imaging_fit.fit_table makes one from the train split"
        raise BadInputError("table", None, f"labelled questions for {agent}, which is fitted on them", hint)
    return rows


def shares_of(counts: Mapping[Appropriateness, float], each: float = 1.0) -> Shares:
    """Return the shares of three counts, with `each` more of every label, so that none is impossible."""
    total = sum(counts.values()) + 3 * each
    usually, may, no = ((counts.get(label, 0.0) + each) / total for label in ORDER)
    return usually, may, no


def most_likely(shares: Shares) -> Appropriateness:
    """Return the label with the largest share; of equals the less appropriate one."""
    return ORDER[max(range(3), key=lambda place: (shares[place], place))]


__all__ = ["ImagingAgent", "ImagingReply", "Labelled", "Shares", "Table", "most_likely", "rows_of", "shares_of"]
