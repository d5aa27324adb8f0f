"""What a client has asked, got and paid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from triagelab.agents.chat_reply import ChatReply
from triagelab.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Price:
    """Units: US dollars a million tokens."""

    prompt: float
    completion: float

    @classmethod
    def read(cls, text: str) -> Price:
        """Return the price that `IN,OUT` stands for. Raises: BadInputError."""
        try:
            prompt, completion = (float(part) for part in text.split(","))
        except ValueError:
            prompt = completion = math.nan
        if not (math.isfinite(prompt) and math.isfinite(completion) and min(prompt, completion) >= 0):
            raise BadInputError(
                "--price", text, "two numbers from 0, IN,OUT: dollars a million tokens, such as 0.15,0.6"
            )
        return cls(prompt, completion)


@dataclass(slots=True)
class Usage:
    """Sums over the life of a client.

    Attributes:
        answered, failed: requests that the server answered, and those that all attempts failed for.
        cached: replies from disk; they cost nothing and their tokens are not counted.
        retries: attempts beyond the first.
        uncounted: answers whose tokens the server did not say.
        unsaved: answers that could not be written to the cache.
    """

    answered: int = 0
    failed: int = 0
    cached: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    uncounted: int = 0
    unsaved: int = 0

    def add(self, reply: ChatReply) -> None:
        """Count one reply."""
        self.retries += max(0, reply.attempts - 1)
        if reply.cached:
            self.cached += 1
        elif not reply.answered:
            self.failed += 1
        else:
            self.answered += 1
            self.prompt_tokens += reply.prompt_tokens or 0
            self.completion_tokens += reply.completion_tokens or 0
            self.uncounted += reply.prompt_tokens is None or reply.completion_tokens is None

    def cost(self, price: Price | None) -> float | None:
        """Return the dollars of all counted tokens; None without a price. Uncounted answers make it a lower bound."""
        if price is None:
            return None
        return (self.prompt_tokens * price.prompt + self.completion_tokens * price.completion) / 1e6

    def to_dict(self, price: Price | None = None) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "dollars": self.cost(price)}

    def line(self, price: Price | None = None) -> str:
        """Return the sums as one line for people."""
        parts = [f"{self.answered} answered", f"{self.cached} from the cache", f"{self.failed} failed"]
        parts += [f"{self.retries} sent again", f"{self.prompt_tokens} + {self.completion_tokens} tokens"]
        if self.uncounted:
            parts.append(f"tokens of {self.uncounted} unknown")
        if self.unsaved:
            parts.append(f"{self.unsaved} not kept in the cache")
        cost = self.cost(price)
        if cost is not None:
            parts.append(f"{'at least ' if self.uncounted else ''}${cost:.4f}")
        return "requests: " + ", ".join(parts)
