"""How the tabular agent learns: linear heads on tokens, boosted trees on top, cut points and calibration on dev."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from triagelab.agents.decisions import levels_from_scores
from triagelab.agents.tabular import TabularAgent, TabularModel, expected_levels
from triagelab.agents.tabular_features import (
    FeatureMap,
    categorical_fields,
    dense_matrix,
    token_matrix,
    tokens,
    with_fields,
)
from triagelab.agents.trees import Trees
from triagelab.cases.schema import Case
from triagelab.seeding import derive_seed
from triagelab.training.tabular_cuts import calibrate, quadratic_kappa, tune_cuts

FOLDS = 5
THREADS = 1  # waiting OpenMP threads spin: on a busy machine two of them were seen to take 30 times as long as one
RIDGE_ALPHA = 20.0
HEADS = ("level", "at most 2", "1", "at least 4", "5")
MAX_TOPICS = 40
MAX_TOKENS = 20_000
MAX_CATEGORIES = 30
SHRINK = 20.0
BOOSTING: dict[str, Any] = {
    "learning_rate": 0.05,
    "max_iter": 300,
    "max_leaf_nodes": 31,
    "min_samples_leaf": 40,
    "l2_regularization": 5.0,
    "max_features": 0.3,
    "early_stopping": False,
}


def fit_agent(train: Sequence[Case], dev: Sequence[Case], *, dataset: str, scale: str, seed: int = 0) -> TabularAgent:
    """Return the agent fitted on `train`, with cut points and probabilities from `dev` (`train` if that is tiny)."""
    import sklearn.ensemble  # noqa: F401  the limit holds only for libraries that are loaded already
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=THREADS):
        features, heads, trees = _fit_scores(train, seed)
    tuning = dev if len(dev) >= FOLDS else train
    truth = np.asarray([case.truth.level for case in tuning])
    scores = expected_levels([case.presentation for case in tuning], features, heads, trees)
    cuts = tune_cuts(scores, truth, seed)
    slopes, intercepts = calibrate(scores, truth)
    kappa = quadratic_kappa(truth, levels_from_scores(scores, cuts))
    about = {"dataset": dataset, "seed": seed, "n_train": len(train), "n_tuning": len(tuning), "tuning_kappa": kappa}
    model = TabularModel(
        scale=scale,
        features=features,
        heads=(*HEADS, *(f"topic {place}" for place in range(heads.shape[1] - len(HEADS)))),
        cuts=cuts,
        slopes=slopes,
        intercepts=intercepts,
        about=about,
    )
    return TabularAgent(model, trees, heads)


def _fit_scores(cases: Sequence[Case], seed: int) -> tuple[FeatureMap, np.ndarray, Trees]:
    """Return everything that `expected_levels` needs. Shapes: heads (tokens + 1, 5 + topics)."""
    levels = np.asarray([case.truth.level for case in cases], dtype=np.float64)
    cases = [replace(case, presentation=with_fields(case.presentation)) for case in cases]
    features, found = learn_features(cases, levels)
    table = token_matrix(found, features.tokens)
    heads, linear = _fit_heads(table, levels, _folds(cases, seed))
    topics = _fit_topics(table, seed)
    dense = dense_matrix([case.presentation for case in cases], features)
    trees = _fit_trees(np.hstack([dense, linear, table @ topics[:-1]]), levels, seed)
    return features, np.hstack([heads, topics]), trees


def learn_features(cases: Sequence[Case], levels: np.ndarray) -> tuple[FeatureMap, list[set[str]]]:
    """Return the columns that these cases have, and the tokens of each case."""
    values: dict[str, Counter[str]] = {}
    numbers: dict[str, set[float]] = {}
    sums: dict[tuple[str, str], float] = {}
    for case, level in zip(cases, levels.tolist(), strict=True):
        for name, value in categorical_fields(case.presentation).items():
            values.setdefault(name, Counter())[value] += 1
            sums[name, value] = sums.get((name, value), 0.0) + level
        for name, value in case.presentation.structured.items():
            if isinstance(value, int | float):
                numbers.setdefault(name, set()).add(float(value))
    codes = tuple(sorted(name for name, seen in values.items() if len(seen) > MAX_CATEGORIES))
    mean = float(levels.mean())
    categories = {
        name: {value: (sums[name, value] + SHRINK * mean) / (count + SHRINK) for value, count in sorted(seen.items())}
        for name, seen in sorted(values.items())
        if name not in codes
    }
    found = [tokens(case.presentation, codes) for case in cases]
    features = FeatureMap(
        numbers=tuple(sorted(name for name, seen in numbers.items() if seen != {1.0})),
        flags=tuple(sorted(name for name, seen in numbers.items() if seen == {1.0})),
        categories=categories,
        codes=codes,
        tokens=_vocabulary(found),
    )
    return features, found


def _vocabulary(found: Sequence[set[str]]) -> dict[str, int]:
    """Return the tokens that are frequent enough to learn from, commonest first."""
    counts = Counter(token for each in found for token in each)
    least = 2 if len(found) < 2000 else 8
    kept = sorted(
        (token for token, count in counts.items() if count >= least), key=lambda token: (-counts[token], token)
    )
    return {token: index for index, token in enumerate(kept[:MAX_TOKENS])}


def _folds(cases: Sequence[Case], seed: int) -> np.ndarray:
    """Return a fold a case; all cases of one cluster (patient, hospital) share theirs."""
    return np.asarray([derive_seed("tabular.folds", seed, case.cluster or case.case_id) % FOLDS for case in cases])


def _fit_heads(table: Any, levels: np.ndarray, folds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the linear heads and, for the training cases, their predictions from the other folds.

    Shapes: table (n, tokens), levels (n,) -> heads (tokens + 1, 5), the last row the intercepts; predictions (n, 5).
    """
    targets = np.stack([levels, levels <= 2, levels == 1, levels >= 4, levels == 5], axis=1).astype(np.float64)
    out_of_fold = np.zeros_like(targets)
    for fold in range(FOLDS):
        apart = folds == fold
        if apart.any() and not apart.all():
            weights = _ridge(table[~apart], targets[~apart])
            out_of_fold[apart] = table[apart] @ weights[:-1] + weights[-1]
    return _ridge(table, targets), out_of_fold


def _fit_topics(table: Any, seed: int) -> np.ndarray:
    """Return directions along which complaints vary together, learnt without the levels.

    Shapes: (n, tokens) -> (tokens + 1, topics); the last row is zero, because there is no intercept.
    """
    from sklearn.decomposition import TruncatedSVD

    count = min(MAX_TOPICS, table.shape[0] // 100, table.shape[1] - 1)
    if count < 1:
        return np.zeros((table.shape[1] + 1, 0))
    fitted = TruncatedSVD(count, random_state=derive_seed("tabular.topics", seed, bits=31)).fit(table)
    return np.vstack([np.asarray(fitted.components_).T, np.zeros((1, count))])


def _ridge(table: Any, targets: np.ndarray) -> np.ndarray:
    """Return ridge weights with an unpenalised intercept in the last row."""
    from sklearn.linear_model import Ridge

    if table.shape[1] == 0:
        return targets.mean(axis=0, keepdims=True)
    fitted = Ridge(alpha=RIDGE_ALPHA, solver="sparse_cg", tol=1e-4).fit(table, targets)
    return np.vstack([np.asarray(fitted.coef_).T, np.atleast_2d(fitted.intercept_)])


def _fit_trees(rows: np.ndarray, levels: np.ndarray, seed: int) -> Trees:
    """Return boosted trees on the columns that vary; the others cannot be split on."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    varies = np.asarray([len(np.unique(column[~np.isnan(column)])) > 1 for column in rows.T])
    settings = {**BOOSTING, "min_samples_leaf": min(BOOSTING["min_samples_leaf"], max(2, len(rows) // 50))}
    boosted = HistGradientBoostingRegressor(random_state=derive_seed("tabular.boosting", seed, bits=31), **settings)
    boosted.fit(rows[:, varies], levels)
    return trees_from_sklearn(boosted, np.flatnonzero(varies))


def trees_from_sklearn(boosted: Any, columns: np.ndarray) -> Trees:
    """Return a fitted HistGradientBoostingRegressor as plain arrays; `columns` maps its columns to the full table's.

    Reads scikit-learn's private `_predictors`; a test holds the result equal to its own `predict`.
    """
    parts: dict[str, list[np.ndarray]] = {
        name: [] for name in ("feature", "threshold", "left", "right", "missing", "value")
    }
    roots, start = [], 0
    for (predictor,) in boosted._predictors:
        nodes = predictor.nodes
        leaf, here = nodes["is_leaf"].astype(bool), start + np.arange(len(nodes))
        roots.append(start)
        parts["feature"].append(np.where(leaf, 0, columns[np.where(leaf, 0, nodes["feature_idx"])]))
        parts["threshold"].append(np.where(leaf, np.inf, nodes["num_threshold"]))
        parts["left"].append(np.where(leaf, here, start + nodes["left"].astype(np.int64)))
        parts["right"].append(np.where(leaf, here, start + nodes["right"].astype(np.int64)))
        parts["missing"].append(nodes["missing_go_to_left"].astype(bool))
        parts["value"].append(np.where(leaf, nodes["value"], 0.0))
        start += len(nodes)
    joined = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    return Trees(
        base=float(np.ravel(boosted._baseline_prediction)[0]),
        roots=np.asarray(roots, dtype=np.int32),
        feature=joined["feature"].astype(np.int32),
        threshold=joined["threshold"].astype(np.float64),
        left=joined["left"].astype(np.int32),
        right=joined["right"].astype(np.int32),
        missing_left=joined["missing"],
        value=joined["value"].astype(np.float64),
    )
