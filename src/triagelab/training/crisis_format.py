"""A tokenizer for tiny models in which ids and the pieces of an act are one token each: short answers, easy copies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from triagelab.hospital.acts import ACTS, COMMON, FLAG, ID, WORD, Field
from triagelab.training.pieces import save_tokenizer

PATIENTS, ORDERS = 140, 200
"""Ids `P-001` to this number, and `O-0001` to this number, are one token each; longer ones are read digit by digit."""
FRAME = ('{"reasoning": "', '", "acts": [', "]}")
"""Pieces around the acts of an answer, as `json.dumps` writes them."""


def act_pieces() -> tuple[str, ...]:
    """Return the pieces of every act as `json.dumps` writes them, cut where an id, a text or a number stands."""
    found: dict[str, None] = {}
    for kinds in (*ACTS.values(), COMMON):
        for kind, fields in kinds.items():
            for piece in _pieces_of(kind, fields):
                found[piece] = None
    return tuple(found)


def _pieces_of(kind: str, fields: Mapping[str, Field]) -> list[str]:
    done: list[str] = []
    open_ = [f'{{"act": "{kind}"', f', {{"act": "{kind}"']
    for name, field in fields.items():
        open_ = [f'{text}, "{name}": ' for text in open_]
        if field.kind == WORD:
            open_ = [text + json.dumps(word) for text in open_ for word in field.words]
        elif field.kind == FLAG:
            open_ = [text + word for text in open_ for word in ("true", "false")]
        elif field.kind == ID:
            done += [f'{text}"' for text in open_]
            open_ = ['"']
        else:
            done += open_
            open_ = [""]
    return [*done, *(text + "}" for text in open_)]


def pieces() -> tuple[str, ...]:
    """Return every text that becomes one token of its own."""
    ids = [f"P-{i:03d}" for i in range(1, PATIENTS + 1)] + [f"O-{i:04d}" for i in range(1, ORDERS + 1)]
    return (*FRAME, *act_pieces(), *ids)


def tiny_tokenizer(texts: Iterable[str], vocabulary: int, folder: Path) -> None:
    """Write a tokenizer learnt from `texts` to `folder`, with the pieces of acts and the ids as tokens.

    Raises: BadInputError for a vocabulary with no room for them.
    """
    save_tokenizer(texts, vocabulary, pieces(), "acts and ids take", folder)
