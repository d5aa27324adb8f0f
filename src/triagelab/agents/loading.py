"""Model folders: which one holds the weights, how its model wants to be asked, and loading it ready to generate."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.errors import BadInputError, DataFormatError, MissingDependencyError
from triagelab.libraries import quiet, settle_libraries

CARD = "triagelab.json"
"""Beside the weights: how the model was shown its cases, so that it is asked the same way."""


@dataclass(frozen=True)
class Card:
    """How a model wants to be asked: prompt template and the longest answer it was trained to give."""

    template: str = "esi"
    max_new_tokens: int = 512

    @classmethod
    def read(cls, folder: Path) -> Card:
        place = folder / CARD
        if not place.is_file():
            return cls()
        try:
            raw = json.loads(place.read_text(encoding="utf-8"))
            return cls(str(raw["template"]), int(raw["max_new_tokens"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataFormatError(f"{place}: expected template and max_new_tokens ({str(error)[:80]})") from error


def find_model(directory: Path) -> Path:
    """Return the folder with weights or an adapter: the folder itself, or `model` in a run folder.

    Raises: BadInputError where there is none.
    """
    for folder in (directory, directory / "model"):
        if (folder / "adapter_config.json").is_file():
            return folder
        with contextlib.suppress(OSError, ValueError):
            if "model_type" in json.loads((folder / "config.json").read_text(encoding="utf-8")):
                return folder
    raise BadInputError(
        "model",
        str(directory),
        "a finished run, a checkpoint, or an adapter folder",
        "made by `triagelab train`; an unfinished run has its checkpoints in checkpoints/",
    )


def adapter_base(folder: Path) -> str | None:
    """Return what an adapter folder sits on, or None for a folder with full weights.

    A base that lies beside its adapter is named relative to it, so that a run folder can be moved.
    """
    place = folder / "adapter_config.json"
    if not place.is_file():
        return None
    base = json.loads(place.read_text(encoding="utf-8")).get("base_model_name_or_path")
    if not base:
        raise DataFormatError(f"{place}: does not say which model the adapter belongs to (base_model_name_or_path)")
    beside = folder / base
    return str(beside) if beside.is_dir() else str(base)


def load_checkpoint(folder: Path) -> tuple[Any, Any]:
    """Return model and tokenizer of a folder, ready to generate."""
    try:
        settle_libraries()
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise MissingDependencyError("transformers", "train", "a local model") from error
    gpu = torch.cuda.is_available()
    options: dict[str, Any] = {"dtype": torch.bfloat16 if gpu else torch.float32}
    if gpu:
        options["device_map"] = {"": 0}
    base = adapter_base(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(base or folder, **options)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise BadInputError("model", str(folder), "a folder that transformers can load", reason) from error
    if base is not None:
        from peft import PeftModel

        with quiet():
            model = PeftModel.from_pretrained(model, folder)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.eval(), tokenizer
