"""The summary of a crisis benchmark: every measure a scenario and policy, raw and normalised, with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from triagelab.evaluation.crisis.oracle import ORACLE
from triagelab.evaluation.crisis.records import PARTS, WEIGHTS, CrisisRecord
from triagelab.evaluation.crisis.score import GRADES, LEAST_GAP, Scored, grade, plain, score
from triagelab.evaluation.intervals import LEVEL, RESAMPLES, Interval
from triagelab.hospital.tables import ROLES

KIND, FORMAT = "crisis benchmark", 1


def summarise(records: Sequence[CrisisRecord], *, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Return `scenarios` (by name and policy), `overall` (by policy) and what the numbers mean."""
    scored = score(records, seed=seed, resamples=resamples)
    groups: dict[tuple[str, str], list[CrisisRecord]] = {}
    for record in records:
        groups.setdefault((record.scenario, record.policy), []).append(record)
    dead = {(one.scenario, one.seed): set(one.dead) for one in records if one.policy == ORACLE}
    return {
        "kind": KIND,
        "format": FORMAT,
        "n": scored.seeds,
        "scenarios": {
            scenario: {
                policy: _entry(scored, scenario, policy, groups[scenario, policy], dead) for policy in scored.policies
            }
            for scenario in scored.scenarios
        },
        "overall": {policy: _overall(scored, policy) for policy in scored.policies},
        "weights": WEIGHTS,
        "least_gap": LEAST_GAP,
        "grades": dict(GRADES),
        "intervals": {"level": LEVEL, "resamples": resamples, "seed": seed, "method": "bootstrap over paired seeds"},
    }


def _entry(
    scored: Scored,
    scenario: str,
    policy: str,
    records: Sequence[CrisisRecord],
    dead: Mapping[tuple[str, int], set[str]],
) -> dict[str, Any]:
    row, column = scored.scenarios.index(scenario), scored.policies.index(policy)
    raw = dict(zip(PARTS, scored.raw_S_P_K[row, column], strict=True))
    normalised = dict(zip(PARTS, scored.normalised_S_P_K[row, column], strict=True))
    survival = scored.survival(policy, scenario)
    return {
        "n": len(records),
        "survival": survival.value,
        "survival_low": survival.low,
        "survival_high": survival.high,
        **_bounds(scored.composite(policy, scenario)),
        "normalised": plain(normalised),
        "raw": plain(raw),
        "raw_composite": _mean(record.composite for record in records),
        "reward": _mean(record.reward for record in records),
        "reward_of_ten": _mean(record.reward_of_ten for record in records),
        "deaths": _mean(record.deaths for record in records),
        "preventable_deaths": _mean(len(set(r.dead) - dead[r.scenario, r.seed]) for r in records),
        **_treatment(records),
        "icu_use": _mean(record.icu_use for record in records),
        **_detection(records),
        "role_correct": _mean(record.role_correct for record in records),
        "role_share": {role: _mean_known(record.role_share.get(role) for record in records) for role in ROLES},
        "acts": _mean(record.acts for record in records),
        "wrong": _mean(record.wrong for record in records),
        "blocked": _mean(record.blocked for record in records),
    }


def _bounds(found: Interval) -> dict[str, Any]:
    value = found.value if found.value is not None else math.nan
    return {"composite": found.value, "low": found.low, "high": found.high, "grade": grade(value)}


def _overall(scored: Scored, policy: str) -> dict[str, Any]:
    return _bounds(scored.composite(policy))


def _treatment(records: Sequence[CrisisRecord]) -> dict[str, float | None]:
    """Return the median minutes to the first right treatment of severe patients, and the share who had any.

    Missing: None where half of them or more were never treated; they count as waiting for ever.
    """
    waits = [math.inf if wait is None else wait for record in records for wait in record.treated_after]
    if not waits:
        return {"minutes_to_treatment": None, "treated_share": None}
    middle = median(waits)
    treated = sum(wait < math.inf for wait in waits) / len(waits)
    return {"minutes_to_treatment": middle if middle < math.inf else None, "treated_share": treated}


def _detection(records: Sequence[CrisisRecord]) -> dict[str, float | None]:
    """Return precision, recall and F1 of the incidents of all episodes together."""
    caught, false = sum(r.caught for r in records), sum(r.false_flags for r in records)
    injected = sum(r.injected for r in records)
    return {
        "precision": caught / (caught + false) if caught + false else None,
        "recall": caught / injected if injected else None,
        "f1": 2 * caught / (caught + false + injected) if caught + false + injected else None,
    }


def _mean(values: Any) -> float:
    listed = [float(value) for value in values]
    return sum(listed) / len(listed)


def _mean_known(values: Any) -> float | None:
    listed = [float(value) for value in values if value is not None]
    return sum(listed) / len(listed) if listed else None


__all__ = ["FORMAT", "KIND", "summarise"]
