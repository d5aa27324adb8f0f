"""One episode of one policy in a crisis: what came of it, in plain numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.errors import DataFormatError
from triagelab.files import read_jsonl

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
PARTS: tuple[str, ...] = ("survival", "reward", "role_correct", "detection")
"""Parts of the composite."""
WEIGHTS: dict[str, float] = {"survival": 40.0, "reward": 30.0, "role_correct": 20.0, "detection": 10.0}
"""Points of each part; they sum to 100."""
WORST_REWARD, BEST_REWARD = -10.0, 1.0
"""Raw reward when everybody dies, and when nobody does, every incident is caught and nothing is wrong."""


class CrisisRecord(BaseModel):
    """One episode of one policy.

    Units: minutes; `icu_use` a share of the beds for simulated patients, mean over steps.
    Missing: an entry of `treated_after` None was never treated; a role of `role_share` None owed nothing.

    Attributes:
        dead: ids, in order; `patients`: all who arrived or lay there.
        treated_after: minutes from arrival to the first right treatment, one entry a severe patient who arrived.
        injected, caught, false_flags: incidents whose patient lived to see them end, those caught, flags on nothing.
        reward: sum of `step_pay` over the episode, `reward_parts` by component.
        wrong, blocked, refused: acts that were wrong, that a safety rule blocked, that were no acts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    scenario: str
    difficulty: float
    seed: Count
    steps: Count
    policy: str
    patients: Count
    dead: tuple[str, ...]
    treated_after: tuple[float | None, ...]
    icu_use: float
    injected: Count
    caught: Count
    false_flags: Count
    reward: float
    reward_parts: dict[str, float]
    role_share: dict[str, Share | None]
    acts: Count
    wrong: Count
    blocked: Count
    refused: Count
    kind: Literal["crisis episode"] = "crisis episode"

    @property
    def key(self) -> tuple[str, int, str]:
        return self.scenario, self.seed, self.policy

    @property
    def deaths(self) -> int:
        return len(self.dead)

    @property
    def survival(self) -> float:
        """Return the share of all who arrived or lay there that is alive."""
        return 1.0 - self.deaths / self.patients if self.patients else 1.0

    @property
    def reward_of_ten(self) -> float:
        """Return the reward on 0 to 10: see `WORST_REWARD`, `BEST_REWARD`; not clipped, spam falls below 0."""
        return 10.0 * (self.reward - WORST_REWARD) / (BEST_REWARD - WORST_REWARD)

    @property
    def role_correct(self) -> float:
        """Return the mean share of duties done rightly over the roles that owed something; 0 where none did."""
        shares = [share for share in self.role_share.values() if share is not None]
        return sum(shares) / len(shares) if shares else 0.0

    @property
    def precision(self) -> float | None:
        flagged = self.caught + self.false_flags
        return self.caught / flagged if flagged else None

    @property
    def recall(self) -> float | None:
        return self.caught / self.injected if self.injected else None

    @property
    def detection(self) -> float:
        """Return F1 of the incidents caught; 0 where none was, also where none happened."""
        return 2 * self.caught / (self.caught + self.false_flags + self.injected) if self.caught else 0.0

    @property
    def parts(self) -> dict[str, float]:
        """Return the raw parts of the composite, each 0 to 1 (the reward may fall below)."""
        return {
            "survival": self.survival,
            "reward": self.reward_of_ten / 10.0,
            "role_correct": self.role_correct,
            "detection": self.detection,
        }

    @property
    def composite(self) -> float:
        """Return the raw composite of this episode, at most 100: what the oracle is searched by."""
        return sum(WEIGHTS[name] * value for name, value in self.parts.items())


def read_crisis_records(source: Path | str) -> list[CrisisRecord]:
    """Return the records of a file, in order.

    Raises: DataFormatError with file, line and field; an episode that stands twice is an error.
    """
    records: list[CrisisRecord] = []
    seen: dict[tuple[str, int, str], int] = {}
    for number, raw in read_jsonl(source, "records"):
        try:
            record = CrisisRecord.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "record"
            raise DataFormatError(f"{source}:{number}: {field}: {first['msg']}") from error
        if record.key in seen:
            raise DataFormatError(f"{source}:{number}: {' '.join(map(str, record.key))} is on line {seen[record.key]}")
        seen[record.key] = number
        records.append(record)
    return records


__all__ = ["BEST_REWARD", "PARTS", "WEIGHTS", "WORST_REWARD", "CrisisRecord", "read_crisis_records"]
