"""Models as judges of imaging reasoning, served or on this machine. How they are asked and read is given to them.

Prompt and parser come from whoever defines the marks (`rewards.imaging.judge`): agents know no reward.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from triagelab.agents.chat_client import ChatClient, make_client
from triagelab.agents.chat_reply import ChatRequest
from triagelab.agents.generation import Generator
from triagelab.agents.loading import find_model, load_checkpoint
from triagelab.cases.credentialed import refuse_remote
from triagelab.errors import BadInputError
from triagelab.seeding import derive_seed

Item = TypeVar("Item")
Marks = TypeVar("Marks")
Prompt = Callable[[Item], Sequence[Mapping[str, Any]]]
"""From what is judged to chat messages."""
Parse = Callable[[str], Marks | None]
"""From a reply to marks; None for one that cannot be read."""
MOST_TIMES = 100


@dataclass(frozen=True, slots=True)
class _Shown:
    credentialed: bool


class _Judge(ABC, Generic[Item, Marks]):
    """What both judges do: ask, read, and count.

    Attributes:
        counts: since this judge was made: `graded`, `unreadable`, `failed` (no reply came).
    """

    def __init__(self, name: str, prompt: Prompt[Item], parse: Parse[Marks], seed: int) -> None:
        self.name, self.seed = name, seed
        self.counts: Counter[str] = Counter(graded=0, unreadable=0, failed=0)
        self._prompt, self._parse = prompt, parse

    def grade(self, items: Sequence[Item]) -> list[Marks | None]:
        """Return the marks of every item, in order. Missing: None where no reply came or none that can be read."""
        return self._grade(items, self.seed)

    def grade_times(self, items: Sequence[Item], times: int) -> list[list[Marks | None]]:
        """Return the marks of every item from so many calls, each with a seed of its own; agreement is counted on them.

        At temperature 0 most models repeat themselves, which is no agreement; see `temperature`.

        Raises: BadInputError for a number of calls out of range.
        """
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_TIMES:
            raise BadInputError("times", times, f"a whole number from 1 to {MOST_TIMES}")
        seeds = [derive_seed("agents.imaging_judge", self.seed, number, bits=31) for number in range(times)]
        rounds = [self._grade(items, seed) for seed in seeds]
        return [list(marks) for marks in zip(*rounds, strict=True)]

    @abstractmethod
    def _grade(self, items: Sequence[Item], seed: int) -> list[Marks | None]:
        """Return the marks of every item from one call with this seed, in order."""

    def _read(self, reply: str | None) -> Marks | None:
        marks = None if reply is None else self._parse(reply)
        self.counts["failed" if reply is None else "unreadable" if marks is None else "graded"] += 1
        return marks


class ChatJudge(_Judge[Item, Marks]):
    """A served model as a judge. What is judged leaves this process, and maybe this machine.

    Attributes:
        name: `judge:` and the model.
        remote: requests leave this machine, or it is not certain that they do not.
    """

    def __init__(
        self,
        client: ChatClient,
        *,
        prompt: Prompt[Item],
        parse: Parse[Marks],
        seed: int = 0,
        allow_remote: bool = False,
    ) -> None:
        super().__init__(f"judge:{client.endpoint.model}", prompt, parse, seed)
        self.client, self.allow_remote = client, allow_remote is True
        self.remote = not client.endpoint.loopback

    @classmethod
    def load(
        cls,
        model: str | None = None,
        *,
        prompt: Prompt[Item],
        parse: Parse[Marks],
        seed: int = 0,
        temperature: float = 0.0,
        max_new_tokens: int = 256,
        allow_remote: bool = False,
        **options: Any,
    ) -> ChatJudge[Item, Marks]:
        """Return the judge of an endpoint; `options` as `chat_client.make_client`, `cache` for a folder of replies.

        Raises: BadInputError naming what is missing.
        """
        client = make_client(model=model, temperature=temperature, max_tokens=max_new_tokens, **options)
        return cls(client, prompt=prompt, parse=parse, seed=seed, allow_remote=allow_remote)

    def _grade(self, items: Sequence[Item], seed: int) -> list[Marks | None]:
        """Raises: BadInputError where an item may not leave this machine; ChatError where nothing answers at all."""
        shown = [_Shown(bool(getattr(item, "credentialed", False))) for item in items]
        refuse_remote(shown, self.client.endpoint.base_url, allow=self.allow_remote)
        requests = [
            ChatRequest(self._prompt(item), cacheable=not one.credentialed)
            for item, one in zip(items, shown, strict=True)
        ]
        replies = self.client.ask(requests, seed=seed)
        # A reply that was cut off is read like any other: half an object is no marks.
        return [self._read(reply.text or "" if reply.answered else None) for reply in replies]


class LocalJudge(_Judge[Item, Marks]):
    """A model on this machine as a judge; nothing leaves it.

    Attributes:
        name: `judge:` and the folder's name.
    """

    remote = False

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        prompt: Prompt[Item],
        parse: Parse[Marks],
        name: str = "model",
        seed: int = 0,
        temperature: float = 0.0,
        max_new_tokens: int = 256,
        batch_size: int = 32,
    ) -> None:
        super().__init__(f"judge:{name}", prompt, parse, seed)
        self.tokenizer = tokenizer
        self.generator = Generator(
            model,
            tokenizer,
            namespace="agents.imaging_judge.local",
            temperature=temperature,
            max_new_tokens=max_new_tokens,
            batch_size=batch_size,
        )

    @classmethod
    def load(
        cls, directory: Path | str, *, prompt: Prompt[Item], parse: Parse[Marks], **options: Any
    ) -> LocalJudge[Item, Marks]:
        """Return the judge of a model folder; `options` as the constructor.

        Raises: BadInputError for a folder that holds no model, MissingDependencyError without the train extra.
        """
        model, tokenizer = load_checkpoint(find_model(Path(directory)))
        tokenizer.padding_side = "left"
        return cls(model, tokenizer, prompt=prompt, parse=parse, name=Path(directory).name, **options)

    def _grade(self, items: Sequence[Item], seed: int) -> list[Marks | None]:
        if not items:
            return []
        prompts = [self.generator.whole_prompt(self._prompt(item)) for item in items]
        return [self._read(self.generator.text(one)) for one in self.generator.complete(prompts, seed)]


__all__ = ["ChatJudge", "LocalJudge"]
