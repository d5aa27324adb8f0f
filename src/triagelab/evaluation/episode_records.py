"""One line an episode: what was done, what it earned, what was true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.errors import DataFormatError
from triagelab.files import read_jsonl

EPISODES = "episodes.jsonl"
QUESTIONS = frozenset(("ask", "measure", "examine", "test", "more_info"))
"""Kinds of action that count as a question."""
Level = Annotated[int, Field(ge=1, le=5, strict=True)]


class EpisodeRow(BaseModel):
    """One episode of one agent, with its truth beside it.

    Units: minutes; rewards as the preset defines them.
    Missing: `answer`, `answer_pathway` and `answer_pattern` None mean that nothing was committed.

    Attributes:
        actions: labels, in order.
        rewards: one number a step; `components`: sums over the episode by name; `total`: their sum.
        raised: levels by which the safety layer raised the answer; 0 where there is none.
        invalid: answers of the agent that were no action; each took one step all the same.
        floor, ceiling: what the best constant and the oracle earned in this episode's case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    env: str
    split: str
    seed: Annotated[int, Field(ge=0)]
    task: str | None = None
    tier: str | None = None
    agent: str
    actions: tuple[str, ...]
    rewards: tuple[float, ...]
    components: dict[str, float]
    total: float
    level: Level
    acceptable: tuple[Level, ...] = ()
    pathway: str
    pattern: str
    answer: Level | None
    answer_pathway: str | None
    answer_pattern: str | None
    minutes: float
    questions: int
    minimised: tuple[str, ...] = ()
    course: str | None = None
    raised: int = 0
    invalid: int = 0
    floor: float
    ceiling: float
    kind: Literal["episode"] = "episode"

    @property
    def key(self) -> int:
        return self.seed


def make_row(
    dialogue: Dialogue,
    *,
    env: str,
    split: str,
    seed: int,
    agent: str,
    bounds: tuple[float, float],
    task: Mapping[str, Any] | None = None,
    invalid: int = 0,
    raised: int = 0,
) -> EpisodeRow:
    """Return the row of an episode that has ended.

    Args:
        bounds: what the best constant and the oracle earned.
        task: id and tier, in a split of named tasks.

    Raises: DataFormatError for an environment whose debrief lacks the truth.
    """
    truth, last = dialogue.last.debrief or {}, _commit(dialogue)
    components: dict[str, float] = {}
    for _, seen in dialogue.turns:
        for name, value in seen.components.items():
            components[name] = components.get(name, 0.0) + value
    rewards = tuple(float(seen.reward or 0.0) for _, seen in dialogue.turns)
    try:
        return EpisodeRow(
            env=env,
            split=split,
            seed=seed,
            task=(task or {}).get("id"),
            tier=(task or {}).get("tier"),
            agent=agent,
            actions=tuple(action.label() for action, _ in dialogue.turns),
            rewards=rewards,
            components=components,
            total=sum(rewards),
            level=truth["level"],
            acceptable=tuple(sorted(truth.get("acceptable") or ())),
            pathway=truth["pathway"],
            pattern=truth["pattern"],
            answer=last.level if last else None,
            answer_pathway=last.pathway if last else None,
            answer_pattern=last.pattern if last else None,
            minutes=float(dialogue.last.minute),
            questions=sum(action.kind in QUESTIONS for action, _ in dialogue.turns),
            minimised=_names(truth.get("minimised")),
            course=_name(truth.get("course")),
            raised=raised,
            invalid=invalid,
            floor=bounds[0],
            ceiling=bounds[1],
        )
    except (KeyError, ValidationError) as error:
        raise DataFormatError(f"{env}: the debrief of seed {seed} has no {error}") from error


def _commit(dialogue: Dialogue) -> BedsideAction | None:
    last = dialogue.turns[-1][0] if dialogue.turns else None
    return last if last is not None and last.kind == "commit" else None


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(sorted(map(str, value)))
    return tuple(sorted(map(str, value))) if isinstance(value, Sequence | set | frozenset) else ()


def _name(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("text")
    return None if value is None else str(value)


def read_rows(place: Path | str) -> list[EpisodeRow]:
    """Return the rows of a file or of the folder that holds it, in order.

    Raises: DataFormatError with file, line and field; a seed that stands twice is an error.
    """
    source = Path(place)
    source = source / EPISODES if source.is_dir() else source
    rows: list[EpisodeRow] = []
    seen: dict[int, int] = {}
    for number, raw in read_jsonl(source, "episodes"):
        try:
            row = EpisodeRow.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "episode"
            raise DataFormatError(f"{source}:{number}: {field}: {first['msg']}") from error
        if row.key in seen:
            raise DataFormatError(f"{source}:{number}: seed {row.seed} stands on line {seen[row.key]}")
        seen[row.key] = number
        rows.append(row)
    return rows
