"""How probable a local model finds each of the three imaging labels, at the place where it first names one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from triagelab.agents.generation import Generator
from triagelab.agents.imaging_base import Shares
from triagelab.clinical.imaging import ORDER
from triagelab.completions.imaging_answers import ANSWER, END_ANSWER, END_THINK

Ways = tuple[str, ...]
"""Three ways to go on, one a label, in the order of ORDER."""
ANSWERS: Ways = tuple(f"{ANSWER}{label.value}{END_ANSWER}" for label in ORDER)
PLAIN: Ways = tuple(label.value for label in ORDER)
STATED: Ways = tuple(text if text.startswith("may") else f"is {text}" for text in PLAIN)
_NAMED = re.compile(r"(is )?usually not appropriate|(is )?usually appropriate|may be appropriate", re.IGNORECASE)


def where_named(text: str) -> tuple[str, Ways] | None:
    """Return what stands before the first label that a completion names, and the three ways to go on from there.

    A sentence such as "So MRI is usually appropriate" settles the answer after it, so labels are weighed there.
    Missing: None where the reasoning never ended.
    """
    end = text.rfind(END_THINK)
    if end < 0:
        return None
    named = _NAMED.search(text, 0, end)
    if named is None:
        return text[: end + len(END_THINK)], ANSWERS
    stated = named[0].lower().startswith(("is ", "may"))
    return text[: named.start()], STATED if stated else PLAIN


def label_shares(
    generator: Generator, prompts: Sequence[list[int]], befores: Sequence[str], ways: Sequence[Ways]
) -> list[Shares]:
    """Return the shares of the labels: the probabilities of three ways to go on, made to add up to one.

    Args:
        befores: what the model wrote up to there, one a prompt.
    """
    rows: list[tuple[list[int], int]] = []
    for prompt, before, three in zip(prompts, befores, ways, strict=True):
        for way in three:
            # Tokenised in one piece, as training text is; what the three share is the text before the label.
            whole = _ids(generator.tokenizer, before + way)
            start = _shared(whole, _ids(generator.tokenizer, before))
            rows.append((prompt + whole, len(prompt) + start))
    logs = _log_probabilities(generator, rows)
    return [_normalised(logs[place : place + 3]) for place in range(0, len(logs), 3)]


def _ids(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many first tokens two texts share."""
    return next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(other))


def _log_probabilities(generator: Generator, rows: Sequence[tuple[list[int], int]]) -> list[float]:
    """Return the log-probability of each row's tokens from its start on; rows of like length share a batch."""
    order = sorted(range(len(rows)), key=lambda place: len(rows[place][0]))
    found = [0.0] * len(rows)
    for first in range(0, len(order), generator.batch_size):
        part = order[first : first + generator.batch_size]
        for place, value in zip(part, _batch(generator, [rows[place] for place in part]), strict=True):
            found[place] = value
    return found


def _batch(generator: Generator, rows: Sequence[tuple[list[int], int]]) -> list[float]:
    """Return the log-probabilities of one batch, padded on the left as where the model writes."""
    import torch

    model, pad = generator.model, generator.tokenizer.pad_token_id
    width = max(len(ids) for ids, _ in rows)
    device = next(model.parameters()).device
    ids = torch.tensor([[pad] * (width - len(row)) + row for row, _ in rows], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row, _ in rows], device=device)
    # Logits of the answers only: those of whole prompts over a large vocabulary would fill the memory.
    longest = max(len(row) - start for row, start in rows)
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=mask, position_ids=places, logits_to_keep=longest + 1).logits
    found = []
    for number, (row, start) in enumerate(rows):
        length = len(row) - start
        said = logits[number, -length - 1 : -1].float().log_softmax(-1)
        wanted = torch.tensor(row[start:], device=device)
        found.append(float(said.gather(1, wanted[:, None]).sum()))
    return found


def _normalised(logs: Sequence[float]) -> Shares:
    top = max(logs)
    usually, may, no = (math.exp(value - top) for value in logs)
    total = usually + may + no
    return usually / total, may / total, no / total


__all__ = ["ANSWERS", "PLAIN", "STATED", "Ways", "label_shares", "where_named"]
