"""The part of a recipe that trains on states of the hospital crisis."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from triagelab.hospital.tables import ROLES, Role, scenarios


class CrisisSettings(BaseModel):
    """Training on single steps of an episode: one role's view in, its acts out.

    `data.split`, `data.n` and `data.seed` say which states, `data.template` how they are shown, `reward.preset` which
    verifiers score, `generation.max_new_tokens` how long an answer may be.

    Attributes:
        scenarios: where the states come from. `roles`: whose views.
        shares: how often each role is shown, in the order of `roles`.
        difficulty: lowest and highest. `steps`: length of the episodes. `latest`: last step that is shown.
        behaviours: what was played before the state, as `rewards.crisis.states` names it.
        quiet: share of states in which the playbook does nothing; SFT learns to wait from them, GRPO takes none.
        patients: patients that a prompt shows at most; None takes the template's number.
        pairs: where ranked answers come from (DPO): `sampled` by the start policy, `scripted`, or `both`.
        samples: answers a state that the start policy gives (DPO).
        margin: least difference of the scores of a pair (DPO).
        beta: weight of the start policy (DPO).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    scenarios: tuple[str, ...] = tuple(scenarios())
    roles: tuple[Role, ...] = ROLES
    shares: tuple[float, ...] = (0.34, 0.2, 0.2, 0.08, 0.1, 0.08)
    difficulty: tuple[float, float] = (0.2, 0.9)
    steps: int = Field(default=20, ge=2, le=200)
    latest: int = Field(default=16, ge=0)
    behaviours: tuple[str, ...] = ("book", "idle", "mix")
    quiet: float = Field(default=0.0, ge=0, lt=1)
    patients: int | None = Field(default=None, ge=1, le=60)
    pairs: Literal["sampled", "scripted", "both"] = "both"
    samples: int = Field(default=8, ge=2, le=64)
    margin: float = Field(default=0.1, gt=0)
    beta: float = Field(default=0.1, gt=0)

    @field_validator("scenarios")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or set(names) - set(scenarios()):
            raise ValueError(f"some of {', '.join(scenarios())}")
        return names

    @field_validator("difficulty")
    @classmethod
    def _ordered(cls, pair: tuple[float, float]) -> tuple[float, float]:
        if not 0 <= pair[0] <= pair[1] <= 1:
            raise ValueError("two numbers from 0 to 1, the lower first")
        return pair

    @field_validator("shares")
    @classmethod
    def _positive(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if not shares or not all(0 < share < float("inf") for share in shares):
            raise ValueError("numbers above 0, one a role")
        return shares
