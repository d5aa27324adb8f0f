"""A local checkpoint at the bedside: tool calls generated in batches, read as actions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from triagelab.agents.bedside_calls import Message, error_text, messages_of, read_call, reply_message, tool_schemas
from triagelab.agents.loading import Card, find_model, load_checkpoint
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed

WAIT = BedsideAction(kind="reassess")
"""What is done where no call can be read: nothing is decided, and the environment's own limit ends the episode."""


class BedsideModel:
    """Acts by generating one tool call with a model on this machine, shown as it was in training.

    A call that cannot be read is answered with the reason, as in training, at most `retries` times; then the agent
    waits.

    Attributes:
        name: `model:` and the folder's name.
        calls, invalid, waited: completions generated, those that were no action, and actions given up for waiting.
    """

    remote = False

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str = "model",
        temperature: float = 0.0,
        max_new_tokens: int = 96,
        batch_size: int = 64,
        retries: int = 2,
    ) -> None:
        for field, value, low in (
            ("max_new_tokens", max_new_tokens, 1),
            ("batch_size", batch_size, 1),
            ("retries", retries, 0),
        ):
            if value < low:
                raise BadInputError(field, value, f"a whole number from {low}")
        if not 0 <= temperature <= 10:
            raise BadInputError("temperature", temperature, "0 (greedy) to 10")
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.temperature, self.max_new_tokens = temperature, max_new_tokens
        self.batch_size, self.retries = batch_size, retries
        self.calls = self.invalid = self.waited = 0
        self._tools = tool_schemas()

    @classmethod
    def load(
        cls,
        directory: Path | str,
        *,
        temperature: float = 0.0,
        max_new_tokens: int | None = None,
        batch_size: int = 64,
        retries: int = 2,
    ) -> BedsideModel:
        """Return the agent of a run folder or checkpoint that was trained at the bedside.

        Raises: BadInputError for a folder that holds no such model, MissingDependencyError without the train extra.
        """
        folder = find_model(Path(directory))
        card = Card.read(folder)
        model, tokenizer = load_checkpoint(folder)
        tokenizer.padding_side = "left"
        if "tool_call" not in str(tokenizer.chat_template):
            raise BadInputError(
                "model",
                str(directory),
                "a model whose chat template shows tool calls",
                "made by `triagelab train tiny-bedside-sft`",
            )
        return cls(
            model,
            tokenizer,
            name=f"model:{Path(directory).name}",
            temperature=temperature,
            max_new_tokens=max_new_tokens or card.max_new_tokens,
            batch_size=batch_size,
            retries=retries,
        )

    def act(self, dialogues: Sequence[Dialogue], *, seed: int = 0) -> list[BedsideAction]:
        """Return one action a dialogue, in order; equal seeds give equal samples."""
        talks = [messages_of(dialogue) for dialogue in dialogues]
        actions: list[BedsideAction] = [WAIT] * len(talks)
        open_ = list(range(len(talks)))
        for attempt in range(self.retries + 1):
            texts = self._complete([talks[i] for i in open_], derive_seed("agents.bedside", seed, attempt, bits=31))
            left = []
            for i, text in zip(open_, texts, strict=True):
                self.calls += 1
                try:
                    actions[i] = read_call(text)
                except BadInputError as error:
                    self.invalid += 1
                    left.append(i)
                    talks[i] += [
                        {"role": "assistant", "content": text},
                        reply_message("error", str({"error": error_text(error)})),
                    ]
            open_ = left
            if not open_:
                break
        self.waited += len(open_)
        return actions

    def _complete(self, talks: Sequence[list[Message]], seed: int) -> list[str]:
        prompts = [self._prompt(talk) for talk in talks]
        # Neighbours of like length waste no padding.
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        found: dict[int, str] = {}
        for start in range(0, len(order), self.batch_size):
            part = order[start : start + self.batch_size]
            texts = self._generate([prompts[i] for i in part], derive_seed("agents.bedside.part", seed, start, bits=31))
            found.update(zip(part, texts, strict=True))
        return [found[i] for i in range(len(prompts))]

    def _prompt(self, talk: list[Message]) -> list[int]:
        """Return the prompt's ids; the oldest turns are left out where the model has no room for all of them."""
        room = self._positions() - self.max_new_tokens
        head, turns = talk[:2], talk[2:]
        while len(ids := self._ids([*head, *turns])) > room:
            if not turns:
                raise BadInputError("max_new_tokens", self.max_new_tokens, f"{len(ids) - room} less with this model")
            turns = turns[2:]
        return ids

    def _ids(self, messages: list[Message]) -> list[int]:
        encoded: Any = self.tokenizer.apply_chat_template(
            messages, tools=self._tools, add_generation_prompt=True, tokenize=True, return_dict=True
        )
        return list(encoded["input_ids"])

    def _positions(self) -> int:
        config = self.model.config.get_text_config()
        return int(getattr(config, "max_position_embeddings", None) or 1 << 20)

    def _generate(self, prompts: Sequence[list[int]], seed: int) -> list[str]:
        """Return the completions of prompts padded on the left, tool-call tokens kept and the end cut off."""
        import torch

        pad, end = self.tokenizer.pad_token_id, self.tokenizer.eos_token_id
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
                eos_token_id=end,
                **options,
            )
        rows = out[:, width:].tolist()
        return [str(self.tokenizer.decode(row[: row.index(end)] if end in row else row)) for row in rows]
