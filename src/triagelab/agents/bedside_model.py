"""A local checkpoint at the bedside: tool calls generated in batches, read as actions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from triagelab.agents.bedside_calls import Message, error_text, messages_of, read_call, reply_message
from triagelab.agents.generation import Generator
from triagelab.agents.loading import Card, find_model, load_checkpoint
from triagelab.cases.bedside.actions import BedsideAction
from triagelab.cases.bedside.observation import Dialogue
from triagelab.completions.bedside_tools import tool_schemas
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
        if retries < 0:
            raise BadInputError("retries", retries, "a whole number from 0")
        self.tokenizer, self.name, self.retries = tokenizer, name, retries
        self.generator = Generator(
            model,
            tokenizer,
            namespace="agents.bedside.part",
            temperature=temperature,
            max_new_tokens=max_new_tokens,
            batch_size=batch_size,
        )
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
        found = self.generator.complete([self._prompt(talk) for talk in talks], seed)
        return [self.generator.text(completion, special=True) for completion in found]

    def _prompt(self, talk: list[Message]) -> list[int]:
        """Return the prompt's ids; the oldest turns are left out where the model has no room for all of them."""
        room = self.generator.room
        head, turns = talk[:2], talk[2:]
        while len(ids := self.generator.prompt([*head, *turns], tools=self._tools)) > room:
            if not turns:
                asked = self.generator.max_new_tokens
                raise BadInputError("max_new_tokens", asked, f"{len(ids) - room} less with this model")
            turns = turns[2:]
        return ids
