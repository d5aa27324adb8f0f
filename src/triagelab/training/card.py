"""The model card of an exported run: what it was made of, how well it does, and what it must not be used for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from triagelab.agents.fingerprint import fingerprint
from triagelab.cases.presentation import Presentation
from triagelab.completions.prompts import build_messages
from triagelab.errors import BadInputError, DataFormatError, TriageLabError
from triagelab.evaluation.metrics import METRICS
from triagelab.evaluation.summary import SUMMARY, figure, read_summary
from triagelab.files import read_toml
from triagelab.rewards.presets import load_preset
from triagelab.rewards.spec import RewardSpec
from triagelab.training.checkpoints import MANIFEST
from triagelab.training.config import Recipe

_FROZEN = ConfigDict(extra="forbid", frozen=True)
_SHOWN = {
    "sft": ("lora", "data.template", "data.style", "data.balance", "data.mix", "data.max_tokens", "optim"),
    "grpo": ("lora", "data.template", "data.max_tokens", "generation", "reward", "optim"),
}


class BaseTerms(BaseModel):
    """Terms of the weights below: the first entry whose prefix the base has."""

    model_config = _FROZEN
    prefix: str
    licence: str
    text: str
    source: str = ""
    verified: bool = True


class DataTerms(BaseModel):
    """Where a dataset comes from and what its owner asks."""

    model_config = _FROZEN
    name: str
    text: str


class Terms(BaseModel):
    """All that `terms.toml` holds."""

    model_config = _FROZEN
    base: tuple[BaseTerms, ...]
    data: tuple[DataTerms, ...]


@dataclass(frozen=True)
class RunFacts:
    """What a finished run says of itself.

    Attributes:
        recipe: the configuration it ran with.
        manifest: what happened, as `train` wrote it.
        base: `tiny`, a hub id or a local folder.
        adapter: whether the exported weights are an adapter.
    """

    run: Path
    recipe: Recipe
    manifest: Mapping[str, Any]
    base: str
    adapter: bool


def render_card(facts: RunFacts) -> str:
    """Return the model card as Markdown with a front matter that model hubs read."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("triagelab.training", "cards"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters.update(cell=_cell, figure=figure, quoted=json.dumps)
    text = environment.get_template("card.md.jinja").render(**_context(facts))
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def _context(facts: RunFacts) -> dict[str, Any]:
    recipe, manifest = facts.recipe, facts.manifest
    root = _root_base(facts.base)
    terms = _base_terms(root)
    return {
        "recipe": recipe,
        "manifest": manifest,
        "library": "peft" if facts.adapter else "transformers",
        "licence": terms.licence if terms.licence != "none" else "other",
        "hub_base": None if root == "tiny" or Path(root).is_dir() else root,
        "base": "none, trained from scratch" if root == "tiny" else _short(root),
        "start": _short(recipe.warm_start) if recipe.warm_start else None,
        "weights": "adapter; needs the base" if facts.adapter else "whole model",
        "has_adapter": facts.adapter,
        "machine": _machine(manifest),
        "libraries": ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items()),
        "data_text": _data_text(recipe.data.name),
        "reward": _reward(recipe),
        "settings": list(_settings(recipe)),
        "evaluations": evaluations_of(facts.run),
        "metrics": METRICS,
        "template": recipe.data.template,
        "messages": json.dumps(_example(recipe), indent=2, ensure_ascii=False),
        "base_text": terms.text,
        "base_source": terms.source,
    }


def _root_base(base: str) -> str:
    """Return what the first run of a chain of runs started from."""
    for _ in range(20):
        place = Path(base).parent / MANIFEST
        if not (Path(base).is_dir() and place.is_file()):
            break
        base = str(json.loads(place.read_text(encoding="utf-8")).get("base", base))
    return base


def _short(place: str) -> str:
    """Return a hub id as it is, and of a folder its name: its path means nothing on another machine."""
    path = Path(place)
    if not path.is_absolute() and not path.is_dir() and place.count("/") == 1:
        return place
    return path.parent.name if path.name == "model" else path.name


@cache
def load_terms() -> Terms:
    """Return the terms of known base models and datasets."""
    place = resources.files("triagelab.training") / "cards" / "terms.toml"
    return Terms.model_validate(read_toml(str(place), "terms"))


def _base_terms(base: str) -> BaseTerms:
    for known in load_terms().base:
        if base.startswith(known.prefix):
            return known
    text = "The base model's own terms bind whoever passes this model on; they were not recorded."
    return BaseTerms(prefix="", licence="other", text=text)


def _data_text(name: str) -> str:
    return next((known.text for known in load_terms().data if known.name == name), f"Cases of `{name}`.")


def _reward(recipe: Recipe) -> RewardSpec | None:
    if recipe.kind != "grpo":
        return None
    try:
        return load_preset(recipe.reward.preset)
    except TriageLabError:
        return None  # a user's own file that has moved since; the settings still name it


def _settings(recipe: Recipe) -> Iterator[tuple[str, Any, bool]]:
    plain = recipe.model_dump(mode="json")
    for wanted in _SHOWN[recipe.kind]:
        section, _, key = wanted.partition(".")
        keys = [key] if key else list(plain[section])
        if section == "lora" and not plain["lora"]["enabled"]:
            keys = ["enabled"]
        for name in keys:
            value = plain[section][name]
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            yield f"{section}.{name}", shown, f"{section}.{name}" in recipe.assumed
    yield "seed", recipe.seed, "seed" in recipe.assumed


def _machine(manifest: Mapping[str, Any]) -> str:
    hardware = manifest["hardware"]
    what = ", ".join(hardware["gpus"]) or f"{hardware['threads']} CPU thread{'s' if hardware['threads'] > 1 else ''}"
    return what + (f", {hardware['processes']} processes" if hardware["processes"] > 1 else "")


def _example(recipe: Recipe) -> list[dict[str, str]]:
    note = "34-year-old woman, twisted her ankle on the stairs, walks with a limp. HR 82, BP 124/78, RR 16, SpO2 99 %."
    return build_messages(Presentation("example", note), template=recipe.data.template)


def evaluations_of(run: Path) -> list[dict[str, Any]]:
    """Return title and summary of every evaluation of these weights in the run's folder or beside it."""
    same = {fingerprint(run), fingerprint(run / "model")} - {None}
    found = []
    home = run.resolve()
    places = {path.parent for pattern in ("*", "eval/*") for path in home.parent.glob(f"{pattern}/{SUMMARY}")}
    places |= {path.parent for path in home.rglob(SUMMARY)}
    for folder in sorted(places):
        try:
            summary = read_summary(folder)
        except (BadInputError, DataFormatError):
            continue
        if summary.get("config", {}).get("agent_fingerprint") in same:
            title = f"{summary['dataset']} {summary['split']}, n = {summary['n']}, {summary['scale']}"
            found.append({"title": title, "summary": summary})
    return found


def _cell(value: Any) -> str:
    """Return a value that cannot end its cell of a Markdown table."""
    return " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")
