"""The replay file of one crisis episode: a header line, one line a step, one last line; read with limits.

A replay holds what the roles sent and what became of it, so that `crisis_replay_check` can play it again from the seed
and compare every state. It is written whole or not at all. What a model wrote is data here: text of bounded length.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.errors import DataFormatError
from triagelab.files import atomic_writer, read_jsonl
from triagelab.hospital.plan import STEP_MIN
from triagelab.version import VERSION

FORMAT, FORMAT_VERSION = "triagelab-crisis-replay", 1
MAX_STEPS, MAX_PATIENTS, MAX_ENTRIES = 200, 1000, 1000
"""Limits of what is read: steps of an episode, patients, and entries of a list in one step."""
TEXT, SAID = 400, 4000
"""Characters of the longest short text, and of what a role said in one step."""
VITALS: tuple[str, ...] = ("heart_rate_bpm", "resp_rate_bpm", "spo2_pct", "sbp_mmhg", "temp_c", "gcs")
"""Vital signs in the order of `PatientNow`."""

Text = Annotated[str, Field(max_length=TEXT)]
Name = Annotated[str, Field(max_length=80)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Kind = TypeVar("Kind", bound=BaseModel)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NeedNow(NamedTuple):
    """A need that has begun: severity 0 to 1, and whether it is being met. Truth: staff may not know of it."""

    kind: Name
    severity: Number
    met: bool


class PatientNow(NamedTuple):
    """One patient after a step. Units as in `VITALS`; `severity`, the worst need, is seen by nobody in the hospital."""

    area: Name
    tag: Name | None
    alive: bool
    ventilator: bool
    vitals: tuple[Number, Number, Number, Number, Number, Number]
    severity: Number
    needs: Annotated[tuple[NeedNow, ...], Field(max_length=40)] = ()


class Snapshot(_Row):
    """The hospital at one moment.

    Attributes:
        digest: hash of the whole state of the simulator, also of what is not shown here.
        beds: area -> (patients of the episode there, free beds). `queue`: patients who wait for a doctor.
        staff: role -> (on duty, mean hours on duty); `long_shifts`: people on duty for over 12 hours.
        systems: system -> up, down, repairing or paper. `cover`: nurses there are over nurses needed, at most 1.
    """

    minute: Number
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    patients: Annotated[dict[Name, PatientNow], Field(max_length=MAX_PATIENTS)]
    beds: Annotated[dict[Name, tuple[Count, int]], Field(max_length=40)]
    queue: Count
    theatre_queue: Count
    deaths: Count
    ventilators: int
    blood: Annotated[dict[Name, int], Field(max_length=40)]
    stock: Annotated[dict[Name, int], Field(max_length=200)]
    staff: Annotated[dict[Name, tuple[Count, Number]], Field(max_length=40)]
    long_shifts: Count
    cover: Annotated[dict[Name, Number], Field(max_length=40)]
    systems: Annotated[dict[Name, Name], Field(max_length=40)]
    protocols: Annotated[tuple[Name, ...], Field(max_length=40)]
    caught: Count
    lapsed: Count
    open: Count
    false_flags: Count


class PatientCard(_Row):
    """What does not change about a patient. `severity` and `archetype` are truth."""

    id: Name
    text: Text
    age_years: Number
    sex: Name
    arrival_min: Number
    severity: Name
    archetype: Name


class Header(_Row):
    """The first line: what has to be known to play the episode again, and the hospital before the first step."""

    line: Literal["header"] = "header"
    format: Literal["triagelab-crisis-replay"] = FORMAT
    version: Literal[1] = FORMAT_VERSION
    triagelab: Name = VERSION
    scenario: Name
    difficulty: Annotated[float, Field(ge=0, le=1)]
    seed: Count
    steps: Annotated[int, Field(ge=4, le=MAX_STEPS)]
    policy: Text
    roles: dict[Name, Text] = Field(default_factory=dict, max_length=12)
    text: Text
    patients: Annotated[tuple[PatientCard, ...], Field(max_length=MAX_PATIENTS)]
    state: Snapshot


class ActResult(_Row):
    """What became of one act; `act` None is something that could not be read, shown in `reason`."""

    role: Name
    act: Annotated[dict[Name, Any], Field(max_length=12)] | None
    status: Name
    reason: Text
    right: bool | None


class Step(_Row):
    """One decision step: what the roles sent, what became of it, what happened, and the hospital after it.

    Attributes:
        said: role -> what it wrote. `unread`: role -> why that was no answer, where it was none.
    """

    line: Literal["step"] = "step"
    step: Count
    acts: Annotated[dict[Name, Any], Field(max_length=MAX_ENTRIES)]
    said: dict[Name, Annotated[str, Field(max_length=SAID)]] = Field(default_factory=dict, max_length=12)
    unread: dict[Name, Text] = Field(default_factory=dict, max_length=12)
    results: Annotated[tuple[ActResult, ...], Field(max_length=MAX_ENTRIES)]
    happened: Annotated[tuple[tuple[Number, Text], ...], Field(max_length=MAX_ENTRIES)]
    deaths: Annotated[tuple[Name, ...], Field(max_length=MAX_PATIENTS)]
    hazard: Number
    pay: Annotated[dict[Name, Number], Field(max_length=12)]
    state: Snapshot


class End(_Row):
    """The last line: the outcome, and who dies of the same patients at which minute when nobody acts."""

    line: Literal["end"] = "end"
    patients: Count
    deaths: Count
    survival: Annotated[float, Field(ge=0, le=1)]
    incidents: Count
    caught: Count
    false_flags: Count
    reward: Number
    shares: Annotated[dict[Name, Number | None], Field(max_length=12)]
    nothing: Annotated[dict[Name, Number], Field(max_length=MAX_PATIENTS)]


class Replay(NamedTuple):
    """One recorded episode."""

    header: Header
    steps: tuple[Step, ...]
    end: End

    def states(self) -> tuple[Snapshot, ...]:
        """Return the hospital before the first step and after each. Shape: steps + 1."""
        return (self.header.state, *(step.state for step in self.steps))

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of the file as plain JSON values."""
        for part in (self.header, *self.steps, self.end):
            yield part.model_dump(mode="json")


def nothing_deaths(end: End, minute: float) -> int:
    """Return how many are dead by a minute when nobody acts."""
    return sum(1 for died in end.nothing.values() if died <= minute)


def write_replay(path: Path | str, replay: Replay) -> Path:
    """Write a replay whole or not at all, and return its path. Raises: BadInputError for a place that cannot be."""
    with atomic_writer(path) as stream:
        for line in replay.lines():
            stream.write(json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
    return Path(path)


def read_replay(path: Path | str) -> Replay:
    """Return the replay of a file.

    Raises: BadInputError where there is no such file; DataFormatError naming line and field for one that is no replay,
        is cut off, or is larger than the limits.
    """
    lines = read_jsonl(path, "replay")
    number, row = next(lines, (1, {}))
    if row.get("format") != FORMAT:
        raise DataFormatError(f"{path}:{number}: format: expected {FORMAT!r}; this is no replay of a crisis episode")
    if row.get("version") != FORMAT_VERSION:
        raise DataFormatError(f"{path}:{number}: version: expected {FORMAT_VERSION}, this reader knows no other")
    header = _checked(Header, path, number, row)
    steps: list[Step] = []
    for number, row in lines:
        if row.get("line") == "end":
            end = _checked(End, path, number, row)
            if len(steps) != header.steps:
                raise DataFormatError(f"{path}:{number}: the header says {header.steps} steps, here are {len(steps)}")
            if (extra := next(lines, None)) is not None:
                raise DataFormatError(f"{path}:{extra[0]}: nothing may follow the line 'end'")
            return Replay(header, tuple(steps), end)
        if len(steps) >= header.steps:
            raise DataFormatError(f"{path}:{number}: line: expected 'end' after {header.steps} steps")
        steps.append(_step(path, number, row, len(steps), header))
    raise DataFormatError(f"{path}:{number}: cut off after {len(steps)} of {header.steps} steps: no line 'end'")


def _step(path: Path | str, number: int, row: dict[str, Any], place: int, header: Header) -> Step:
    step = _checked(Step, path, number, row)
    if step.step != place:
        raise DataFormatError(f"{path}:{number}: step: expected {place}, got {step.step}")
    if step.state.minute != (place + 1) * STEP_MIN:
        raise DataFormatError(f"{path}:{number}: state.minute: expected {(place + 1) * STEP_MIN}")
    known = {card.id for card in header.patients}
    if unknown := [name for name in step.state.patients if name not in known]:
        raise DataFormatError(f"{path}:{number}: state.patients: {unknown[0]!r} is not in the header")
    return step


def _checked(kind: type[Kind], path: Path | str, number: int, row: dict[str, Any]) -> Kind:
    try:
        return kind.model_validate(row)
    except (ValidationError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise DataFormatError(f"{path}:{number}: nested too deep") from error
        problem = error.errors()[0]
        place = ".".join(str(part)[:40] for part in problem["loc"])
        raise DataFormatError(f"{path}:{number}: {place or 'line'}: {problem['msg']}") from error


__all__ = [
    "VITALS",
    "ActResult",
    "End",
    "Header",
    "PatientNow",
    "Replay",
    "Snapshot",
    "Step",
    "nothing_deaths",
    "read_replay",
    "write_replay",
]
