"""What a run on imaging questions trains on: cases of the train split, their prompts, and the gold completions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from triagelab.cases.imaging.case import ImagingCase
from triagelab.cases.imaging.generator import dataset_split, imaging_case
from triagelab.clinical.imaging import Appropriateness
from triagelab.completions.imaging_answers import gold_completion
from triagelab.completions.imaging_evidence import evidence_lines
from triagelab.completions.imaging_prompts import imaging_messages
from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed, stream
from triagelab.training.config import Recipe
from triagelab.training.imaging_config import ImagingSettings
from triagelab.training.shown import leaves_room, sft_row

Message = dict[str, str]
TEXTS = 6000
"""Questions whose text a tokenizer learns from, at most."""
LABELS: tuple[Appropriateness, ...] = tuple(Appropriateness)


@dataclass(frozen=True, slots=True)
class Example:
    """One question as it is shown, with its case; `evidence` says whether evidence may stand in the prompt."""

    case: ImagingCase
    messages: tuple[Message, ...]
    evidence: bool

    @property
    def answer(self) -> str:
        """Return the gold completion."""
        return gold_completion(self.case.truth.reasoning, self.case.truth.label)


def cases(recipe: Recipe) -> list[ImagingCase]:
    """Return the cases of a recipe in a fixed mixed order.

    Raises: BadInputError for a split that is not for training, and for generated cases without a number.
    """
    settings, data = _settings(recipe), recipe.data
    if data.split != "train":
        raise BadInputError("data.split", data.split, "train: a variant that is tested is never trained on")
    if settings.source == "generated":
        if data.n is None:
            raise BadInputError("data.n", None, "a whole number: generated cases are as many as you like")
        return [imaging_case("train", _case_seed(data.seed, number)) for number in range(data.n)]
    every = dataset_split("train", variants=settings.variants)
    order = stream("training.imaging.order", data.seed).permutation(len(every))
    return [every[i] for i in order][: data.n]


def _case_seed(seed: int, number: int) -> int:
    return derive_seed("training.imaging.case", seed, number, bits=53)


def _settings(recipe: Recipe) -> ImagingSettings:
    assert recipe.imaging is not None  # only recipes with this table come here
    return recipe.imaging


def examples(recipe: Recipe, found: Sequence[ImagingCase], *, evidence: float) -> list[Example]:
    """Return cases as they are shown; `evidence` is the share of prompts with evidence, where any is found by text."""
    shown = []
    for number, case in enumerate(found):
        chance = float(stream("training.imaging.evidence", recipe.data.seed, number).random())
        with_evidence = chance < evidence
        lines = evidence_lines(case.question) if with_evidence else ()
        messages = tuple(imaging_messages(case.question, recipe.data.template, lines))
        shown.append(Example(case, messages, with_evidence))
    return shown


def sft_rows(
    found: Sequence[Example], tokenizer: Any, max_tokens: int, *, prompt_loss: bool = False
) -> tuple[list[dict[str, list[int]]], list[int]]:
    """Return `input_ids` and `labels` a question, and the place of its label; what is longer is left out.

    Raises: BadInputError where no question fits.
    """
    rows, places = [], []
    for one in found:
        row = sft_row(one, tokenizer, max_tokens, prompt_loss=prompt_loss)
        if row is not None:
            rows.append(row)
            places.append(LABELS.index(one.case.truth.label))
    if not rows:
        raise BadInputError("data.max_tokens", max_tokens, "room for one question and its answer")
    return rows, places


def grpo_rows(
    found: Sequence[Example], tokenizer: Any, max_tokens: int, *, max_new_tokens: int
) -> list[dict[str, Any]]:
    """Return a prompt a question with its row id beside it, by which gold is looked up; longer ones are left out.

    Raises: BadInputError where no question fits.
    """
    rows = [
        {"prompt": list(one.messages), "id": one.case.id}
        for one in found
        if leaves_room(one, tokenizer, max_tokens, max_new_tokens)
    ]
    if not rows:
        raise BadInputError("data.max_tokens", max_tokens, "room for one question and an answer")
    return rows


def label_weights(places: Sequence[int], balance: float) -> dict[int, float]:
    """Return how often a question of each label is shown: 0 keeps the mix of the data, 1 shows labels equally often."""
    counts = {place: max(1, list(places).count(place)) for place in range(len(LABELS))}
    return {place: (len(places) / count) ** balance for place, count in counts.items()}
