"""Fit how nurses read what the rules agent finds: `agents/data/reader.toml`.

    python -m triagelab.training.reader_fit ../shared/data/nhamcs [--write]

Fits one urgency score with four cut points on the years of the training split, each step held near zero, prints how it
does on the next year, and with `--write` replaces the file. Only steps of ids seen in at least 30 visits are kept. Run
it again after `resources_fit`: the forecast is part of what is read.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.agents import rules_reader
from triagelab.agents.rules import RulesAgent, prediction
from triagelab.agents.rules_reader import CELLS, Reader, evidence
from triagelab.cases.schema import Case
from triagelab.clinical.costs import cost_matrix
from triagelab.datasets.nhamcs import NAME
from triagelab.datasets.registry import load_dataset
from triagelab.files import atomic_writer
from triagelab.training.tabular_cuts import quadratic_kappa

FEWEST = 30
RIDGE_STEP, RIDGE_CELL = 5.0, 0.1
"""How strongly steps of single ids, and those of CELLS, are held near zero (in visits)."""
FIRM_A = 0.95
"""Kept for level 1 where A settles it: ESI leaves nothing to judge there, whatever nurses record. A convention."""
TARGET = Path(rules_reader.__file__).parent / "data" / "reader.toml"


@dataclass(frozen=True)
class Sighting:
    """One visit as the reader sees it: the nurse's level, the values of CELLS and the ids that count."""

    level: int
    cells: tuple[float, ...]
    ids: tuple[str, ...]


def sightings(cases: Sequence[Case]) -> list[Sighting]:
    """Return what the rules agent finds in each case, with the nurse's level."""
    agent, found = RulesAgent(), []
    for case in cases:
        seen = agent.assess(case.presentation)
        cells, ids = evidence(seen.decision, seen.forecast)
        found.append(Sighting(case.truth.level, tuple(cells), tuple(ids)))
    return found


def fit(found: Sequence[Sighting], source: str) -> Reader:
    """Return the reader under which the nurses' levels are likeliest."""
    counts = Counter(name for visit in found for name in visit.ids)
    names = sorted(name for name, n in counts.items() if n >= FEWEST)
    levels = np.array([visit.level for visit in found])
    cuts, weights = _ordinal(_matrix(found, names), levels, len(CELLS))
    return Reader(
        source=source,
        verified=True,
        n=len(found),
        cuts=(_round(cuts[0]), _round(cuts[1]), _round(cuts[2]), _round(cuts[3])),
        firm_a=FIRM_A,
        cell={name: _round(weights[i]) for i, name in enumerate(CELLS)},
        step={name: _round(weights[len(CELLS) + i]) for i, name in enumerate(names)},
    )


def _round(value: float) -> float:
    return round(float(value), 2) + 0.0


def _matrix(found: Sequence[Sighting], names: Sequence[str]) -> Any:
    from scipy.sparse import csr_matrix, hstack

    place = {name: i for i, name in enumerate(names)}
    pairs = [(i, place[name]) for i, visit in enumerate(found) for name in visit.ids if name in place]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    steps = csr_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(found), len(names)))
    return hstack([csr_matrix(np.array([visit.cells for visit in found])), steps]).tocsr()


def _ordinal(matrix: Any, levels: np.ndarray, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cut points and weights of a ridge ordinal logistic regression, P(level <= l) = logistic(cut + score)."""
    from scipy.optimize import minimize

    place, width = levels - 1, matrix.shape[1]
    ridge = np.concatenate([np.full(cells, RIDGE_CELL), np.full(width - cells, RIDGE_STEP)])

    def loss(found: np.ndarray) -> tuple[float, np.ndarray]:
        cuts, weights = _unpack(found)
        edges = np.concatenate([[-1e9], cuts, [1e9]])
        score = matrix @ weights
        high, low = _logistic(edges[place + 1] + score), _logistic(edges[place] + score)
        p = np.maximum(high - low, 1e-12)
        up, down = high * (1.0 - high) / p, low * (1.0 - low) / p
        at_cut = np.array([down[place == i + 1].sum() - up[place == i].sum() for i in range(4)])
        steps = [at_cut.sum(), *(at_cut[i:].sum() * np.exp(found[i]) for i in (1, 2, 3))]
        value = float(-np.log(p).sum() + 0.5 * (ridge * weights**2).sum())
        return value, np.concatenate([steps, matrix.T @ (down - up) + ridge * weights])

    start = np.concatenate([[-4.5, 1.0, 1.0, 1.0], np.zeros(width)])
    return _unpack(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x)


def _unpack(found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return found[0] + np.concatenate([[0.0], np.cumsum(np.exp(found[1:4]))]), found[4:]


def _logistic(values: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(values, -30.0, 30.0)))


def measure(probabilities: np.ndarray, levels: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return how answers and probabilities fit the truth. Shapes: (n, 5), (n,) answered, (n,) true."""
    rows = np.arange(len(truth))
    confidence, right = probabilities[rows, levels - 1], levels == truth
    bins = np.minimum(9, (confidence * 10).astype(int))
    gap = sum((bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean()) for b in np.unique(bins))
    return {
        "exact": float(right.mean()),
        "within_one": float((np.abs(levels - truth) <= 1).mean()),
        "kappa": quadratic_kappa(truth, levels),
        "cost": float(cost_matrix().table()[truth - 1, levels - 1].mean()),
        "sensitivity_1_2": float((levels[truth <= 2] <= 2).mean()) if (truth <= 2).any() else float("nan"),
        "auroc_1_2": auroc(probabilities[:, :2].sum(axis=1), truth <= 2),
        "log_loss": float(-np.log(np.maximum(probabilities[rows, truth - 1], 1e-6)).mean()),
        "calibration_error": float(gap),
    }


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Return the area under the ROC curve, NaN where one class is empty."""
    from scipy.stats import rankdata

    n = int(positive.sum())
    if n == 0 or n == len(positive):
        return float("nan")
    return float((rankdata(scores)[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def evaluate(cases: Sequence[Case]) -> dict[str, dict[str, float]]:
    """Return the scores of both decisions of the rules agent on these cases, with the reader that ships."""
    agent, found = RulesAgent(), {"preferred": [], "cost": []}
    beliefs = []
    for case in cases:
        seen = agent.assess(case.presentation)
        for name, levels in found.items():
            answer = prediction(seen, decision=name)
            levels.append(answer.level)
        beliefs.append(answer.probabilities)
    truth = np.array([case.truth.level for case in cases])
    return {name: measure(np.array(beliefs), np.array(levels), truth) for name, levels in found.items()}


def reliability(probabilities: np.ndarray, truth: np.ndarray) -> list[tuple[float, float, int]]:
    """Return, for each tenth of P(level 1 or 2), the mean forecast, the share seen and the visits."""
    urgent = probabilities[:, :2].sum(axis=1)
    bins = np.minimum(9, (urgent * 10).astype(int))
    return [
        (float(urgent[bins == b].mean()), float((truth[bins == b] <= 2).mean()), int((bins == b).sum()))
        for b in np.unique(bins)
    ]


def beliefs_of(found: Sequence[Sighting], told: Reader) -> np.ndarray:
    """Return the probabilities that a reader gives, before decision point A is kept. Shapes: (n, 5)."""
    weights = np.array([*(told.cell[name] for name in CELLS), *told.step.values()])
    score = _matrix(found, list(told.step)) @ weights
    upto = _logistic(np.array(told.cuts)[None, :] + score[:, None])
    return np.diff(upto, axis=1, prepend=0.0, append=1.0)


def as_toml(told: Reader) -> str:
    """Return the file that `rules_reader.reader` reads."""
    lines = [
        "# Made by `python -m triagelab.training.reader_fit PATH --write`; do not edit by hand. Aggregate numbers",
        "# only: how far each rule, forecast row and adjustment moves the urgency that nurses recorded, all fitted",
        "# together; ids seen in fewer than 30 visits have none. firm_a is a convention, not fitted.",
        f'source = "{told.source}"',
        f"verified = {str(told.verified).lower()}",
        f"n = {told.n}",
        f"cuts = {list(told.cuts)}",
        f"firm_a = {told.firm_a}",
        "",
        "[cell]",
        *(f"{name} = {value}" for name, value in told.cell.items()),
        "",
        "[step]",
        *(f'"{name}" = {value}' for name, value in told.step.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fit, measure, and write where asked."""
    parser = argparse.ArgumentParser(prog="python -m triagelab.training.reader_fit", description=__doc__)
    parser.add_argument("path", type=Path, help="folder with CDC's NHAMCS files")
    parser.add_argument("--write", action="store_true", help="replace agents/data/reader.toml")
    chosen = parser.parse_args()
    train = sightings(load_dataset(NAME, chosen.path, split="train").cases)
    dev = sightings(load_dataset(NAME, chosen.path, split="dev").cases)
    told = fit(train, f"NHAMCS 2016-2018, n = {len(train)}")
    probabilities, truth = beliefs_of(dev, told), np.array([visit.level for visit in dev])
    answers = cost_matrix().cheapest(probabilities)
    print(" ".join(f"{name} {value:.4f}" for name, value in measure(probabilities, answers, truth).items()))
    print("level 1 or 2: forecast, seen, visits")
    for said, seen, n in reliability(probabilities, truth):
        print(f"  {said:.2f} {seen:.2f} {n}")
    if chosen.write:
        with atomic_writer(TARGET) as stream:
            stream.write(as_toml(told))


if __name__ == "__main__":
    main()
