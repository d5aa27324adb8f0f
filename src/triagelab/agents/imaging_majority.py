"""Imaging agents that do not read the note: the commonest label, and the commonest label of each procedure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from triagelab.agents.imaging_base import ImagingReply, Shares, Table, most_likely, rows_of, shares_of
from triagelab.cases.imaging.question import ImagingQuestion
from triagelab.clinical.imaging import Appropriateness, procedures
from triagelab.completions.imaging_answers import gold_completion


class ImagingMajority:
    """Gives the commonest label of its rows to every question; of equals the less appropriate one."""

    name = "majority"
    remote = False

    def __init__(self, table: Table | None) -> None:
        self.rows = len(rows := rows_of(table, self.name))
        self.counts = Counter(label for _, label in rows)
        self.shares = shares_of(self.counts)
        self.label = most_likely(self.shares)
        self._reply = self._said("imaging questions", self.counts)

    def answer(self, questions: Sequence[ImagingQuestion], *, seed: int = 0) -> list[ImagingReply]:
        """Return the same reply to every question."""
        return [self._reply] * len(questions)

    def _said(self, what: str, counts: Counter[Appropriateness]) -> ImagingReply:
        """Return the reply that counts lead to, with the counts as the reason."""
        shares: Shares = shares_of(counts)
        label = most_likely(shares)
        said = f"Of {counts.total()} {what} seen before, {counts[label]} were {label.value}; this note was not read."
        return ImagingReply(label, gold_completion((said,), label), shares)


class ImagingProcedureMajority(ImagingMajority):
    """Gives the commonest label of the procedure; of a procedure not seen, the commonest of all."""

    name = "procedure-majority"

    def __init__(self, table: Table | None) -> None:
        rows = rows_of(table, self.name)
        super().__init__(rows)
        found: dict[str, Counter[Appropriateness]] = {}
        for question, label in rows:
            found.setdefault(question.procedure, Counter())[label] += 1
        self.replies = {name: self._said(_questions_of(name), counts) for name, counts in found.items()}

    def answer(self, questions: Sequence[ImagingQuestion], *, seed: int = 0) -> list[ImagingReply]:
        """Return the reply of each procedure."""
        return [self.replies.get(question.procedure, self._reply) for question in questions]


def _questions_of(procedure: str) -> str:
    known = procedures().get(procedure)
    return f"questions about {known.title if known else procedure}"


__all__ = ["ImagingMajority", "ImagingProcedureMajority"]
