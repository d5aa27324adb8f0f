"""A tokenizer for tiny models in which the marks of the format and the three labels are one token each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from triagelab.clinical.imaging import Appropriateness
from triagelab.files import write_json
from triagelab.training.pieces import save_tokenizer

MARKS = ("<think>", "</think>", "<answer>", "</answer>")


def pieces() -> tuple[str, ...]:
    """Return every text that becomes one token of its own."""
    return (*MARKS, *(label.value for label in Appropriateness))


def tiny_tokenizer(texts: Iterable[str], vocabulary: int, folder: Path) -> None:
    """Write a tokenizer learnt from `texts` to `folder`, with marks and labels as plain tokens.

    Plain, not special: a special token vanishes when a completion is read back as text, and the format with it.

    Raises: BadInputError for a vocabulary with no room for them.
    """
    save_tokenizer(texts, vocabulary, pieces(), "the format takes", folder, keep_known=True)
    _make_plain(folder / "tokenizer.json")


def _make_plain(path: Path) -> None:
    """Take the marks out of the special tokens of a saved tokenizer."""
    saved = json.loads(path.read_text(encoding="utf-8"))
    for token in saved["added_tokens"]:
        if token["content"] in MARKS:
            token["special"] = False
    write_json(path, saved)
