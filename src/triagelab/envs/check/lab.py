"""The bench of one check run: cases, sessions, budgets, and episodes that several checks share."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from triagelab.envs.base import SEEDS
from triagelab.envs.check.players import Act, Case, Lazy, Path, lazy_players, play
from triagelab.envs.check.policy import Ceilings, CheckPolicy, Suite
from triagelab.envs.check.target import Json, Session, Target
from triagelab.seeding import derive_seed


class Skip(Exception):
    """A check cannot be made; the text says what is missing."""


class Failed(Exception):
    """A check failed; the text says why in one line."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much is tried.

    Attributes:
        cases: of each suite, for scores.
        runtime: of each suite, for determinism, isolation and the like.
        leak: of each suite, for leakage.
        episodes: for memory.
        threads: sessions at the same time.
        attacked: cases on which text attacks are tried.
    """

    cases: int
    runtime: int
    leak: int
    episodes: int
    threads: int
    attacked: int


QUICK = Budget(cases=10, runtime=3, leak=40, episodes=40, threads=4, attacked=2)
FULL = Budget(cases=60, runtime=12, leak=120, episodes=400, threads=8, attacked=10)
LEVELS = {"quick": QUICK, "full": FULL}
LONGEST = 200
"""Actions after which an episode without a declared end is taken for endless."""


@dataclass
class Lab:
    """Everything that checks share.

    Attributes:
        outcome: check -> status, of the checks that ran before.
    """

    target: Target
    policy: CheckPolicy
    budget: Budget
    outcome: dict[str, str] = field(default_factory=dict)
    _played: dict[tuple[str, str], Path] = field(default_factory=dict)

    @property
    def limit(self) -> int:
        """Return how many actions an episode may take."""
        return self.policy.max_steps or LONGEST

    def cases(self, suite: Suite, count: int) -> list[Case]:
        """Return the first `count` cases of a suite; fewer where it has fewer tasks, one where it takes no seed."""
        if suite.tasks:
            tiers = {place: tier for tier, places in suite.tiers.items() for place in places}
            return [
                Case(f"{suite.name}/{place}", suite.name, {**suite.options, **task}, tiers.get(place), place)
                for place, task in enumerate(suite.tasks)
            ][:count]
        if not suite.seeded:
            return [Case(f"{suite.name}/only", suite.name, suite.options)]
        drawn = (derive_seed("envs.check.case", i, suite.name, bits=31) % SEEDS for i in range(count))
        seeds = self.policy.seeds[:count] or tuple(drawn)
        return [Case(f"{suite.name}/{seed}", suite.name, {**suite.options, "seed": seed}) for seed in seeds]

    def scored(self, suite: Suite) -> list[Case]:
        """Return the cases of a suite on which scores are compared."""
        return self.share(suite, self.budget.cases)

    def share(self, suite: Suite, count: int, least: int = 1) -> list[Case]:
        """Return the suite's share of so many cases, at least `least`; all where its share is 1."""
        return self.cases(suite, min(count, max(least, round(suite.share * count))))

    def some(self) -> list[Case]:
        """Return the cases of runtime checks, from every suite."""
        return [case for suite in self.policy.suites for case in self.share(suite, self.budget.runtime)]

    @contextmanager
    def session(self) -> Iterator[Session]:
        opened = self.target.open()
        try:
            yield opened
        finally:
            opened.close()

    def run(self, case: Case, act: Act, limit: int | None = None) -> Path:
        """Return one episode in a session of its own."""
        with self.session() as session:
            return play(session, case, act, self.limit if limit is None else limit)

    def lazy(self, group: str | None = None) -> list[Lazy]:
        """Return players that do not look; of a group, or all."""
        return [player for player in lazy_players(self.policy) if group in (None, player.group)]

    def played(self, player: Lazy, case: Case) -> Path:
        """Return the episode of a lazy player, played once for all checks."""
        key = (f"{player.group}.{player.name}", case.key)
        if key not in self._played:
            self._played[key] = self.run(case, player.act)
        return self._played[key]

    def oracle(self, case: Case) -> Path:
        """Return the oracle's episode. Raises: Skip where there is none."""
        key = ("oracle", case.key)
        if key not in self._played:
            with self.session() as session:
                self._played[key] = play(session, case, self._oracle_act(session), self.limit)
        return self._played[key]

    def _oracle_act(self, session: Session) -> Act:
        declared = self.policy.oracle
        if declared.by_case:

            def listed(case: Case, _seen: Any, done: int) -> Json | None:
                name = str(case.options.get("seed", case.place) if case.place is None else case.place)
                actions = declared.by_case.get(name)
                if actions is None:
                    raise Skip(f"the policy file has no oracle actions for case {name}")
                return actions[done] if done < len(actions) else None

            return listed
        if declared.path is not None:
            path = declared.path

            def told(_case: Case, seen: Any, _done: int) -> Json | None:
                found = at_path({"observation": seen.observation, "state": session.state()}, path)
                return found if isinstance(found, dict) else None

            return told
        if not self.target.has_oracle:
            raise Skip("no oracle: the target has none and the policy file declares none")
        return lambda _case, _seen, _done: session.best()

    def return_range(self, suite: Suite) -> tuple[float, float]:
        """Return the declared range of returns. Raises: Skip."""
        found = suite.return_range or self.policy.return_range
        if found is None:
            raise Skip("no return_range is declared")
        return found

    def ceilings(self, suite: Suite) -> Ceilings:
        return suite.ceilings or self.policy.ceilings

    def truth(self, path: Path) -> dict[str, Any]:
        """Return what the last observation of an ended episode says was true, by declared path."""
        if not path.done:
            return {}
        found = {name: at_path(path.last.observation, name) for name in self.policy.truth}
        return {name: value for name, value in found.items() if isinstance(value, str | int | float | bool)}


def at_path(value: Any, dotted: str) -> Any:
    """Return what lies at a dotted path, None where there is nothing."""
    for part in dotted.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, scalar) for everything inside; places in lists are part of the path."""
    if isinstance(value, Mapping):
        for name, inside in value.items():
            yield from leaves(inside, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for place, inside in enumerate(value):
            yield from leaves(inside, f"{path}.{place}")
    else:
        yield path, value


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal, NaN equal to itself."""
    return json.dumps(one, sort_keys=True, default=str) == json.dumps(other, sort_keys=True, default=str)


def difference(one: Any, other: Any) -> str:
    """Return the first place where two JSON values differ, in short."""
    left, right = dict(leaves(one)), dict(leaves(other))
    for name in [*left, *(n for n in right if n not in left)]:
        if not same(left.get(name), right.get(name)):
            return f"{name}: {str(left.get(name))[:40]!r} and {str(right.get(name))[:40]!r}"
    return "nothing"


def number(value: Any) -> bool:
    """Return whether it is a finite number and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
