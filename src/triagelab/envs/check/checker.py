"""The contract checker: every check of the RFC 008 list that needs no second machine, on one environment."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from triagelab.envs.base import Environment, EnvKind
from triagelab.envs.check import forms, leaks, repeats, resources, scores
from triagelab.envs.check.lab import LEVELS, Failed, Lab, Skip
from triagelab.envs.check.policy import CheckPolicy, read_policy, shipped_policy
from triagelab.envs.check.remote import UrlTarget, known_env
from triagelab.envs.check.report import CheckResult, Report
from triagelab.envs.check.target import LocalTarget, Refusal, Target
from triagelab.envs.registry import REGISTRY, make
from triagelab.errors import BadInputError, TriageLabError, UnknownNameError

Check = Callable[[Lab], str]
"""A check: returns one line on what was measured, raises Failed or Skip with one."""
Subject = str | EnvKind[Any, Any] | Callable[[], Environment[Any, Any]]
"""An environment id, an address, a kind, or a callable without arguments that makes an Environment."""

CHECKS: dict[str, Check] = {
    "runtime.observation_schema": forms.observation_schema,
    "runtime.state_contract": forms.state_contract,
    repeats.SEED: repeats.seed_control,
    repeats.ISOLATION: repeats.episode_isolation,
    repeats.DETERMINISM: repeats.episode_determinism,
    "semantic.verifier_determinism": repeats.verifier_determinism,
    "runtime.trajectory_record": repeats.trajectory_record,
    "runtime.reward_well_formed": forms.reward_well_formed,
    "runtime.reward_attribution": forms.reward_attribution,
    "runtime.resource_bounds": resources.resource_bounds,
    "semantic.oracle_max": scores.oracle_max,
    scores.FLOOR: scores.floor_gap,
    "semantic.canary_floor": scores.canary_floor,
    "semantic.no_solution_leakage": leaks.no_solution_leakage,
    "statistical.difficulty_separation": scores.difficulty_separation,
    "statistical.gameability_gap": scores.gameability_gap,
}
"""Every check by its RFC 008 id, in the order in which they run."""


def check_env(
    subject: Subject,
    *,
    policy: CheckPolicy | str | Path | None = None,
    level: str = "quick",
    episodes: int | None = None,
    only: Iterable[str] | None = None,
) -> Report:
    """Return what every check says of an environment; `report.raise_on_failure()` makes a test of it.

    Args:
        subject: id such as `bedside-v1`, address of an OpenEnv server, EnvKind, or callable that makes an Environment.
        policy: what the checker must know, or its TOML file; ours have theirs.
        level: how much is tried.
        episodes: cases of each suite for scores, in place of the level's.
        only: ids of checks; None runs all.

    Raises: BadInputError for a subject or policy that cannot be used.
    """
    bench = open_lab(subject, policy=policy, level=level, episodes=episodes)
    return Report(bench.target.name, tuple(run_checks(bench, only)))


def open_lab(
    subject: Subject, *, policy: CheckPolicy | str | Path | None, level: str, episodes: int | None = None
) -> Lab:
    """Return the bench for one subject. Raises: BadInputError."""
    if level not in LEVELS:
        raise UnknownNameError("level", level, LEVELS)
    budget = LEVELS[level]
    if episodes is not None:
        if episodes < 1:
            raise BadInputError("episodes", episodes, "a whole number from 1 on")
        budget = replace(budget, cases=episodes)
    known = policy if isinstance(policy, CheckPolicy) or policy is None else read_policy(policy)
    target, env_id = _target(subject)
    found = known or (shipped_policy(env_id) if env_id else None)
    if found is None:
        raise BadInputError("policy", None, "a policy file (--policy FILE), see docs/validate.md", f"for {target.name}")
    return Lab(target, _completed(found, target), budget)


def run_checks(bench: Lab, only: Iterable[str] | None = None) -> Iterator[CheckResult]:
    """Yield one result after the other."""
    wanted = list(CHECKS) if only is None else list(only)
    for name in wanted:
        if name not in CHECKS:
            raise UnknownNameError("check", name, CHECKS)
    for name in (name for name in CHECKS if name in wanted):
        started = time.perf_counter()
        result = _run(name, CHECKS[name], bench)
        bench.outcome[name] = result.status
        yield replace(result, seconds=time.perf_counter() - started)


def _run(name: str, check: Check, bench: Lab) -> CheckResult:
    try:
        return CheckResult(name, "pass", _line(check(bench)))
    except Failed as failed:
        return CheckResult(name, "fail", _line(str(failed)))
    except Skip as skip:
        return CheckResult(name, "skip", _line(str(skip)))
    except Refusal as refusal:
        return CheckResult(name, "fail", _line(f"a legal reset or action is refused: {refusal}"))
    except TriageLabError as error:
        return CheckResult(name, "fail", _line(str(error)))


def _line(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= 600 else short[:597] + "..."


def _target(subject: Subject) -> tuple[Target, str | None]:
    if isinstance(subject, str):
        if "://" in subject:
            env_id = known_env(subject)
            return UrlTarget(subject, (lambda: make(env_id)) if env_id else None), env_id
        if subject not in REGISTRY:
            raise UnknownNameError("environment", subject, REGISTRY)
        return LocalTarget(lambda: make(subject)), subject
    if callable(subject):
        target = LocalTarget(subject)
        return target, target.kind.env_id
    if not hasattr(subject, "begin"):
        raise BadInputError("subject", subject, "an environment id, an address, a kind, or a callable that makes one")
    kind = subject
    return LocalTarget(lambda: Environment(kind)), kind.env_id


def _completed(policy: CheckPolicy, target: Target) -> CheckPolicy:
    """Return the policy with what the kind itself declares, where the policy is silent."""
    kind = getattr(target, "kind", None)
    if kind is None and isinstance(target, UrlTarget) and target.make is not None:
        kind = target.make().kind
    if kind is None:
        return policy
    return policy.model_copy(
        update={
            "reward_range": policy.reward_range or tuple(kind.reward_range),
            "return_range": policy.return_range or tuple(kind.return_range),
            "max_steps": policy.max_steps or kind.max_steps,
        }
    )
