"""Calibrate the forecast of decision point C on the resources that NHAMCS visits were given.

    python -m triagelab.training.resources_fit ../shared/data/nhamcs [--write]

Fits on the years of the training split, prints how the forecast does on the next year, and with `--write` replaces
`clinical/data/resource_rates.toml`. Only numbers about rows seen in at least 30 visits are kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.agents.rules import RulesAgent
from triagelab.cases.schema import Case
from triagelab.clinical import resource_rates
from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.clinical.resource_rates import FARTHEST, NODES, WEIGHTS, WIDEN, Rate, Rates
from triagelab.clinical.resources import COMPLEX, Forecast
from triagelab.datasets.nhamcs import NAME
from triagelab.datasets.registry import load_dataset
from triagelab.files import atomic_writer
from triagelab.training.resource_outcomes import Outcomes, read_outcomes
from triagelab.training.resource_scores import reliability, scores

FEWEST = 30
RIDGE_ROW, RIDGE_COMMON = 8.0, 1.0
"""How strongly the steps of single rows, and those that all rows share, are held near zero (in visits)."""
MOST_ILLNESS = 2.5
TARGET = Path(resource_rates.__file__).parent / "data" / "resource_rates.toml"


@dataclass(frozen=True)
class Visit:
    """One visit: what the table said of it, and what it was given (eight booleans)."""

    forecast: Forecast
    used: np.ndarray

    @property
    def count(self) -> int:
        """Return 0, 1, or 2 for two and more."""
        return min(2, int(self.used.sum()) + int(self.used[RESOURCE_TYPES.index(COMPLEX)]))


def visits(cases: Sequence[Case], outcomes: dict[int, Outcomes]) -> list[Visit]:
    """Return the visits that stayed for treatment, with the forecast as the rules agent makes it."""
    agent, found = RulesAgent(), []
    for case in cases:
        used = outcome_of(case.presentation.case_id, str(case.presentation.structured.get("injury")), outcomes)
        if used is not None:
            found.append(Visit(agent.assess(case.presentation).forecast, used))
    return found


def outcome_of(case_id: str, injury: str, outcomes: dict[int, Outcomes]) -> np.ndarray | None:
    """Return what one visit was given, None where it ended before treatment."""
    _, year, row = case_id.split("-")
    seen, place = outcomes[int(year)], int(row) - 1
    if seen.left[place]:
        return None
    used = seen.used[place].copy()
    if injury == "yes":
        used[RESOURCE_TYPES.index("res_simple_procedure")] |= seen.other[place]
    return used


def fit(found: Sequence[Visit], source: str) -> Rates:
    """Return the rates that explain these visits best."""
    names, seen = _names(found)
    matrix = _matrix(found, {name: i for i, name in enumerate(names)})
    used = np.stack([visit.used for visit in found])
    weights = []
    for t, name in enumerate(RESOURCE_TYPES):
        said = [visit.forecast.needed[name] for visit in found]
        common = np.array([[1.0, value is True, value is False] for value in said])
        weights.append(_logistic(common, matrix, used[:, t].astype(float)))
    steps = np.stack(weights)  # (types, 3 + names)
    odds = np.stack([_odds(w, visit_matrix, matrix) for w, visit_matrix in zip(steps, _commons(found), strict=True)], 1)
    illness = _illness(odds, np.array([visit.count for visit in found]))
    share = (matrix.T @ used.astype(float)) / np.maximum(1, seen)[:, None]
    return Rates(
        source=source,
        verified=True,
        types=RESOURCE_TYPES,
        base=_rounded(steps[:, 0]),
        asked=_rounded(steps[:, 1]),
        closed=_rounded(steps[:, 2]),
        illness=_rounded(illness),
        rate={
            name: Rate(n=int(seen[i]), share=_rounded(share[i]), step=_rounded(steps[:, 3 + i]))
            for i, name in enumerate(names)
        },
    )


def _names(found: Sequence[Visit]) -> tuple[list[str], np.ndarray]:
    counts: dict[str, int] = {}
    for visit in found:
        for name in (*visit.forecast.rows, *visit.forecast.adjusted):
            counts[name] = counts.get(name, 0) + 1
    names = sorted(name for name, n in counts.items() if n >= FEWEST)
    return names, np.array([counts[name] for name in names])


def _matrix(found: Sequence[Visit], place: dict[str, int]) -> Any:
    from scipy.sparse import csr_matrix

    rows, columns = [], []
    for i, visit in enumerate(found):
        for name in (*visit.forecast.rows, *visit.forecast.adjusted):
            if name in place:
                rows.append(i)
                columns.append(place[name])
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(found), len(place)))


def _commons(found: Sequence[Visit]) -> list[np.ndarray]:
    return [
        np.array([[1.0, v.forecast.needed[name] is True, v.forecast.needed[name] is False] for v in found])
        for name in RESOURCE_TYPES
    ]


def _odds(weights: np.ndarray, common: np.ndarray, matrix: Any) -> np.ndarray:
    return common @ weights[:3] + matrix @ weights[3:]


def _logistic(common: np.ndarray, matrix: Any, used: np.ndarray) -> np.ndarray:
    """Return the weights of a ridge logistic regression: base, asked, closed, then one a row."""
    from scipy.optimize import minimize

    ridge = np.concatenate([[0.0], np.full(2, RIDGE_COMMON), np.full(matrix.shape[1], RIDGE_ROW)])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = _odds(weights, common, matrix)
        wrong = 1.0 / (1.0 + np.exp(-odds)) - used
        value = float(np.logaddexp(0.0, odds).sum() - used @ odds + 0.5 * (ridge * weights**2).sum())
        return value, np.concatenate([common.T @ wrong, matrix.T @ wrong]) + ridge * weights

    return minimize(loss, np.zeros(len(ridge)), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x


def _illness(odds: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the part of illness in each type under which the counts are likeliest."""
    from scipy.optimize import minimize

    rows = np.arange(len(counts))

    def loss(illness: np.ndarray) -> float:
        return -float(np.log(count_probabilities(odds, illness)[rows, counts]).mean())

    size = len(RESOURCE_TYPES)
    start = np.full(size, 0.8)
    return minimize(
        loss, start, method="L-BFGS-B", bounds=[(0.0, MOST_ILLNESS)] * size, options={"maxiter": 40, "eps": 1e-3}
    ).x


def count_probabilities(odds: np.ndarray, illness: np.ndarray) -> np.ndarray:
    """Return what `resource_rates.mixture` gives, for many visits. Shapes: (n, 8) log-odds -> (n, 3)."""
    wide = np.clip(odds, -FARTHEST, FARTHEST) * np.sqrt(1.0 + WIDEN * illness**2)
    none = one = np.zeros(len(odds))
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        ratio = np.exp(wide + illness * node)
        free = 1.0 / np.prod(1.0 + ratio, axis=1)
        single = np.delete(ratio, RESOURCE_TYPES.index(COMPLEX), axis=1).sum(axis=1)
        none, one = none + weight * free, one + weight * free * single
    found = np.stack([none, one, 1.0 - none - one], axis=1)
    return found / found.sum(axis=1, keepdims=True)


def _rounded(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(round(float(value), 2) + 0.0 for value in values)


def compare(train: Sequence[Visit], dev: Sequence[Visit], rates: Rates) -> dict[str, dict[str, float]]:
    """Return the scores on `dev` of the rates, the table alone, and a constant, all fitted on `train`."""
    counts = np.array([visit.count for visit in dev])
    constant = np.bincount([visit.count for visit in train], minlength=3) / len(train)
    bands: dict[tuple[int, int], np.ndarray] = {}
    for visit in train:
        bands.setdefault(_band(visit), np.zeros(3))[visit.count] += 1.0
    table = np.array([_share(bands.get(_band(visit)), constant) for visit in dev])
    return {
        "rates": scores(np.array([_again(visit, rates) for visit in dev]), counts),
        "table": scores(table, counts),
        "constant": scores(np.tile(constant, (len(dev), 1)), counts),
    }


def _again(visit: Visit, rates: Rates) -> tuple[float, float, float]:
    told = visit.forecast
    odds = resource_rates.log_odds((*told.rows, *told.adjusted), told.needed, rates)
    return resource_rates.mixture(odds, rates.illness, (None,) * len(RESOURCE_TYPES))[0]


def _band(visit: Visit) -> tuple[int, int]:
    return min(2, visit.forecast.low), min(2, visit.forecast.high)


def _share(counts: np.ndarray | None, constant: np.ndarray) -> np.ndarray:
    seen = np.zeros(3) if counts is None else counts
    return (seen + 5.0 * constant) / (seen.sum() + 5.0)


def as_toml(rates: Rates) -> str:
    """Return the file that `resource_rates.rates` reads."""
    lines = [
        "# Made by `python -m triagelab.training.resources_fit PATH --write`; do not edit by hand. Aggregate numbers",
        "# only: share = part of the n visits that fit a row in which a type was used; step = move of the log-odds,",
        "# all rows and adjustments fitted together. The eight numbers stand in the order of types. Rows seen in fewer",
        "# than 30 visits have none.",
        f'source = "{rates.source}"',
        f"verified = {str(rates.verified).lower()}",
        f"types = [{', '.join(chr(34) + name + chr(34) for name in rates.types)}]",
    ]
    lines += [f"{name} = {list(getattr(rates, name))}" for name in ("base", "asked", "closed", "illness")]
    for name, rate in rates.rate.items():
        lines += ["", f'[rate."{name}"]', f"n = {rate.n}", f"share = {list(rate.share)}", f"step = {list(rate.step)}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fit, compare, and write where asked."""
    parser = argparse.ArgumentParser(prog="python -m triagelab.training.resources_fit", description=__doc__)
    parser.add_argument("path", type=Path, help="folder with CDC's NHAMCS files")
    parser.add_argument("--write", action="store_true", help="replace clinical/data/resource_rates.toml")
    chosen = parser.parse_args()
    outcomes = read_outcomes(chosen.path, ("train", "dev"))
    train = visits(load_dataset(NAME, chosen.path, split="train").cases, outcomes)
    dev = visits(load_dataset(NAME, chosen.path, split="dev").cases, outcomes)
    years = sorted(outcomes)[:-1]
    rates = fit(train, f"NHAMCS {years[0]}-{years[-1]}, n = {len(train)}")
    report(train, dev, rates)
    if chosen.write:
        with atomic_writer(TARGET) as stream:
            stream.write(as_toml(rates))


def report(train: Sequence[Visit], dev: Sequence[Visit], rates: Rates) -> None:
    """Print scores and reliability on the year after."""
    for name, found in compare(train, dev, rates).items():
        print(name, " ".join(f"{key} {value:.4f}" for key, value in found.items()))
    counts = np.array([visit.count for visit in dev])
    print("two or more: forecast, seen, visits")
    for said, seen, n in reliability(np.array([_again(visit, rates) for visit in dev]), counts):
        print(f"  {said:.2f} {seen:.2f} {n}")


if __name__ == "__main__":
    main()
