"""One training run: recipe in, run folder out."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triagelab.errors import MissingDependencyError, TriageLabError
from triagelab.evaluation.provenance import code_version, data_hash
from triagelab.files import write_json
from triagelab.libraries import quiet
from triagelab.seeding import derive_seed
from triagelab.training import checkpoints
from triagelab.training.config import Recipe, RunRecipe
from triagelab.training.gate import check_reward
from triagelab.training.hybrid_config import HybridRecipe
from triagelab.training.machine import denormals_as_zero, hardware, library_versions, process_index, settle
from triagelab.training.recipe_files import build_recipe, load_recipe


def train(
    recipe: RunRecipe | str | Path,
    out: str | Path,
    *,
    resume: bool = False,
    overrides: Mapping[str, Any] | None = None,
    progress: bool = True,
    accept_exploits: bool = False,
) -> Path:
    """Train by a recipe and return the run folder.

    The folder holds config.json, curves.jsonl, completions.jsonl (GRPO), checkpoints/, model/ and, once the run is
    done, manifest.json. With `resume` a run goes on from its last whole checkpoint; a finished one is left as it is.

    Args:
        recipe: a recipe, the name of a shipped one, or a TOML file.
        overrides: dotted setting -> value, as `--set` gives them.
        accept_exploits: train on a reward with a severe audit finding all the same; the run says so.

    Raises: UnknownNameError, BadInputError for the recipe or a reward that the audit finds exploitable; RunStateError
    for the folder.
    """
    settings = _resolve(recipe, overrides)
    place = Path(out)
    checked = check_reward(settings, place, accept=accept_exploits)
    fresh = process_index() == 0 and not place.exists()
    if process_index() == 0 and checkpoints.open_run(
        place, settings, resume=resume, about={"audit": checked} if checked else None
    ):
        return place
    if process_index() != 0 and resume and (place / checkpoints.MANIFEST).is_file():
        return place
    _need_libraries(settings)
    settle(settings)
    start = time.monotonic()
    try:
        with quiet(), denormals_as_zero():
            about = _train(settings, place, progress)
    except TriageLabError:
        # Bad input that shows only when data or model are opened must not leave a folder that looks like a run.
        if fresh:
            shutil.rmtree(place, ignore_errors=True)
        raise
    if process_index() == 0:
        write_json(
            place / checkpoints.MANIFEST, _manifest(settings, {"audit": checked, **about}, time.monotonic() - start)
        )
    return place


def _resolve(recipe: RunRecipe | str | Path, overrides: Mapping[str, Any] | None) -> RunRecipe:
    if isinstance(recipe, RunRecipe):
        return build_recipe(recipe.model_dump(), overrides, recipe.name) if overrides else recipe
    return load_recipe(recipe, overrides)


def _need_libraries(recipe: RunRecipe) -> None:
    from importlib.util import find_spec

    own = ("sentence_transformers", "sklearn") if isinstance(recipe, HybridRecipe) else ("trl", "peft", "accelerate")
    for name in ("torch", "transformers", "datasets", *own):
        if find_spec(name) is None:
            raise MissingDependencyError(name, "train,data", "training")


def _train(recipe: RunRecipe, out: Path, progress: bool) -> dict[str, Any]:
    """Run the recipe and return what the manifest says of data and outcome."""
    if isinstance(recipe, HybridRecipe):
        from triagelab.training.hybrid_run import train_hybrid

        return {
            **train_hybrid(recipe, out, progress=progress),
            "seeds": {"run": recipe.seed, "data": recipe.notes.seed},
        }
    if isinstance(recipe, Recipe):
        return _train_policy(recipe, out, progress)
    raise TypeError(f"recipe: got {type(recipe).__name__}; allowed: Recipe or HybridRecipe")


def _train_policy(recipe: Recipe, out: Path, progress: bool) -> dict[str, Any]:
    """Train a language model by SFT, GRPO or DPO."""
    from accelerate import PartialState
    from transformers import set_seed

    from triagelab.training import data, models

    if os.environ.get("WORLD_SIZE", "1") != "1":
        PartialState(cpu=not _has_gpu())
    if recipe.kind == "grpo":
        from triagelab.training.grpo import check_generation

        check_generation(recipe)
    if recipe.bedside is not None:
        from triagelab.training.bedside_run import train_bedside

        return train_bedside(recipe, out, progress=progress)
    if recipe.crisis is not None:
        from triagelab.training.crisis_run import train_crisis

        return train_crisis(recipe, out, progress=progress)
    if recipe.imaging is not None:
        from triagelab.training.imaging_run import train_imaging

        return train_imaging(recipe, out, progress=progress)
    cases = data.load_cases(recipe.data)
    set_seed(derive_seed("training.adapter", recipe.seed, bits=31))
    with PartialState(cpu=not _has_gpu()).main_process_first():
        policy = models.load_policy(recipe, out / "tokenizer", lambda: data.texts_of(cases, recipe.data))
    if policy.targets is not None and progress and process_index() == 0:
        _say(f"{recipe.name}: adapters on {policy.targets.describe()}")
    if recipe.kind == "sft":
        from triagelab.training.sft import train_sft

        summary = train_sft(recipe, policy, cases, out, progress=progress)
    else:
        from triagelab.training.grpo import train_grpo

        summary = train_grpo(recipe, policy, cases, out, progress=progress)
    return {
        "seeds": {"run": recipe.seed, "data": recipe.data.seed},
        "data": {"name": recipe.data.name, "split": recipe.data.split, "n": len(cases), "hash": data_hash(cases)},
        "levels": {str(level): sum(case.truth.level == level for case in cases) for level in range(1, 6)},
        **policy.facts(),
        **summary,
    }


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _say(line: str) -> None:
    import sys

    print(line, file=sys.stderr, flush=True)


def _manifest(recipe: RunRecipe, about: dict[str, Any], seconds: float) -> dict[str, Any]:
    return {
        "recipe": recipe.name,
        "kind": recipe.kind,
        "config_hash": recipe.hash(),
        "code": code_version(),
        "libraries": library_versions(),
        "hardware": hardware(),
        **about,
        "total_seconds": round(seconds, 1),
    }
