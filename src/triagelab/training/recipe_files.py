"""Recipes by name or file, with overrides whose types are checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml
from triagelab.training.config import Recipe, RunRecipe
from triagelab.training.hybrid_config import HYBRIDS, HybridRecipe


def recipe_names() -> tuple[str, ...]:
    """Return the names of the shipped recipes, sorted."""
    folder = resources.files("triagelab.training") / "recipes"
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def load_recipe(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> Any:
    """Return a shipped recipe by name, or a recipe file, with `overrides` (dotted key -> value or text) applied.

    Raises: UnknownNameError for a name or key nobody knows, BadInputError for a value of the wrong type.
    """
    name = str(name_or_path)
    if name in recipe_names():
        raw = read_toml(str(resources.files("triagelab.training") / "recipes" / f"{name}.toml"), "recipe")
    elif name.endswith(".toml"):
        raw = read_toml(name, "recipe")
    else:
        raise UnknownNameError("recipe", name, recipe_names())
    raw.setdefault("name", Path(name).name.removesuffix(".toml"))
    return build_recipe(raw, overrides, where=name)


def build_recipe(raw: Mapping[str, Any], overrides: Mapping[str, Any] | None = None, where: str = "recipe") -> Any:
    """Return a recipe from plain values, with overrides applied, or one line that says what is wrong.

    Its `kind` says which model it is: `Recipe` or `HybridRecipe`.
    """
    merged = _copy(raw)
    model = model_of(merged.get("kind"))
    for key, value in (overrides or {}).items():
        _put(merged, key, value, model)
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        raise _explain(error, where, model) from None


def model_of(kind: object) -> type[RunRecipe]:
    """Return the model that checks a recipe of this kind."""
    return HybridRecipe if kind in HYBRIDS else Recipe


def _copy(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, Mapping) else value for key, value in raw.items()}


def _from_text(value: Any, choices: tuple[Any, ...] = ()) -> Any:
    """Read text from the command line as a TOML value; one of the setting's named choices stays the word it is."""
    if not isinstance(value, str) or value in choices:
        return value
    if value.lower() in ("none", "null"):
        return None
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _put(target: dict[str, Any], dotted: str, value: Any, recipe: type[RunRecipe]) -> None:
    *parents, last = dotted.split(".")
    model: Any = recipe
    for part in [*parents, last]:
        fields = model.model_fields if isinstance(model, type) and issubclass(model, BaseModel) else {}
        if part not in fields:
            raise UnknownNameError("setting", dotted, _neighbours(dotted, recipe))
        model = _table(fields[part].annotation)
    for part in parents:
        target[part] = target.get(part) or {}
        target = target[part]
    target[last] = _from_text(value, get_args(model))


def _table(annotation: Any) -> Any:
    """Return the table of an annotation `Table | None`, and any other annotation as it is."""
    tables = [part for part in get_args(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]
    return tables[0] if tables else annotation


def known_settings(model: type[BaseModel] = Recipe, prefix: str = "") -> list[str]:
    """Return every dotted key that a recipe has."""
    keys: list[str] = []
    for name, field in model.model_fields.items():
        kind = _table(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys.extend(known_settings(kind, f"{prefix}{name}."))
        else:
            keys.append(f"{prefix}{name}")
    return keys


def _neighbours(dotted: str, recipe: type[RunRecipe]) -> set[str]:
    """Return the settings of the same table, those elsewhere that are spelt alike, and the other tables."""
    known = known_settings(recipe)
    table = dotted.rpartition(".")[0]
    same = {key for key in known if key.rpartition(".")[0] == table}
    tables = set() if table and same else {f"{key.rpartition('.')[0]}.*" for key in known if "." in key}
    return same | tables | set(get_close_matches(dotted, known, 3, 0.6))


def _explain(error: ValidationError, where: str, recipe: type[RunRecipe]) -> Exception:
    first = error.errors()[0]
    dotted = ".".join(str(part) for part in first["loc"] if part not in ("literal['all']", "tuple[str, ...]"))
    if first["type"] == "extra_forbidden":
        return UnknownNameError(f"{where}: setting", dotted, _neighbours(dotted, recipe))
    if first["type"] == "missing":
        return DataFormatError(f"{where}: the setting {dotted!r} is missing")
    allowed = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if not dotted:
        return DataFormatError(f"{where}: {allowed}")
    return BadInputError(f"{where}: {dotted}", first["input"], allowed)
