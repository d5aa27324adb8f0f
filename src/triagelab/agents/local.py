"""A local checkpoint as an agent: weights or an adapter from a folder, answers generated in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from triagelab.agents.base import Prediction
from triagelab.agents.loading import CARD, Card, adapter_base, find_model, load_checkpoint
from triagelab.cases.presentation import Presentation
from triagelab.completions.parser import parse, parse_published
from triagelab.completions.prompts import build_messages
from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


__all__ = ["CARD", "Card", "LocalAgent", "adapter_base", "find_model", "load_checkpoint"]


class LocalAgent:
    """Answers by generating text with a model on this machine; nothing leaves it.

    Attributes:
        name: `model:` and the folder's name.
        remote: False; cases from credentialed sources may be shown to it.
    """

    remote = False

    def __init__(
        self,
        model: Any,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str = "model",
        template: str = "esi",
        temperature: float = 0.0,
        max_new_tokens: int = 512,
        batch_size: int = 64,
        protocol: Literal["standard", "published"] = "standard",
    ) -> None:
        for field, value, low in (("max_new_tokens", max_new_tokens, 1), ("batch_size", batch_size, 1)):
            if value < low:
                raise BadInputError(field, value, f"a whole number from {low}")
        if not 0 <= temperature <= 10:
            raise BadInputError("temperature", temperature, "0 (greedy) to 10")
        if protocol not in ("standard", "published"):
            raise BadInputError("protocol", protocol, "standard or published")
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.template, self.temperature, self.max_new_tokens = template, temperature, max_new_tokens
        self.batch_size, self.protocol = batch_size, protocol
        self.ends = _ends(model, tokenizer)

    @classmethod
    def load(
        cls,
        directory: Path | str,
        *,
        temperature: float = 0.0,
        max_new_tokens: int | None = None,
        batch_size: int = 64,
        template: str | None = None,
        protocol: Literal["standard", "published"] = "standard",
    ) -> LocalAgent:
        """Return the agent of a run folder, a checkpoint, an exported model, or an adapter folder.

        Raises: BadInputError for a folder that holds no model, MissingDependencyError without the train extra.
        """
        folder = find_model(Path(directory))
        card = Card.read(folder)
        model, tokenizer = load_checkpoint(folder)
        return cls(
            model,
            tokenizer,
            name=f"model:{Path(directory).name}",
            template=template or card.template,
            temperature=temperature,
            max_new_tokens=max_new_tokens or card.max_new_tokens,
            batch_size=batch_size,
            protocol=protocol,
        )

    def predict(self, presentations: Sequence[Presentation], *, seed: int = 0) -> list[Prediction]:
        """Return one prediction a presentation, in order; equal seeds give equal samples."""
        prompts = [self._prompt(presentation) for presentation in presentations]
        # Neighbours of like length waste no padding, and a batch is done when its longest answer is.
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        answers: dict[int, tuple[str, int, bool]] = {}
        for start in range(0, len(order), self.batch_size):
            part = order[start : start + self.batch_size]
            found = self._generate([prompts[i] for i in part], derive_seed("agents.local", seed, start, bits=31))
            answers.update(zip(part, found, strict=True))
        return [self._read(*answers[i]) for i in range(len(prompts))]

    def _prompt(self, presentation: Presentation) -> list[int]:
        """Return the prompt's ids, with the end of the note cut where the model has no room for all of it."""
        room = self._positions() - self.max_new_tokens
        note = presentation.narrative
        while len(ids := self._ids(replace(presentation, narrative=note))) > room:
            if not note:
                most = self._positions() - len(ids)
                raise BadInputError("max_new_tokens", self.max_new_tokens, f"at most {most} with this model and prompt")
            note = note[: max(0, min(len(note) - 1, len(note) * room // len(ids)))]
        return ids

    def _ids(self, presentation: Presentation) -> list[int]:
        messages = build_messages(presentation, template=self.template)
        encoded: Any = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True
        )
        return list(encoded["input_ids"])

    def _positions(self) -> int:
        config = self.model.config.get_text_config()
        return int(getattr(config, "max_position_embeddings", None) or 1 << 20)

    def _generate(self, prompts: Sequence[list[int]], seed: int) -> list[tuple[str, int, bool]]:
        """Return (text, tokens, cut off) for prompts padded on the left."""
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
        return [self._decode(row) for row in out[:, width:].tolist()]

    def _decode(self, row: list[int]) -> tuple[str, int, bool]:
        end = next((i for i, token in enumerate(row) if token in self.ends), None)
        ids = row if end is None else row[:end]
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)), len(ids), end is None

    def _read(self, text: str, tokens: int, truncated: bool) -> Prediction:
        parsed = parse_published(text) if self.protocol == "published" else parse(text, truncated=truncated)
        return Prediction(
            level=parsed.level,
            status=parsed.status.value,
            completion=text,
            extra={"tokens": tokens, "truncated": truncated},
        )


def _ends(model: Any, tokenizer: Any) -> list[int]:
    declared = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    more = declared if isinstance(declared, list) else [declared]
    return sorted({int(token) for token in (tokenizer.eos_token_id, *more) if token is not None})
