"""One line an answer to an imaging question, and a second file with what its reasoning was worth."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from triagelab.agents.imaging_base import ImagingReply
from triagelab.cases.imaging.case import ImagingCase
from triagelab.clinical.imaging import Appropriateness
from triagelab.completions.imaging_answers import parse_imaging
from triagelab.errors import DataFormatError
from triagelab.evaluation.records import MAX_TEXT, RECORDS, drop_broken_tail
from triagelab.files import read_jsonl, write_jsonl

SCORES = "scores.jsonl"
SUMMARY = "summary.json"
Share = Annotated[float, Field(ge=0, le=1)]
Line = TypeVar("Line", "ImagingRecord", "ReasoningScore")


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    repeat: Annotated[int, Field(ge=0)] = 0

    @property
    def key(self) -> tuple[str, int]:
        return self.id, self.repeat


class ImagingRecord(_Line):
    """One answer to one question, with the gold label beside it.

    Missing: `predicted` None is "no answer"; `shares` None is an agent without probabilities; `tokens` None is unknown.

    Attributes:
        id: row id of the question; `repeat`: 0, 1, ...: which of the repeated answers.
        variant_id: the patient variant, the unit of every interval.
        status: how the label was found, or why there is none.
        shares: probabilities of usually, may, not.
        text: the whole completion, of bounded length; empty where the source forbids showing what it may quote.
        words: of the reasoning.
    """

    variant_id: str
    condition: str
    procedure: str
    split: str
    agent: str
    gold: Appropriateness
    predicted: Appropriateness | None
    status: str
    shares: tuple[Share, Share, Share] | None = None
    text: str = ""
    words: Annotated[int, Field(ge=0)] = 0
    tokens: int | None = None
    truncated: bool = False
    seed: int = 0
    kind: Literal["imaging answer"] = "imaging answer"

    @field_validator("shares")
    @classmethod
    def _sum_to_one(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and not abs(sum(value) - 1) < 0.01:
            raise ValueError("must be three numbers from 0 to 1 that sum to 1")
        return value

    @property
    def right(self) -> bool:
        return self.predicted is self.gold


class ReasoningScore(_Line):
    """What the reasoning of one answer is worth.

    Missing: every figure is None where there is no reasoning to score, or where nothing was there to score it.

    Attributes:
        align_precision, align_recall, align_f1: symmetric sentence matches with the gold reasoning, by the encoder.
        concepts, logic, support: 0 to 10 each, by `judge`; `judged`: their sum over 30.
        claims: statements about criteria that were read; of them `held` in the variant, and `contradicted` by it.
    """

    align_precision: float | None = None
    align_recall: float | None = None
    align_f1: float | None = None
    concepts: float | None = None
    logic: float | None = None
    support: float | None = None
    judged: float | None = None
    claims: int | None = None
    held: int | None = None
    contradicted: int | None = None
    kind: Literal["imaging reasoning"] = "imaging reasoning"


def make_record(case: ImagingCase, reply: ImagingReply, *, agent: str, seed: int, repeat: int = 0) -> ImagingRecord:
    """Return the record of one reply; label and status are the agent's own."""
    answer = parse_imaging(reply.text, truncated=reply.truncated) if reply.text.strip() else None
    tokens = getattr(reply, "tokens", None)  # agents that count them may say so
    return ImagingRecord(
        id=case.id,
        repeat=repeat,
        variant_id=case.question.variant_id,
        condition=case.truth.condition,
        procedure=case.truth.procedure,
        split=case.split,
        agent=agent,
        gold=case.truth.label,
        predicted=reply.label,
        status=str(reply.status),
        shares=reply.shares,
        text="" if case.question.credentialed else reply.text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8"),
        words=len(answer.reasoning.split()) if answer is not None else 0,
        tokens=tokens if isinstance(tokens, int) else None,
        truncated=reply.truncated,
        seed=seed,
    )


def read_imaging_records(path: Path | str) -> list[ImagingRecord]:
    """Return the answers of a file or of the folder that holds it, in order.

    Raises: BadInputError where there is none; DataFormatError with file, line and field, also for a row that stands
        twice.
    """
    return _read(_within(path, RECORDS), ImagingRecord)


def read_scores(path: Path | str) -> dict[tuple[str, int], ReasoningScore]:
    """Return (row id, repeat) -> what the reasoning was worth; nothing where no scores were made."""
    source = _within(path, SCORES)
    return {line.key: line for line in _read(source, ReasoningScore)} if source.exists() else {}


def write_scores(folder: Path, scores: Iterable[ReasoningScore]) -> None:
    """Write the scores of a folder, whole or not at all."""
    write_jsonl(folder / SCORES, (score.model_dump(exclude_none=True) for score in scores))


def answered(folder: Path) -> set[tuple[str, int]]:
    """Return (row id, repeat) of every answer on the disk; half a line at the end is cut off."""
    records = folder / RECORDS
    if not records.exists():
        return set()
    drop_broken_tail(records)
    return {record.key for record in read_imaging_records(records)}


def _within(path: Path | str, name: str) -> Path:
    source = Path(path)
    return source / name if source.is_dir() else source


def _read(source: Path, kind: type[Line]) -> list[Line]:
    found: list[Line] = []
    seen: dict[tuple[str, int], int] = {}
    for number, row in read_jsonl(source, "records"):
        try:
            line = kind.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "line"
            said = f"{first['msg']} (got {str(first.get('input'))[:60]!r})"
            raise DataFormatError(f"{source}:{number}: {field}: {said}") from error
        if line.key in seen:
            raise DataFormatError(f"{source}:{number}: {line.id} repeat {line.repeat} stands on line {seen[line.key]}")
        seen[line.key] = number
        found.append(line)
    return found


__all__ = [
    "RECORDS",
    "SCORES",
    "SUMMARY",
    "ImagingRecord",
    "ReasoningScore",
    "answered",
    "make_record",
    "read_imaging_records",
    "read_scores",
    "write_scores",
]
