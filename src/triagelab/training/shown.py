"""Tasks in which one answer is learnt to one prompt: texts, rows and counts of tokens, and where a run starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from triagelab.errors import BadInputError
from triagelab.training.config import Recipe
from triagelab.training.machine import process_count
from triagelab.training.models import Policy, load_policy


class Shown(Protocol):
    """What is shown, and what is answered by the teacher."""

    @property
    def messages(self) -> tuple[dict[str, str], ...]: ...

    @property
    def answer(self) -> str: ...


WriteTokenizer = Callable[[Iterable[str], int, Path], None]
"""From texts and a size of vocabulary to a tokenizer in a folder."""


def texts_of(found: Sequence[Shown], limit: int | None = None) -> list[str]:
    """Return prompts and answers as plain text, for training a tokenizer on the training split only."""
    texts: list[str] = []
    for one in found[:limit]:
        texts.extend(message["content"] for message in one.messages)
        texts.append(one.answer)
    return texts


def sft_row(one: Shown, tokenizer: Any, max_tokens: int, *, prompt_loss: bool = False) -> dict[str, list[int]] | None:
    """Return `input_ids` and `labels`. Missing: None where prompt and answer are longer than `max_tokens`."""
    from triagelab.training.data import render_prompt

    prompt = render_prompt(tokenizer, one.messages)
    answer = [*tokenizer(one.answer, add_special_tokens=False)["input_ids"], int(tokenizer.eos_token_id)]
    if len(prompt) + len(answer) > max_tokens:
        return None
    return {"input_ids": prompt + answer, "labels": (prompt if prompt_loss else [-100] * len(prompt)) + answer}


def leaves_room(one: Shown, tokenizer: Any, max_tokens: int, max_new_tokens: int) -> bool:
    """Return whether an answer of `max_new_tokens` fits behind the prompt."""
    from triagelab.training.data import render_prompt

    return len(render_prompt(tokenizer, one.messages)) + max_new_tokens <= max_tokens


def token_counts(rows: Sequence[Mapping[str, list[int]]]) -> dict[str, Any]:
    """Return mean tokens of prompts and answers, and of the longest row, as a manifest says them."""
    every = sum(len(row["labels"]) for row in rows) / len(rows)
    prompts = sum(sum(label == -100 for label in row["labels"]) for row in rows) / len(rows)
    return {
        "mean_prompt_tokens": round(prompts, 1),
        "mean_answer_tokens": round(every - prompts, 1),
        "longest": max(len(row["labels"]) for row in rows),
    }


def begin_alone(recipe: Recipe, task: str) -> None:
    """Seed the adapters of a run that takes one process. Raises: BadInputError where there are several."""
    from transformers import set_seed

    from triagelab.seeding import derive_seed

    if process_count() != 1:
        raise BadInputError("processes", process_count(), f"1: training {task} runs in one process")
    set_seed(derive_seed("training.adapter", recipe.seed, bits=31))


def start_policy(recipe: Recipe, out: Path, texts: Callable[[], list[str]], write: WriteTokenizer) -> Policy:
    """Return the policy that a run starts from; a tiny model from scratch gets a tokenizer of its task first."""
    folder = out / "tokenizer"
    if recipe.warm_start is None and recipe.model.name == "tiny" and not (folder / "tokenizer.json").is_file():
        write(texts(), recipe.model.tiny.vocabulary, folder)
    return load_policy(recipe, folder, texts)


__all__ = ["Shown", "begin_alone", "leaves_room", "sft_row", "start_policy", "texts_of", "token_counts"]
