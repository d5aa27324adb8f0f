"""The machine learning libraries, made quiet and kept from reporting home."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings
from collections.abc import Iterator

# Said by one of the libraries to another, with nothing in it that a user could change.
_NEWS_TO_NOBODY = (
    # transformers says these to peft and trl
    "`is_gradient_checkpointing` is deprecated",
    "`gradient_checkpointing_disable` is deprecated",
    "`gradient_checkpointing_enable` is deprecated",
)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Leave out warnings that the libraries give each other; every other warning is shown."""
    with warnings.catch_warnings():
        for message in _NEWS_TO_NOBODY:
            warnings.filterwarnings("ignore", message=re.escape(message))
        yield


def settle_libraries() -> None:
    """Make the libraries quiet and keep them from reporting home. Call before the first of them is imported."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # It reports at import that an optional kernel is not installed; that is no news to the user of a CPU.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    # Without a network it tells of every retry; the error that ends the last one says it once.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


__all__ = ["quiet", "settle_libraries"]
