"""A tokenizer for tiny models in which the pieces of a task's answers are one token each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from triagelab.errors import BadInputError

LEAST = 320
"""Tokens that a tokenizer needs beside the pieces."""


def save_tokenizer(
    texts: Iterable[str],
    vocabulary: int,
    pieces: Sequence[str],
    what: str,
    folder: Path,
    *,
    keep_known: bool = False,
) -> None:
    """Write a tokenizer learnt from `texts` to `folder`, with the pieces as tokens.

    Args:
        what: what takes so many tokens, for the error. `keep_known`: a piece that is a token already stays as it is.

    Raises: BadInputError for a vocabulary with no room for them.
    """
    from transformers import AddedToken

    from triagelab.training.models import train_tokenizer

    least = LEAST + len(pieces)
    if vocabulary < least:
        raise BadInputError("model.tiny.vocabulary", vocabulary, f"at least {least}: {what} {len(pieces)} tokens")
    tokenizer = train_tokenizer(list(texts), vocabulary - len(pieces))
    known = set(tokenizer.get_vocab()) if keep_known else set()
    added: list[str | AddedToken] = [AddedToken(piece, normalized=False) for piece in pieces if piece not in known]
    tokenizer.add_tokens(added)
    tokenizer.save_pretrained(folder)


__all__ = ["save_tokenizer"]
