"""The composite of the crisis benchmark: parts normalised between doing nothing and the oracle, with intervals.

Normalised part = 100 (policy - nothing) / (oracle - nothing), on means over the same seeds of one scenario. A part in
which oracle and nothing differ by less than `LEAST_GAP` says nothing there: it is null, and its weight goes to the
others. Nothing is clipped: whoever does harm falls below 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from triagelab.errors import BadInputError
from triagelab.evaluation.crisis.oracle import ORACLE
from triagelab.evaluation.crisis.records import PARTS, WEIGHTS, CrisisRecord
from triagelab.evaluation.intervals import RESAMPLES, Interval, bootstrap_interval, resample

NOTHING = "nothing"
LEAST_GAP = 0.05
"""Difference of oracle and nothing, on the 0-to-1 scale of a raw part, under which the part is null."""
GRADES: tuple[tuple[str, float], ...] = (("A", 85.0), ("B", 70.0), ("C", 55.0))
"""Grade and the composite that it takes; below all of them it is D."""


@dataclass(frozen=True)
class Scored:
    """Composites with their resamples.

    Shapes: raw and normalised (scenarios, policies, parts); composite (scenarios, policies); draws have resamples
    in front. Missing: NaN in `normalised` is a null part.
    """

    scenarios: tuple[str, ...]
    policies: tuple[str, ...]
    seeds: int
    raw_S_P_K: np.ndarray
    normalised_S_P_K: np.ndarray
    composite_S_P: np.ndarray
    draws_R_S_P: np.ndarray
    survival_draws_R_S_P: np.ndarray

    def composite(self, policy: str, scenario: str | None = None) -> Interval:
        """Return the composite of a policy with its interval, in one scenario or over all of them (their mean)."""
        column = self.policies.index(policy)
        if scenario is None:
            value, draws = self.composite_S_P[:, column].mean(), self.draws_R_S_P[:, :, column].mean(1)
        else:
            row = self.scenarios.index(scenario)
            value, draws = self.composite_S_P[row, column], self.draws_R_S_P[:, row, column]
        if policy in (NOTHING, ORACLE):
            return Interval(float(value), float(value), float(value), self.seeds, "by definition")
        return bootstrap_interval(float(value), draws, clusters=self.seeds, n=self.seeds, method="bootstrap over seeds")

    def survival(self, policy: str, scenario: str) -> Interval:
        """Return the mean survival of a policy in a scenario with its interval."""
        row, column = self.scenarios.index(scenario), self.policies.index(policy)
        value = float(self.raw_S_P_K[row, column, PARTS.index("survival")])
        draws = self.survival_draws_R_S_P[:, row, column]
        return bootstrap_interval(value, draws, clusters=self.seeds, n=self.seeds, method="bootstrap over seeds")


def score(records: Sequence[CrisisRecord], *, seed: int = 0, resamples: int = RESAMPLES) -> Scored:
    """Return the composites of records that hold every policy in the same seeds of every scenario.

    Raises: BadInputError where nothing or oracle is missing, or where the episodes are not the same for all.
    """
    scenarios = tuple(dict.fromkeys(record.scenario for record in records))
    policies = tuple(dict.fromkeys(record.policy for record in records))
    for needed in (NOTHING, ORACLE):
        if needed not in policies:
            raise BadInputError("records", f"no {needed}", "nothing and oracle beside the other policies")
    values_C_S_P_K = _table(records, scenarios, policies)
    seeds = len(values_C_S_P_K)
    shape = values_C_S_P_K.shape[1:]
    means = values_C_S_P_K.mean(0)
    totals = resample(values_C_S_P_K.reshape(seeds, -1), resamples, seed, "crisis")
    drawn_R_S_P_K = totals.reshape(resamples, *shape) / seeds
    null_S_K = _gap(means, policies) < LEAST_GAP
    normalised = normalise(means, policies, null_S_K)
    return Scored(
        scenarios=scenarios,
        policies=policies,
        seeds=seeds,
        raw_S_P_K=means,
        normalised_S_P_K=normalised,
        composite_S_P=weighted(normalised),
        draws_R_S_P=weighted(normalise(drawn_R_S_P_K, policies, null_S_K)),
        survival_draws_R_S_P=drawn_R_S_P_K[..., PARTS.index("survival")],
    )


def _table(records: Sequence[CrisisRecord], scenarios: Sequence[str], policies: Sequence[str]) -> np.ndarray:
    """Return raw parts by seed, scenario, policy and part."""
    seeds = sorted({record.seed for record in records})
    if len(records) != len(seeds) * len(scenarios) * len(policies):
        raise BadInputError("records", f"{len(records)} episodes", "every policy in the same seeds of every scenario")
    table = np.full((len(seeds), len(scenarios), len(policies), len(PARTS)), np.nan)
    places = {seed: place for place, seed in enumerate(seeds)}
    for record in records:
        row = places[record.seed], scenarios.index(record.scenario), policies.index(record.policy)
        table[row] = [record.parts[name] for name in PARTS]
    if np.isnan(table).any():
        raise BadInputError("records", "an episode twice", "every policy once in each seed of every scenario")
    return table


def _gap(parts: np.ndarray, policies: Sequence[str]) -> np.ndarray:
    return parts[..., policies.index(ORACLE), :] - parts[..., policies.index(NOTHING), :]


def normalise(parts: np.ndarray, policies: Sequence[str], null_S_K: np.ndarray) -> np.ndarray:
    """Return parts with 0 for nothing and 100 for the oracle; NaN where the part is null. Shapes: (..., S, P, K)."""
    gap = np.where(null_S_K, np.nan, _gap(parts, policies))
    with np.errstate(divide="ignore", invalid="ignore"):
        return 100.0 * (parts - parts[..., [policies.index(NOTHING)], :]) / gap[..., None, :]


def weighted(normalised: np.ndarray) -> np.ndarray:
    """Return composites: the weighted mean of the parts that are not null. Shapes: (..., K) -> (...)."""
    weights_K = np.array([WEIGHTS[name] for name in PARTS])
    there = ~np.isnan(normalised)
    total = (there * weights_K).sum(-1)
    return np.where(total > 0, (np.nan_to_num(normalised) * weights_K).sum(-1) / np.maximum(total, 1e-9), np.nan)


def grade(composite: float) -> str:
    """Return the grade of a composite: A from 85, B from 70, C from 55, else D."""
    return next((name for name, least in GRADES if composite >= least), "D")


def plain(parts: Mapping[str, float]) -> dict[str, float | None]:
    """Return parts as JSON knows them: NaN is null."""
    return {name: None if np.isnan(value) else float(value) for name, value in parts.items()}


__all__ = ["GRADES", "LEAST_GAP", "NOTHING", "Scored", "grade", "normalise", "plain", "score", "weighted"]
