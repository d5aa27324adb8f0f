"""A local checkpoint as an agent: weights or an adapter from a folder, answers generated in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from triagelab.agents.base import Prediction
from triagelab.agents.generation import Completion, Generator
from triagelab.agents.loading import CARD, Card, adapter_base, find_model, load_checkpoint
from triagelab.cases.presentation import Presentation
from triagelab.completions.parser import parse, parse_published
from triagelab.completions.prompts import build_messages
from triagelab.errors import BadInputError

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
        if protocol not in ("standard", "published"):
            raise BadInputError("protocol", protocol, "standard or published")
        self.tokenizer, self.name, self.template, self.protocol = tokenizer, name, template, protocol
        self.generator = Generator(
            model,
            tokenizer,
            namespace="agents.local",
            temperature=temperature,
            max_new_tokens=max_new_tokens,
            batch_size=batch_size,
        )

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
        return [self._read(completion) for completion in self.generator.complete(prompts, seed)]

    def _prompt(self, presentation: Presentation) -> list[int]:
        """Return the prompt's ids, with the end of the note cut where the model has no room for all of it."""
        room, answer = self.generator.room, self.generator.max_new_tokens
        note = presentation.narrative
        while len(ids := self._ids(replace(presentation, narrative=note))) > room:
            if not note:
                most = room + answer - len(ids)
                raise BadInputError("max_new_tokens", answer, f"at most {most} with this model and prompt")
            note = note[: max(0, min(len(note) - 1, len(note) * room // len(ids)))]
        return ids

    def _ids(self, presentation: Presentation) -> list[int]:
        return self.generator.prompt(build_messages(presentation, template=self.template))

    def _read(self, completion: Completion) -> Prediction:
        text, truncated = self.generator.text(completion), completion.truncated
        parsed = parse_published(text) if self.protocol == "published" else parse(text, truncated=truncated)
        return Prediction(
            level=parsed.level,
            status=parsed.status.value,
            completion=text,
            extra={"tokens": len(completion.ids), "truncated": truncated},
        )
