"""One line a case and repeat: what was asked, what was answered, what was right."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from numbers import Integral
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from triagelab.agents.base import Prediction
from triagelab.cases.schema import SCALES, Case
from triagelab.errors import DataFormatError, RunStateError
from triagelab.files import open_input, read_jsonl

Level = Annotated[int, Field(ge=1, le=5, strict=True)]
MAX_TEXT = 200_000
RECORDS = "records.jsonl"


class Record(BaseModel):
    """One answer to one case, with its truth beside it.

    Missing: `predicted` None is "no answer"; `acceptable` None means that the source gives one label only;
    `note` and `completion` are None where the source forbids showing them or there is none.

    Attributes:
        cluster: patient id where one patient has several visits.
        acceptable: levels a careful clinician could defend (truth).
        predicted_acceptable: levels the agent itself could defend.
        repeat: 0, 1, ...: which of the repeated answers to the case this is.
        evidence: spans of the note, as (start, end, label).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    case_id: str
    repeat: Annotated[int, Field(ge=0)] = 0
    dataset: str
    split: str
    cluster: str | None = None
    scale: str
    labelled_by: str | None = None
    level: Level
    acceptable: tuple[Level, ...] | None = None
    agent: str
    predicted: Level | None
    status: str = "clean"
    predicted_acceptable: tuple[Level, ...] | None = None
    probabilities: tuple[float, float, float, float, float] | None = None
    point: str | None = None
    because: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    evidence: tuple[tuple[int, int, str], ...] = ()
    note: str | None = None
    completion: str | None = None
    credentialed: bool = False
    truth_because: tuple[str, ...] = ()
    extra: dict[str, Any] = Field(default_factory=dict)
    kind: Literal["record"] = "record"

    @field_validator("scale")
    @classmethod
    def _known_scale(cls, value: str) -> str:
        if value not in SCALES:
            raise ValueError(f"must be one of {', '.join(SCALES)}")
        return value

    @field_validator("probabilities")
    @classmethod
    def _are_probabilities(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and not (all(0 <= part <= 1 for part in value) and abs(sum(value) - 1) < 0.01):
            raise ValueError("must be five numbers from 0 to 1 that sum to 1")
        return value

    @property
    def key(self) -> tuple[str, int]:
        return self.case_id, self.repeat


def make_record(case: Case, prediction: Prediction, *, agent: str, repeat: int = 0) -> Record:
    """Return the record of one answer; note and completion are left out where the source is credentialed."""
    shown, truth = case.presentation, case.truth
    credentialed = shown.credentialed
    return Record(
        case_id=case.case_id,
        repeat=repeat,
        dataset=case.dataset,
        split=case.split,
        cluster=case.cluster,
        scale=truth.scale,
        labelled_by=truth.labelled_by,
        level=truth.level,
        acceptable=_levels(truth.acceptable),
        agent=agent,
        predicted=_whole(prediction.level),
        status=str(prediction.status),
        predicted_acceptable=_levels(prediction.acceptable),
        probabilities=_floats(prediction.probabilities),
        point=prediction.point,
        because=tuple(prediction.because),
        unknown=tuple(prediction.unknown),
        evidence=tuple((int(start), int(end), _clean(label) or "") for start, end, label in prediction.evidence),
        note=None if credentialed else _clean(shown.narrative),
        completion=None if credentialed else _clean(prediction.completion),
        credentialed=credentialed,
        truth_because=tuple(truth.because),
        extra=json.loads(json.dumps(dict(prediction.extra), default=str)),
    )


def _whole(level: Any) -> Any:
    """Return a whole number of another library as int; anything else, truth values included, is left to the schema."""
    return int(level) if isinstance(level, Integral) and not isinstance(level, bool) else level


def _floats(values: Iterable[Any] | None) -> Any:
    return None if values is None else tuple(float(value) for value in values)


def _levels(value: frozenset[int] | None) -> tuple[int, ...] | None:
    return None if value is None else tuple(sorted(value))


def _clean(text: str | None) -> str | None:
    """Return text that can be written as UTF-8, of bounded length (half a surrogate pair becomes a question mark)."""
    return None if text is None else text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")


def read_records(path: Path | str) -> list[Record]:
    """Return the records of a file or of the evaluation folder that holds it, in order.

    Raises: DataFormatError with file, line and field; a case and repeat that stand twice count as an error.
    """
    source = Path(path)
    source = source / RECORDS if source.is_dir() else source
    records: list[Record] = []
    seen: dict[tuple[str, int], int] = {}
    for number, row in read_jsonl(source, "records"):
        record = _parse(row, f"{source}:{number}")
        if record.key in seen:
            raise DataFormatError(
                f"{source}:{number}: case {record.case_id!r} repeat {record.repeat} stands on line {seen[record.key]}"
            )
        seen[record.key] = number
        records.append(record)
    return records


def _parse(row: dict[str, Any], place: str) -> Record:
    try:
        return Record.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "record"
        raise DataFormatError(f"{place}: {field}: {first['msg']} (got {str(first.get('input'))[:60]!r})") from error


def drop_broken_tail(path: Path) -> bool:
    """Cut a last line that was not written to its end (a killed run); return whether there was one."""
    with open_input(path, "records") as stream:
        data = stream.read()
    whole = data.rfind(b"\n") + 1
    if whole == len(data):
        return False
    with path.open("rb+") as stream:
        stream.truncate(whole)
    return True


class RecordWriter:
    """Appends records; each call reaches the disk before it returns, so a killed run loses at most one batch."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = path.open("ab")
        self._lock(path)

    def _lock(self, path: Path) -> None:
        try:
            import fcntl
        except ImportError:  # no advisory locks on this platform
            return
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._stream.close()
            raise RunStateError(
                f"{path}: another evaluation is writing here; wait for it or choose another folder"
            ) from error

    def write(self, records: Iterable[BaseModel]) -> None:
        self._stream.write(b"".join(record.model_dump_json().encode() + b"\n" for record in records))
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def group_by_case(records: Iterable[Record]) -> Iterator[tuple[str, list[Record]]]:
    """Yield (case id, its records in order of repeat), cases in order of first appearance."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.case_id, []).append(record)
    for case_id, group in groups.items():
        yield case_id, sorted(group, key=lambda record: record.repeat)
