"""One run of the `encoder` or `hybrid` recipe: data, vectors, head, trees, pools, and what they reach on dev."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.agents.encoder import NAME as ENCODER
from triagelab.agents.encoder import TUNED, EncoderAgent, EncoderModel, inputs
from triagelab.agents.encoder_input import texts
from triagelab.agents.hard_findings import floor
from triagelab.agents.hybrid import LEAST_URGENT, HybridAgent, HybridModel, members, traces
from triagelab.agents.pooling import Kind, Pool, pooled
from triagelab.agents.rules import RulesAgent
from triagelab.agents.tabular import TabularAgent
from triagelab.agents.tabular_features import with_fields
from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case
from triagelab.datasets.cache import cache_dir
from triagelab.datasets.nhamcs import NAME as NHAMCS
from triagelab.evaluation.progress import Progress
from triagelab.sentences import SentenceEncoder, VectorStore
from triagelab.training import logs
from triagelab.training.head_fit import fit_head, fit_numbers
from triagelab.training.hybrid_config import HybridRecipe
from triagelab.training.hybrid_data import HybridData, levels_of, load_data
from triagelab.training.pool_fit import fit_pool
from triagelab.training.tabular_cuts import quadratic_kappa
from triagelab.training.visit_outcomes import outcome_targets

MODEL = "model"
Opinions = dict[Kind, dict[str, np.ndarray]]


def train_hybrid(recipe: HybridRecipe, out: Path, *, progress: bool) -> dict[str, Any]:
    """Fit the agent of a recipe into `out`/model and return what the manifest says of it."""
    data = load_data(recipe)

    def log(row: dict[str, Any]) -> None:
        logs.append(out / logs.CURVES, [row])

    agent, by_kind = _fit_encoder(recipe, data, log, progress)
    about = {"data": data.sources, "levels": _counts(levels_of(data.train)), "scale": data.scale}
    if recipe.kind == "encoder":
        agent.save(out / MODEL)
        return {**about, "dev": agent.model.about["dev"]}
    hybrid = _fit_hybrid(recipe, data, agent, by_kind, progress)
    hybrid.save(out / MODEL)
    return {**about, "dev": hybrid.model.about["dev"]}


def _fit_encoder(
    recipe: HybridRecipe, data: HybridData, log: Callable[[dict[str, Any]], None], progress: bool
) -> tuple[EncoderAgent, Opinions]:
    """Return the encoder agent, and its log-odds of the dev cases."""
    encoder = SentenceEncoder(recipe.sentences.name)
    levels = np.asarray(levels_of(data.train))
    train = [replace(case, presentation=with_fields(case.presentation)) for case in data.train]
    if recipe.sentences.tune_layers:
        from triagelab.training.sentence_tuning import tune

        tune(encoder, [texts(case.presentation)[0] for case in train], levels, recipe, log, progress=progress)
    store = VectorStore(encoder, cache_dir() / "embeddings")
    numbers = fit_numbers(train, levels.astype(float))
    shown = [case.presentation for case in train]
    rows = inputs(_vectors(store, shown, recipe, "train", progress), shown, numbers)
    head = fit_head(rows, levels, recipe.head, recipe.seed, log, _outcomes(recipe, data))
    model = EncoderModel(
        scale=data.scale,
        encoder=TUNED if recipe.sentences.tune_layers else recipe.sentences.name,
        width=encoder.width,
        numbers=numbers,
        pools={},
        about={},
    )
    opinions: Opinions = {}
    pools: dict[Kind, Pool] = {}
    for kind, cases in data.dev.items():
        shown = [with_fields(case.presentation) for case in cases]
        rows = inputs(_vectors(store, shown, recipe, f"dev {kind}", progress), shown, numbers)
        opinions[kind] = {ENCODER: head.log_odds(rows)}
        pools[kind] = fit_pool(opinions[kind], np.asarray(levels_of(cases)), None, recipe.seed)
    dev = {kind: _figures(pools, data.dev[kind], opinions[kind], None) for kind in pools}
    model = model.model_copy(update={"pools": pools, "about": {"dev": dev, "data": data.sources, "seed": recipe.seed}})
    return EncoderAgent(model, head, encoder), opinions


def _outcomes(recipe: HybridRecipe, data: HybridData) -> np.ndarray | None:
    """Return the further targets of the training visits, None where the visits have none."""
    place = Path(recipe.visits.path or "")
    if recipe.visits.name != NHAMCS or place.suffix == ".parquet" or not recipe.head.outcome_weight:
        return None
    return outcome_targets(place, data.train)


def _vectors(
    store: VectorStore, shown: Sequence[Presentation], recipe: HybridRecipe, label: str, progress: bool
) -> np.ndarray:
    """Return the vectors of both texts of each presentation, from the store where they are there."""
    said = [text for presentation in shown for text in texts(presentation)]
    bar = Progress(f"{recipe.name}: embedding {label}", len(set(said)), enabled=progress, stream=sys.stderr)
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        bar.update(done)

    try:
        return store.encode(said, advance=advance)
    finally:
        bar.close()


def _fit_hybrid(
    recipe: HybridRecipe, data: HybridData, encoder: EncoderAgent, by_kind: Opinions, progress: bool
) -> HybridAgent:
    """Return the hybrid around a fitted encoder."""
    from triagelab.training.tabular_fit import fit_agent

    bar = Progress(recipe.name, 1, enabled=progress, stream=sys.stderr)
    bar.say(f"boosted trees on {len(data.train)} cases")
    largest = max(data.dev.values(), key=len)
    tabular = fit_agent(data.train, largest, dataset=", ".join(data.sources), scale=data.scale, seed=recipe.seed)
    rules = RulesAgent()
    pools: dict[Kind, Pool] = {}
    dev: dict[str, Any] = {}
    for kind, cases in data.dev.items():
        bar.say(f"the engine reads {len(cases)} dev cases ({kind})")
        opinions, floors = _dev_opinions(cases, by_kind[kind][ENCODER], tabular, rules)
        levels = np.asarray(levels_of(cases))
        pools[kind] = fit_pool(opinions, levels, floors, recipe.seed)
        dev[kind] = _figures(pools, cases, opinions, floors)
        for name, values in opinions.items():
            alone: dict[Kind, Pool] = {kind: fit_pool({name: values}, levels, None, recipe.seed)}
            dev[kind][f"{name} alone"] = _figures(alone, cases, {name: values}, None)
    about = {"dev": dev, "data": data.sources, "seed": recipe.seed}
    return HybridAgent(HybridModel(scale=data.scale, pools=pools, about=about), encoder, tabular, rules)


def _dev_opinions(
    cases: Sequence[Case], encoded: np.ndarray, tabular: TabularAgent, rules: RulesAgent
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the log-odds of every member and the floors. Shapes: n cases -> member -> (n, 4), (n,)."""
    shown = [case.presentation for case in cases]
    assessed = [rules.assess(presentation) for presentation in shown]
    opinions = members(shown, traces(rules, assessed, shown), encoded, tabular)
    floors = [floor(*pair) or LEAST_URGENT for pair in zip(assessed, shown, strict=True)]
    return opinions, np.asarray(floors)


def _figures(
    pools: dict[Kind, Pool], cases: Sequence[Case], opinions: dict[str, np.ndarray], floors: np.ndarray | None
) -> dict[str, Any]:
    """Return what pooled opinions reach on the dev cases that they were calibrated on."""
    shown = [case.presentation for case in cases]
    levels = np.asarray(levels_of(cases))
    _, answered = pooled(pools, shown, opinions, "preferred", "standard", floors)
    return {
        "n": len(cases),
        "kappa": round(quadratic_kappa(levels, answered), 4),
        "exact": round(float((levels == answered).mean()), 4),
    }


def _counts(levels: Sequence[int]) -> dict[str, int]:
    return {str(level): int(sum(each == level for each in levels)) for level in range(1, 6)}
