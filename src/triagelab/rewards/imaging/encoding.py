"""The sentence encoder of the rewards: what it must do, one that remembers sentences, and the one that all share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np

KEPT = 50_000
"""Sentences that are remembered; at 384 floats each this is about 80 MB."""


class Encoder(Protocol):
    """Texts -> unit vectors. Shapes: n texts -> (n, width)."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


class RememberingEncoder:
    """An encoder that computes each sentence once, as long as it is among the latest `kept`.

    Attributes:
        computed, remembered: how many sentences were computed and how many were looked up.
    """

    def __init__(self, encoder: Encoder, kept: int = KEPT) -> None:
        self.encoder, self.kept = encoder, kept
        self._known: OrderedDict[str, np.ndarray] = OrderedDict()
        self.computed = self.remembered = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return what the encoder returns; sentences not known are computed in one call."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        fresh = dict(zip(new, self.encoder.encode(new), strict=True)) if new else {}
        self.computed += len(new)
        self.remembered += len(texts) - len(new)
        rows = []
        for text in texts:
            if text in fresh:
                rows.append(fresh[text])
            else:
                self._known.move_to_end(text)
                rows.append(self._known[text])
        self._known.update(fresh)
        while len(self._known) > self.kept:
            self._known.popitem(last=False)
        return np.stack(rows) if rows else np.zeros((0, 1), dtype=np.float32)

    def forget(self) -> None:
        """Forget every sentence."""
        self._known.clear()


@cache
def shared_encoder() -> RememberingEncoder:
    """Return the packaged sentence encoder, loaded once a process and only when asked for."""
    from triagelab.sentences import SentenceEncoder

    return RememberingEncoder(SentenceEncoder())


__all__ = ["Encoder", "RememberingEncoder", "shared_encoder"]
