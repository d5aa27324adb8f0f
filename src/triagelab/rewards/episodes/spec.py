"""An episode's reward as data, read from TOML: paid by parts, or by tiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError, field_validator

from triagelab.cases.bedside.actions import PATHWAYS
from triagelab.clinical.costs import CostMatrix, cost_matrix
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml

TIERS = ("easy", "medium", "hard")
LEVELS = (1, 2, 3, 4, 5)
Severity = Literal["Mild", "Moderate", "Emergency"]
SEVERITIES: tuple[str, ...] = ("Mild", "Moderate", "Emergency")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelPay(_Part):
    """`right` less `factor` x cost(truth, answer); `never` for an episode without an answer."""

    right: FiniteFloat
    factor: float = Field(ge=0, allow_inf_nan=False)
    costs: str = "standard"
    never: FiniteFloat

    @field_validator("costs")
    @classmethod
    def _known(cls, name: str) -> str:
        cost_matrix(name)
        return name

    @cached_property
    def matrix(self) -> CostMatrix:
        return cost_matrix(self.costs)

    def pay(self, truth: int, answer: int | None) -> float:
        """Return what an answer pays. Missing: `answer` None is no answer."""
        return self.never if answer is None else self.right - self.factor * self.matrix.cost(truth, answer)

    def table(self) -> list[list[float]]:
        """Return the outcome table. Shapes: rows truth 1-5, columns answer 1-5 and none."""
        return [[self.pay(truth, answer) for answer in (*LEVELS, None)] for truth in LEVELS]


class ExtrasPay(_Part):
    pathway: float = Field(ge=0, allow_inf_nan=False)
    pattern: float = Field(ge=0, allow_inf_nan=False)


class TimePay(_Part):
    minute: float = Field(le=0, allow_inf_nan=False)


class DelayPay(_Part):
    """`minute` for each minute beyond minute `after` that a patient of this level spends untreated."""

    level: Literal[1, 2, 3, 4, 5]
    after: float = Field(ge=0, allow_inf_nan=False)
    minute: float = Field(le=0, allow_inf_nan=False)


class TreatmentPay(_Part):
    right: float = Field(ge=0, allow_inf_nan=False)
    wrong: float = Field(le=0, allow_inf_nan=False)


class PartsReward(_Part):
    """Paid by parts: level, pathway, pattern, time, delay, treatment."""

    kind: Literal["parts"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title: str
    source: str = ""
    level: LevelPay
    extras: ExtrasPay
    time: TimePay
    delay: tuple[DelayPay, ...] = ()
    treatment: TreatmentPay

    @property
    def components(self) -> tuple[str, ...]:
        return ("time", "level", "pathway", "pattern", "delay", "treatment")

    def delayed(self, untreated: Iterable[tuple[int, float, float]]) -> float:
        """Return what untreated minutes cost; stretches as (level, from, to)."""
        return sum(
            (
                item.minute * max(0.0, to - max(start, item.after))
                for level, start, to in untreated
                for item in self.delay
                if item.level == level
            ),
            0.0,
        )

    def bounds(self, steps: int, longest: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the ranges of one reward and of an episode's return.

        Args:
            steps: most actions of an episode; `longest`: most minutes of one action.
        """
        best = max(max(row[:5]) for row in self.level.table()) + self.extras.pathway + self.extras.pattern
        high = max(0.0, best + self.treatment.right)
        worst = min(min(row) for row in self.level.table())
        late = min((item.minute for item in self.delay), default=0.0) * steps * longest
        low = worst + steps * self.treatment.wrong + late + self.time.minute * longest
        return (min(low, 0.0), high), (min(low, 0.0) + self.time.minute * longest * (steps - 1), high)


class TiersReward(_Part):
    """Paid at the end alone, by tiers of severity and difficulty."""

    kind: Literal["tiers"]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title: str
    source: str = ""
    service: float = Field(ge=0, lt=1)
    pattern: float = Field(ge=0, lt=1)
    one_step: float = Field(ge=0, lt=1)
    wrong: float = Field(gt=0, lt=1)
    severity: dict[str, float]
    near: dict[str, float]
    tier_of_level: dict[int, Severity]
    service_of_pathway: dict[str, str]

    @field_validator("tier_of_level", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        return {int(level): tier for level, tier in value.items()} if isinstance(value, Mapping) else value

    @field_validator("tier_of_level")
    @classmethod
    def _all_levels(cls, value: dict[int, Severity]) -> dict[int, Severity]:
        if set(value) != set(LEVELS):
            raise ValueError("needs levels 1 to 5")
        return value

    @field_validator("severity", "near")
    @classmethod
    def _all_tiers(cls, value: dict[str, float]) -> dict[str, float]:
        if set(value) != set(TIERS) or not all(0 < pay < 1 for pay in value.values()):
            raise ValueError("needs easy, medium and hard, each strictly between 0 and 1")
        return value

    @field_validator("service_of_pathway")
    @classmethod
    def _all_pathways(cls, value: dict[str, str]) -> dict[str, str]:
        if set(value) != set(PATHWAYS):
            raise ValueError(f"needs exactly {', '.join(PATHWAYS)}")
        return value

    @property
    def components(self) -> tuple[str, ...]:
        return ("severity", "service", "pattern", "one_step")

    def bounds(self, steps: int, longest: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the ranges of one reward and of an episode's return; steps before the last pay nothing."""
        del steps, longest
        high = max(self.severity.values()) + self.service + self.pattern + self.one_step
        return (0.0, high), (self.wrong, high)


EpisodeReward = PartsReward | TiersReward
_READER: TypeAdapter[EpisodeReward] = TypeAdapter(Annotated[EpisodeReward, Field(discriminator="kind")])


def build_reward(raw: Mapping[str, Any], where: str) -> EpisodeReward:
    """Return the reward that the mapping describes. Raises: DataFormatError naming `where` and the entry."""
    try:
        return _READER.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("parts", "tiers")) or "file"
        raise DataFormatError(f"{where}: {place}: {first['msg']}") from error


def episode_reward_names() -> tuple[str, ...]:
    """Return the names of the shipped rewards."""
    folder = resources.files("triagelab.rewards.episodes") / "presets"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


def load_episode_reward(name_or_path: str | Path) -> EpisodeReward:
    """Return a shipped reward by name, or the reward in a TOML file.

    Raises: UnknownNameError with the nearest name, BadInputError for a file that is not there, DataFormatError for a
    file that is not a reward.
    """
    text = str(name_or_path)
    if text in episode_reward_names():
        return _shipped(text)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text:
        return build_reward(read_toml(text, "reward file"), text)
    raise UnknownNameError("reward", text, episode_reward_names())


@cache
def _shipped(name: str) -> EpisodeReward:
    path = str(resources.files("triagelab.rewards.episodes") / "presets" / f"{name}.toml")
    return build_reward(read_toml(path, "reward"), path)
