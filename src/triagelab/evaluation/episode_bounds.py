"""What the best constant answer and the oracle earn: the two ends of the normalised score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from triagelab.cases.bedside.actions import PATHWAYS, BedsideAction
from triagelab.envs.base import Environment
from triagelab.envs.registry import make

CONSTANT_SPLIT = "dev"
CONSTANT_CASES = 300
"""Cases on which the best constant is chosen, so that it is no maximum over the cases it is compared on."""
MOST_PATTERNS = 8


@dataclass(frozen=True)
class BestConstant:
    """The answer that earns most when it is given to everybody at once, on the cases where it was chosen."""

    action: BedsideAction
    split: str
    cases: int
    mean_return: float

    def to_dict(self) -> dict[str, object]:
        return {
            "answer": self.action.label(),
            "action": self.action.to_dict(),
            "split": self.split,
            "cases": self.cases,
            "mean_return": self.mean_return,
        }


def oracle_return(env: Environment, *, seed: int, split: str) -> float:
    """Return what somebody who knows the truth earns in one case."""
    return _played(env, seed, split, env.best).total


def constant_return(env: Environment, action: BedsideAction, *, seed: int, split: str) -> float:
    """Return what one answer, given at once, earns in one case."""
    env.reset(seed=seed, split=split)
    return float(env.step(action).reward or 0.0)


@cache
def best_constant(env_id: str, reward: str | None = None, cases: int = CONSTANT_CASES) -> BestConstant:
    """Return the best constant answer on the first dev cases; each part is chosen with the others held, over and over.

    Patterns: only the commonest ones of those cases are tried; no other can be right more often.
    """
    with make(env_id, **({} if reward is None else {"reward": reward})) as env:
        truths = [_truth(env, seed) for seed in range(cases)]
        patterns = [name for name, _ in Counter(str(truth["pattern"]) for truth in truths).most_common(MOST_PATTERNS)]

        def mean(action: BedsideAction) -> float:
            return sum(constant_return(env, action, seed=s, split=CONSTANT_SPLIT) for s in range(cases)) / cases

        return _climb(mean, patterns, cases)


def _climb(mean: Callable[[BedsideAction], float], patterns: list[str], cases: int) -> BestConstant:
    known: dict[BedsideAction, float] = {}

    def value(action: BedsideAction) -> float:
        if action not in known:
            known[action] = mean(action)
        return known[action]

    now = _answer(3, "urgent", patterns[0])
    while True:
        best = now
        for options in (
            (_answer(level, best.pathway, best.pattern) for level in range(1, 6)),
            (_answer(best.level, pathway, best.pattern) for pathway in PATHWAYS),
            (_answer(best.level, best.pathway, pattern) for pattern in patterns),
        ):
            best = _best_of(value, best, options)
        if best == now:
            return BestConstant(best, CONSTANT_SPLIT, cases, known[best])
        now = best


def _best_of(
    value: Callable[[BedsideAction], float], now: BedsideAction, options: Iterable[BedsideAction]
) -> BedsideAction:
    for option in list(options):
        if value(option) > value(now) + 1e-12:
            now = option
    return now


def _answer(level: object, pathway: object, pattern: object) -> BedsideAction:
    return BedsideAction.model_validate({"kind": "commit", "level": level, "pathway": pathway, "pattern": pattern})


def _truth(env: Environment, seed: int) -> dict[str, object]:
    """Return the debrief of a case that the oracle played."""
    return dict(_played(env, seed, CONSTANT_SPLIT, env.best).turns[-1][1].debrief or {})


def _played(env: Environment, seed: int, split: str, choose: Callable[[], BedsideAction]):
    seen = env.reset(seed=seed, split=split)
    while not seen.done:
        seen = env.step(choose())
    return env.record
