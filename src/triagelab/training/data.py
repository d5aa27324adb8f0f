"""What a run trains on: cases, prompts, gold completions, and the order in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from triagelab.cases.schema import LEVELS, Case
from triagelab.errors import BadInputError, DataFormatError
from triagelab.seeding import derive_seed, stream
from triagelab.training.config import DataSettings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Message = dict[str, str]


def load_cases(settings: DataSettings) -> tuple[Case, ...]:
    """Return the training cases of a recipe, at most `settings.n`, chosen by its seed.

    Raises: DataFormatError where nothing is left to train on.
    """
    from triagelab.datasets.registry import load_dataset

    size = {"n": settings.n} if settings.name == "generated" and settings.path is None else {"limit": settings.n}
    dataset = load_dataset(settings.name, settings.path, split=settings.split, seed=settings.seed, **size)
    low, high = settings.part
    cases = tuple(case for case in dataset if low <= _share(case) < high)
    if not cases:
        raise DataFormatError(f"{settings.name}: no case in {settings.split!r}, part {low:g} to {high:g}, to train on")
    return cases


def _share(case: Case) -> float:
    """Return where the case's family lies between 0 and 1: by hash, so the same in every run."""
    return share_of(case.family or case.case_id)


def share_of(family: str) -> float:
    """Return where a family lies between 0 and 1, as `data.part` counts."""
    return derive_seed("training.part", 0, family, bits=53) / (1 << 53)


def prompt_of(case: Case, settings: DataSettings) -> list[Message]:
    """Return the chat messages that show a case; nothing of its truth."""
    from triagelab.completions.prompts import build_messages

    return build_messages(case.presentation, template=settings.template)


def answer_of(case: Case, settings: DataSettings) -> str:
    """Return the gold completion of a case."""
    from triagelab.completions.render import render_answer

    return render_answer(case, style=settings.style)


def texts_of(cases: Sequence[Case], settings: DataSettings, limit: int = 4000) -> list[str]:
    """Return prompts and answers as plain text, for training a tokenizer on the training split only."""
    texts: list[str] = []
    for case in cases[:limit]:
        texts.extend(message["content"] for message in prompt_of(case, settings))
        texts.append(answer_of(case, settings))
    return texts


def render_prompt(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> list[int]:
    """Return the token ids of a prompt, up to and including the start of the answer."""
    encoded = tokenizer.apply_chat_template(list(messages), add_generation_prompt=True, tokenize=True, return_dict=True)
    return list(encoded["input_ids"])  # type: ignore[index]


def fit_prompt(
    tokenizer: PreTrainedTokenizerBase, case: Case, settings: DataSettings, budget: int
) -> tuple[list[Message], list[int]]:
    """Return a case's messages and their ids, with the end of its note cut until they fit `budget` tokens.

    Raises: BadInputError where even an empty note does not fit.
    """
    note, shown = case.presentation.narrative, case
    while True:
        messages = prompt_of(shown, settings)
        ids = render_prompt(tokenizer, messages)
        if len(ids) <= budget:
            return messages, ids
        if not note:
            raise BadInputError(
                "data.max_tokens", settings.max_tokens, f"{len(ids) - budget} more, for the prompt alone"
            )
        # The note itself is cut, not the message around it, so that the marks that close it stay.
        note = note[: max(0, min(len(note) - 1, len(note) * budget // len(ids)))]
        shown = replace(case, presentation=replace(case.presentation, narrative=note))


def sft_rows(
    cases: Sequence[Case], tokenizer: PreTrainedTokenizerBase, settings: DataSettings, *, prompt_loss: bool = False
) -> list[dict[str, list[int]]]:
    """Return `input_ids` and `labels` a case; the prompt carries no loss unless `prompt_loss` says so."""
    rows = []
    for case in cases:
        answer = [*tokenizer(answer_of(case, settings), add_special_tokens=False)["input_ids"]]  # type: ignore[misc]
        answer.append(int(tokenizer.eos_token_id))  # type: ignore[arg-type]
        _, prompt = fit_prompt(tokenizer, case, settings, settings.max_tokens - len(answer))
        labels = prompt if prompt_loss else [-100] * len(prompt)
        rows.append({"input_ids": prompt + answer, "labels": labels + answer})
    return rows


def grpo_rows(
    cases: Sequence[Case], tokenizer: PreTrainedTokenizerBase, settings: DataSettings, *, max_new_tokens: int
) -> list[dict[str, Any]]:
    """Return a prompt a case, with what the reward needs beside it: gold level, note, case id."""
    rows = []
    for case in cases:
        prompt, _ = fit_prompt(tokenizer, case, settings, settings.max_tokens - max_new_tokens)
        rows.append(
            {
                "prompt": prompt,
                "level": case.truth.level,
                "note": case.presentation.narrative,
                "case_id": case.case_id,
            }
        )
    return rows


def level_weights(levels: Sequence[int], settings: DataSettings) -> dict[int, float]:
    """Return how often a case of each level is shown against the data's own mix, by `balance` or `mix`."""
    count = {level: max(1, sum(1 for found in levels if found == level)) for level in LEVELS}
    if settings.mix is not None:
        return {level: share / count[level] for level, share in zip(LEVELS, settings.mix, strict=True)}
    return {level: (len(levels) / count[level]) ** settings.balance for level in LEVELS}


def show_order(levels: Sequence[int], weights: Mapping[int, float], total: int, seed: int) -> np.ndarray:
    """Return which case is shown at each of `total` places: pass after pass, each level as often as its weight says.

    Every pass draws by systematic resampling, so equal weights show every case exactly once a pass.
    Shapes: (total,) of indices into `levels`.
    """
    n = len(levels)
    share = np.array([float(weights.get(level, 1.0)) for level in levels])
    edges = np.cumsum(share) / share.sum() * n
    passes = []
    for epoch in range(-(-total // n)):
        rng = stream("training.order", seed, epoch)
        # Shuffled before drawing, so that which neighbours are doubled or left out differs from pass to pass.
        ticks = np.arange(n) + rng.random()
        drawn = np.minimum(np.searchsorted(edges, ticks, side="right"), n - 1)
        passes.append(rng.permutation(drawn))
    return np.concatenate(passes)[:total]


def group_lengths(order: np.ndarray, lengths: Sequence[int], batch: int, seed: int, chunk: int = 50) -> np.ndarray:
    """Return the same places with cases of like length in one batch, batches shuffled within a chunk of batches."""
    size = np.asarray(lengths)
    out = []
    for start in range(0, len(order), batch * chunk):
        part = order[start : start + batch * chunk]
        part = part[np.argsort(size[part], kind="stable")]
        batches = [part[i : i + batch] for i in range(0, len(part), batch)]
        # A short last batch stays last: a trainer cuts batches by count.
        whole = [b for b in batches if len(b) == batch]
        rng = stream("training.batches", seed, start)
        out.extend(whole[i] for i in rng.permutation(len(whole)))
        out.extend(b for b in batches if len(b) < batch)
    return np.concatenate(out)
