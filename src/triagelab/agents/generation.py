"""Completions of a model on this machine, for agents that write text: prompts of like length share a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed


class Completion(NamedTuple):
    """What was generated, without the token that ended it; `truncated` where the limit cut it off."""

    ids: list[int]
    truncated: bool


class Generator:
    """Generates greedily at temperature 0, else samples; equal seeds give equal samples.

    Args:
        namespace: of the seeds, so that two agents never share a stream.

    Raises: BadInputError for a number out of range.
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, namespace: str, temperature: float, max_new_tokens: int, batch_size: int
    ) -> None:
        for field, value in (("max_new_tokens", max_new_tokens), ("batch_size", batch_size)):
            if value < 1:
                raise BadInputError(field, value, "a whole number from 1")
        if not 0 <= temperature <= 10:
            raise BadInputError("temperature", temperature, "0 (greedy) to 10")
        self.model, self.tokenizer, self.namespace = model, tokenizer, namespace
        self.temperature, self.max_new_tokens, self.batch_size = temperature, max_new_tokens, batch_size
        self.ends = ends_of(model, tokenizer)

    @property
    def room(self) -> int:
        """Return how many tokens a prompt may have."""
        config = self.model.config.get_text_config()
        return int(getattr(config, "max_position_embeddings", None) or 1 << 20) - self.max_new_tokens

    def prompt(self, messages: Sequence[Mapping[str, Any]], **options: Any) -> list[int]:
        """Return the ids of a prompt up to where the answer begins, however long; `options` as the chat template's."""
        encoded: Any = self.tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=True, tokenize=True, return_dict=True, **options
        )
        return list(encoded["input_ids"])

    def whole_prompt(self, messages: Sequence[Mapping[str, Any]]) -> list[int]:
        """Return the ids of a prompt that nothing is cut from. Raises: BadInputError where there is no room for it."""
        ids = self.prompt(messages)
        if len(ids) > self.room:
            most = self.room + self.max_new_tokens - len(ids)
            raise BadInputError("max_new_tokens", self.max_new_tokens, f"at most {most} with this model and prompt")
        return ids

    def complete(self, prompts: Sequence[list[int]], seed: int) -> list[Completion]:
        """Return one completion a prompt, in order."""
        # Neighbours of like length waste no padding, and a batch is done when its longest answer is.
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        found: dict[int, Completion] = {}
        for start in range(0, len(order), self.batch_size):
            part = order[start : start + self.batch_size]
            answers = self._batch([prompts[i] for i in part], derive_seed(self.namespace, seed, start, bits=31))
            found.update(zip(part, answers, strict=True))
        return [found[i] for i in range(len(prompts))]

    def text(self, completion: Completion, *, special: bool = False) -> str:
        """Return a completion as text, with or without the tokenizer's special tokens."""
        return str(self.tokenizer.decode(completion.ids, skip_special_tokens=not special))

    def _batch(self, prompts: Sequence[list[int]], seed: int) -> list[Completion]:
        """Return the completions of prompts padded on the left."""
        import torch

        pad = self.tokenizer.pad_token_id
        width = max(len(ids) for ids in prompts)
        device = next(self.model.parameters()).device
        ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts], device=device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=device)
        options: dict[str, Any] = {"do_sample": False}
        if self.temperature > 0:
            torch.manual_seed(seed)
            options = {"do_sample": True, "temperature": self.temperature, "top_k": 0, "top_p": 1.0}
        with torch.inference_mode():
            out: Any = self.model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=self.max_new_tokens,
                pad_token_id=pad,
                eos_token_id=self.ends,
                **options,
            )
        return [self._cut(row) for row in out[:, width:].tolist()]

    def _cut(self, row: list[int]) -> Completion:
        end = next((i for i, token in enumerate(row) if token in self.ends), None)
        return Completion(row if end is None else row[:end], end is None)


def ends_of(model: Any, tokenizer: Any) -> list[int]:
    """Return every token that ends an answer: the tokenizer's and those the model declares."""
    declared = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    more = declared if isinstance(declared, list) else [declared]
    return sorted({int(token) for token in (tokenizer.eos_token_id, *more) if token is not None})
