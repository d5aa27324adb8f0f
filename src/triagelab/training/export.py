"""A finished run as a folder that transformers loads: weights or adapter, tokenizer, chat template, model card."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from triagelab.agents.loading import adapter_base
from triagelab.errors import BadInputError, DataFormatError, MissingDependencyError, RunStateError
from triagelab.libraries import quiet, settle_libraries
from triagelab.training.card import RunFacts, render_card
from triagelab.training.checkpoints import CONFIG, MANIFEST
from triagelab.training.config import Recipe
from triagelab.training.hybrid_config import HYBRIDS

CARD_FILE = "README.md"
# What a run needs and a user of the model does not; peft's own card is replaced by ours.
_LEFT_OUT = {"training_args.bin", "README.md"}
_ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin")
# A vision-language base is served through its processor, although no image is ever asked for here.
_PROCESSOR_FILES = ("processor_config.json", "preprocessor_config.json", "video_preprocessor_config.json")


def export(run: Path | str, out: Path | str, *, merge: bool = False) -> Path:
    """Write the model of a finished run to `out` and return it; on any error `out` is left as it was.

    Args:
        merge: fold an adapter into its base, so that the result stands alone; whole weights are whole already.

    Raises: BadInputError for a folder that is no run or an `out` that is not free, RunStateError for an unfinished run,
        MissingDependencyError where merging lacks the train extra.
    """
    run, out = Path(run), Path(out)
    facts = read_run(run, merge=merge)
    _check_free(out)
    with _whole_folder(out) as place:
        if facts.recipe.lora.enabled and merge:
            _merge(run / "model", place)
        _copy(run / "model", place, adapter=facts.adapter)
        _forget_this_machine(place)
        if facts.adapter:
            _absolute_base(run / "model", place)
        (place / CARD_FILE).write_text(render_card(facts), encoding="utf-8")
    return out


def read_run(run: Path, *, merge: bool = False) -> RunFacts:
    """Return what a finished run says of itself.

    Raises: BadInputError where `run` is no run, RunStateError where it is not finished, DataFormatError where its files
        are not what `train` wrote.
    """
    if not (run / CONFIG).is_file():
        raise BadInputError("run", str(run), "the folder of a finished `triagelab train`")
    if not (run / MANIFEST).is_file():
        raise RunStateError(f"{run}: the run is not finished; finish it with `triagelab train ... --resume`")
    try:
        settings, manifest = _json(run / CONFIG)["recipe"], _json(run / MANIFEST)
        whole = settings["kind"] in HYBRIDS
        recipe = None if whole else Recipe.model_validate(settings)
        base = "" if whole else str(manifest["base"])
    except (OSError, ValueError, KeyError, ValidationError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DataFormatError(
            f"{run}: {CONFIG} or {MANIFEST} is not as `triagelab train` wrote it ({reason})"
        ) from None
    if recipe is None or recipe.bedside is not None:
        # The card tells of answers to notes: reward table, prompt, metrics.
        hint = "the model folder of this one can be copied as it is"
        raise BadInputError("run", str(run), "a run of sft or grpo on notes", hint)
    below = adapter_base(run / "model")
    return RunFacts(run, recipe, manifest, below or base, adapter=below is not None and not merge)


def _json(place: Path) -> dict[str, Any]:
    return json.loads(place.read_text(encoding="utf-8"))


def _check_free(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInputError("--out", str(out), "a new or empty folder", "nothing is overwritten")


@contextlib.contextmanager
def _whole_folder(out: Path) -> Iterator[Path]:
    """Give a hidden neighbour of `out` that becomes `out` only if the block ends without an error."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part"))
    except OSError as error:
        raise BadInputError("--out", str(out), "a place that can be written", str(error.strerror)) from error
    try:
        yield place
        place.chmod(0o755)
        if out.exists():
            out.rmdir()
        os.replace(place, out)
    except OSError as error:
        shutil.rmtree(place, ignore_errors=True)
        reason = error.strerror or str(error)
        raise BadInputError("--out", str(out), "a place with room for the model", reason) from error
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _copy(model: Path, place: Path, *, adapter: bool) -> None:
    """Copy what is not there yet: of an adapter that was merged only the tokenizer and what stands beside it."""
    for item in sorted(model.iterdir()):
        merged = not adapter and item.name in _ADAPTER_FILES
        if item.is_file() and item.name not in _LEFT_OUT and not merged and not (place / item.name).exists():
            shutil.copy2(item, place / item.name)


def _forget_this_machine(place: Path) -> None:
    """Drop what the tokenizer's settings say of how it was loaded here; elsewhere it would forbid the hub."""
    config = place / "tokenizer_config.json"
    if config.is_file():
        kept = {key: value for key, value in _json(config).items() if key not in ("is_local", "local_files_only")}
        config.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _absolute_base(model: Path, place: Path) -> None:
    """Name a base that is a local folder by its full path: a relative one would be looked for beside the copy."""
    base = adapter_base(model)
    if base is None or not Path(base).is_dir():
        return
    config = _json(place / "adapter_config.json")
    config["base_model_name_or_path"] = str(Path(base).resolve())
    (place / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _merge(model: Path, place: Path) -> None:
    """Write the base with the adapter folded in, in the base's own precision."""
    base = adapter_base(model)
    if base is None:
        return
    try:
        settle_libraries()
        from peft import PeftModel
        from transformers import AutoModelForCausalLM
    except ImportError as error:
        raise MissingDependencyError("peft", "train", "merging an adapter") from error
    try:
        # Never into a quantised copy: its rounding would become part of the result.
        weights = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
        with quiet():
            merged = PeftModel.from_pretrained(weights, model).merge_and_unload(safe_merge=True)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise BadInputError("run", str(model), "an adapter whose base transformers can load", reason) from error
    merged.save_pretrained(place)
    _copy_processor(base, place)


def _copy_processor(base: str, place: Path) -> None:
    from transformers.utils.hub import cached_file

    for name in _PROCESSOR_FILES:
        found = cached_file(
            base, name, _raise_exceptions_for_missing_entries=False, _raise_exceptions_for_connection_errors=False
        )
        if found is not None:
            shutil.copy2(found, place / name)
