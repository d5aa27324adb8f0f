"""How a tokenizer is made to show tools and calls, and the refusal of one that cannot."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from triagelab.agents.bedside_calls import TERSE_TEMPLATE, call_pieces
from triagelab.errors import BadInputError
from triagelab.training.pieces import save_tokenizer


def set_calls(tokenizer: Any, calls: Literal["terse", "qwen3", "own"]) -> None:
    """Give the tokenizer the chat template of `calls`, and what is needed to read its calls.

    Raises: BadInputError where the tokenizer has no tokens for calls, or `own` is a template that shows none.
    """
    from trl import chat_template_utils as trl

    if calls == "own":
        if not trl.supports_tool_calling(tokenizer):
            raise BadInputError(
                "bedside.calls", calls, "terse or qwen3", "this model's own chat template shows no tool calls"
            )
        return
    missing = [token for token in ("<tool_call>", "</tool_call>") if len(_ids(tokenizer, token)) != 1]
    if missing:
        raise BadInputError("bedside.calls", calls, "own", f"this model has no token {missing[0]}")
    tokenizer.chat_template = TERSE_TEMPLATE if calls == "terse" else trl.qwen3_instruct_2507_training_chat_template
    # Both write calls as Qwen3 does, so both are read by its rules.
    tokenizer.response_template = trl.qwen3_template


def tiny_tokenizer(texts: Iterable[str], vocabulary: int, folder: Path) -> None:
    """Write a tokenizer learnt from `texts` to `folder`, in which the pieces of a call are one token each.

    Raises: BadInputError for a vocabulary with no room for them.
    """
    save_tokenizer(texts, vocabulary, call_pieces(), "calls take", folder)


def _ids(tokenizer: Any, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]
