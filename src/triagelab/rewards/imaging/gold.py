"""What is right for a row, looked up by the row's id and by nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from triagelab.cases.imaging.case import ImagingCase
from triagelab.clinical.imaging import Appropriateness
from triagelab.completions.imaging_evidence import evidence_lines
from triagelab.errors import DataFormatError


@dataclass(frozen=True)
class Gold:
    """What is right for one row.

    Attributes:
        reasoning: the gold sentences.
        facts: what the note tells.
        note, asked: what is shown, so that copying can be told from reasoning.
        evidence: the lines that a prompt with evidence shows.
        credentialed: the note may leave this machine by no means.
    """

    id: str
    label: Appropriateness
    reasoning: tuple[str, ...]
    condition: str
    procedure: str
    facts: Mapping[str, Any] = field(hash=False)
    note: str = ""
    asked: str = ""
    evidence: tuple[str, ...] = ()
    credentialed: bool = False


def gold_of(case: ImagingCase) -> Gold:
    """Return the gold of a case."""
    truth, question = case.truth, case.question
    return Gold(
        id=case.id,
        label=truth.label,
        reasoning=truth.reasoning,
        condition=truth.condition,
        procedure=truth.procedure,
        facts=dict(truth.facts),
        note=question.note,
        asked=question.asked,
        evidence=evidence_lines(question),
        credentialed=question.credentialed,
    )


class GoldTable:
    """Row id -> gold. There is no access by position: a batch may be shuffled, repeated or cut in any way.

    Raises: DataFormatError where one id stands for two different rows.
    """

    def __init__(self, cases: Iterable[ImagingCase | Gold]) -> None:
        self._cases: dict[str, ImagingCase | Gold] = {}
        self._golds: dict[str, Gold] = {}
        for case in cases:
            before = self._cases.setdefault(case.id, case)
            if _label(before) is not _label(case):
                raise DataFormatError(f"gold: id {case.id}: stands for two rows with different labels")

    def __len__(self) -> int:
        return len(self._cases)

    def of(self, row_id: str | None) -> Gold | None:
        """Return the gold of a row. Missing: None for an id that nobody knows."""
        if row_id is None or row_id not in self._cases:
            return None
        if row_id not in self._golds:
            case = self._cases[row_id]
            self._golds[row_id] = case if isinstance(case, Gold) else gold_of(case)
        return self._golds[row_id]


def _label(case: ImagingCase | Gold) -> Appropriateness:
    return case.label if isinstance(case, Gold) else case.truth.label


__all__ = ["Gold", "GoldTable", "gold_of"]
