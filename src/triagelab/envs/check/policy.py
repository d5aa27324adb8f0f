"""The policy file: what a checker must know of an environment to play it, and what its author declares about scores."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from triagelab.errors import DataFormatError
from triagelab.files import read_toml

_STRICT = ConfigDict(extra="forbid", frozen=True)
Json = dict[str, Any]


class Actions(BaseModel):
    """Actions as a list, and as grids: every list in a grid stands for its members, and all combinations are meant."""

    model_config = _STRICT
    each: tuple[Json, ...] = ()
    grids: tuple[Json, ...] = ()

    def groups(self) -> list[list[Json]]:
        """Return one list for the single actions and one for each grid; none is empty."""
        found = [list(self.each)] if self.each else []
        for grid in self.grids:
            columns = [value if isinstance(value, list) else [value] for value in grid.values()]
            found.append([dict(zip(grid, values, strict=True)) for values in product(*columns)])
        return [group for group in found if group]

    def all(self) -> list[Json]:
        return [action for group in self.groups() for action in group]


class Player(BaseModel):
    """A policy that never looks: its actions one after the other, then from the start again, until the episode ends."""

    model_config = _STRICT
    actions: tuple[Json, ...] = Field(min_length=1)


class Ceilings(BaseModel):
    """What players that do not look may earn at most, as a share of the way from nothing to the oracle.

    Attributes:
        canary: useless and empty actions.
        constant: every player of `constants`.
        slack: how far other degenerate players may be above the best constant.
        by_name: other ceilings for single players.
    """

    model_config = _STRICT
    canary: float = Field(default=0.25, ge=0, le=1)
    constant: float = Field(default=0.85, ge=0, le=1)
    slack: float = Field(default=0.05, ge=0, le=1)
    by_name: dict[str, float] = Field(default_factory=dict)


class Suite(BaseModel):
    """One way to reset, with the scores that hold there.

    Attributes:
        options: what goes into every reset.
        seeded: resets take a `seed`.
        tasks: reset options of single tasks, one table each, in place of seeds.
        tiers: tier -> places in `tasks`, the easiest tier first.
        task_list: split of the server's task list, in the order of `tasks`.
        return_range: lowest and highest sum of rewards; None takes the policy's.
        oracle_least: the oracle earns at least this on every case; None is the top of `return_range`.
        share: of the budget's cases, below 1 where episodes are long.
    """

    model_config = _STRICT
    name: str
    options: Json = Field(default_factory=dict)
    seeded: bool = True
    tasks: tuple[Json, ...] = ()
    tiers: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    task_list: str | None = None
    reward_range: tuple[float, float] | None = None
    return_range: tuple[float, float] | None = None
    oracle_least: float | None = None
    floor_margin: float | None = None
    share: float = Field(default=1.0, gt=0, le=1)
    ceilings: Ceilings | None = None

    @model_validator(mode="after")
    def _places(self) -> Suite:
        for tier, places in self.tiers.items():
            if bad := [place for place in places if not 0 <= place < len(self.tasks)]:
                raise ValueError(f"tiers.{tier}: no task at place {bad[0]}; there are {len(self.tasks)}")
        return self


class Oracle(BaseModel):
    """What an oracle does, where the environment is not ours.

    Attributes:
        by_case: case (a seed, or the place of a task) -> its actions.
        path: dotted path into an observation or state that holds the right action; for test servers only.
    """

    model_config = _STRICT
    by_case: dict[str, tuple[Json, ...]] = Field(default_factory=dict)
    path: str | None = None


class Limits(BaseModel):
    """What one session may use. Units: seconds, bytes."""

    model_config = _STRICT
    step_seconds: float = Field(default=0.25, gt=0)
    bytes_per_episode: int = Field(default=4096, gt=0)


class CheckPolicy(BaseModel):
    """Everything `triagelab validate` needs to know of an environment.

    Attributes:
        reward_range, return_range: of one step, and of the sum over an episode.
        max_steps: an episode never takes more actions.
        actions: legal actions; random play draws a group, then an action of it.
        probes: harmless legal actions that do not end an episode.
        nothing: what a player does that does nothing.
        constants, canaries, degenerate: players that do not look: fixed answers, useless ones, and any other.
        seeds: cases are drawn from these seeds; empty draws them from the whole range.
        truth: dotted paths into the last observation that hold the truth.
        text_field: field of an action that takes free text.
        text_answers: `esi`, where that text is read as the completions of the reward lab are.
        components: path of the named parts of the reward in an observation.
        seed_is_public: the seed may be seen in observations or states.
        public_names: fields whose names look as if they told the truth and do not, such as the `label` of a bag.
        reference: player whose scores should fall from tier to tier: `oracle`, `random` or a declared one.
    """

    model_config = _STRICT
    title: str = ""
    reward_range: tuple[float, float] | None = None
    return_range: tuple[float, float] | None = None
    max_steps: int | None = Field(default=None, ge=1)
    oracle_tolerance: float = Field(default=1e-6, ge=0, le=0.1)
    floor_margin: float = Field(default=0.1, ge=0.1, le=1)
    suites: tuple[Suite, ...] = (Suite(name="default"),)
    actions: Actions
    probes: tuple[Json, ...] = ()
    nothing: Player | None = None
    constants: dict[str, Player] = Field(default_factory=dict)
    canaries: dict[str, Player] = Field(default_factory=dict)
    degenerate: dict[str, Player] = Field(default_factory=dict)
    ceilings: Ceilings = Ceilings()
    oracle: Oracle = Oracle()
    truth: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    text_field: str | None = None
    text_answers: Literal["esi"] | None = None
    components: str = "components"
    seed_is_public: bool = False
    public_names: tuple[str, ...] = ()
    reference: str = "oracle"
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _playable(self) -> CheckPolicy:
        if not self.actions.groups():
            raise ValueError("actions: at least one legal action is needed")
        if self.text_answers and not self.text_field:
            raise ValueError("text_answers: needs text_field")
        return self


def read_policy(path: Path | str) -> CheckPolicy:
    """Return the policy of a file.

    Raises: BadInputError for the path; DataFormatError naming file, key and, for an unknown key, the nearest known one.
    """
    return policy_of(read_toml(path, "--policy"), str(path))


def policy_of(raw: Mapping[str, Any], where: str) -> CheckPolicy:
    """Return the policy of parsed TOML. Raises: DataFormatError."""
    try:
        return CheckPolicy.model_validate(dict(raw))
    except ValidationError as error:
        raise DataFormatError(f"{where}: {_first_problem(error)}") from error


def shipped_policy(env_id: str) -> CheckPolicy | None:
    """Return the policy of one of our environments, None where there is none."""
    source = resources.files("triagelab.envs.check") / "data" / f"{env_id}.toml"
    return read_policy(Path(str(source))) if source.is_file() else None


def _first_problem(error: ValidationError) -> str:
    first = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    place = ".".join(str(part) for part in first["loc"]) or "file"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), _KNOWN, n=1, cutoff=0.4)
        return f"{place}: unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    return f"{place}: {' '.join(str(first['msg']).removeprefix('Value error, ').split())}"


_MODELS = (CheckPolicy, Actions, Player, Ceilings, Suite, Oracle, Limits)
_KNOWN = sorted({name for model in _MODELS for name in model.model_fields})
