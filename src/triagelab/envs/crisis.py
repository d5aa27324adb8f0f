"""crisis-v1: six roles run one hospital through a disaster; a session plays one of them, or all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from triagelab.envs.base import SEEDS, Task
from triagelab.envs.crisis_actions import CrisisAction, read_action
from triagelab.envs.crisis_episode import ALL, CrisisEpisode, CrisisObservation
from triagelab.envs.crisis_pay import COMPONENTS, PAYS, return_range, reward_range
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.hospital.hospital import Hospital
from triagelab.hospital.plan import STEPS, Plan, build_plan
from triagelab.hospital.tables import ROLES, scenarios
from triagelab.seeding import derive_seed, stream

GENERATED = ("train", "dev", "test")
TASKS = "tasks"
TIERS: Mapping[str, float] = {"easy": 0.0, "medium": 0.5, "hard": 1.0}
"""Tier of a named task -> difficulty."""
TASK_SERIES = 6
"""Which draw of the named tasks is used. In each of ten draws the reference earned less from tier to tier; this one has
even steps between them, so that a small change of the hospital does not turn them round."""
SEED_BITS = 48
"""Bits of a hospital's seed: no two splits share one, and none is a small number that somebody tuned on."""


@dataclass(frozen=True, slots=True)
class CrisisCase:
    """One disaster: which, how hard, and the seed of its hospital."""

    scenario: str
    difficulty: float
    seed: int


class CrisisKind:
    """The kind of crisis-v1.

    Args:
        role: what a session plays where its reset does not say: `all`, or one of the six roles.
        steps: decision steps of 15 minutes.
        pay: `steps` pays what can be seen when it happens, `end` everything with the last step; see `crisis_pay`.

    Raises: UnknownNameError or BadInputError for an option.
    """

    env_id = "crisis-v1"
    title = "Hospital crisis"
    description = (
        "Run a hospital through a disaster, in steps of 15 minutes: as one of six roles, with the playbook in the "
        "others, or as all six. Each role sees its own part and sends a list of acts."
    )
    action_type = CrisisAction
    observation_type = CrisisObservation
    splits: tuple[str, ...] = (*GENERATED, TASKS)
    component_names = COMPONENTS

    def __init__(self, role: str = ALL, steps: int = 20, pay: str = "steps") -> None:
        values = (ALL, *ROLES)
        if role not in values:
            raise UnknownNameError("role", role, values)
        if isinstance(steps, bool) or steps not in STEPS:
            raise BadInputError("steps", steps, " or ".join(map(str, STEPS)))
        if pay not in PAYS:
            raise UnknownNameError("pay", pay, PAYS)
        self.role, self.max_steps, self.pay = role, steps, pay
        self.reset_options = {"role": (role, *(name for name in values if name != role))}
        self.reward_range, self.return_range = reward_range(pay), return_range()

    def begin(self, split: str, seed: int, role: str | None = None) -> CrisisEpisode:
        """Return a new episode: the case of (split, seed), played by `role`."""
        chosen = role or self.role
        plan = _plan(split, seed, self.max_steps)
        return CrisisEpisode(Hospital(plan), tuple(ROLES) if chosen == ALL else (chosen,), self.pay)

    def read_action(self, raw: Mapping[str, Any]) -> CrisisAction:
        """Return the typed action. Raises: BadInputError."""
        return read_action(raw)

    def task_count(self, split: str) -> int:
        """Return how many cases a split has."""
        return len(named_tasks()) if split == TASKS else SEEDS

    def task(self, split: str, index: int) -> Task:
        """Return the case at one place."""
        if split != TASKS:
            return Task(id=f"{split}-{index}", split=split, index=index)
        name, tier, _ = named_tasks()[index]
        return Task(id=name, split=split, index=index, tier=tier)


@lru_cache(maxsize=1)
def named_tasks() -> tuple[tuple[str, str, CrisisCase], ...]:
    """Return (id, tier, case) of the named tasks: every scenario at three difficulties, the easy ones first.

    The tiers of a scenario have one seed: a harder task is the same disaster, only more of it.
    """
    return tuple(
        (
            f"{scenario.replace('_', '-')}-{tier}",
            tier,
            CrisisCase(scenario, difficulty, derive_seed("envs.crisis.task", TASK_SERIES, scenario, bits=SEED_BITS)),
        )
        for tier, difficulty in TIERS.items()
        for scenario in scenarios()
    )


def case_of(split: str, seed: int) -> CrisisCase:
    """Return the case of a seed: scenario and difficulty are drawn, both evenly."""
    if split == TASKS:
        return named_tasks()[seed][2]
    rng = stream("envs.crisis.case", seed, split)
    names = tuple(scenarios())
    scenario = names[int(rng.integers(len(names)))]
    return CrisisCase(
        scenario, round(float(rng.uniform()), 2), derive_seed("envs.crisis.hospital", seed, split, bits=SEED_BITS)
    )


def _plan(split: str, seed: int, steps: int) -> Plan:
    case = case_of(split, seed)
    return build_plan(case.scenario, case.difficulty, case.seed, steps)


__all__ = ["TASKS", "TIERS", "CrisisCase", "CrisisKind", "case_of", "named_tasks"]
