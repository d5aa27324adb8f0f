"""A short hash of what an agent was loaded from: a model that was trained again is another agent."""

from __future__ import annotations

import hashlib
from pathlib import Path

WEIGHTS = {".safetensors", ".bin", ".pt", ".npz", ".npy", ".joblib"}
WHOLE_UP_TO = 32 * 1024 * 1024
EDGE = 1024 * 1024
MAX_FILES = 500


def fingerprint(folder: Path) -> str | None:
    """Return a hash of the weights in `folder`, or of its JSON files where there are none; None without either.

    Checkpoints of an unfinished training are left out. Of a very large file size, beginning and end are read.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = [path for path in files if "checkpoints" not in path.relative_to(folder).parts]
    chosen = [path for path in files if path.suffix in WEIGHTS] or sorted(folder.glob("*.json"))
    if not chosen:
        return None
    digest = hashlib.blake2b(digest_size=8)
    for path in chosen[:MAX_FILES]:
        digest.update(f"{path.relative_to(folder)}\x1f{path.stat().st_size}\x1f".encode())
        digest.update(_content(path))
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        if path.stat().st_size <= WHOLE_UP_TO:
            return hashlib.file_digest(stream, "blake2b").digest()
        head = stream.read(EDGE)
        stream.seek(-EDGE, 2)
        return hashlib.blake2b(head + stream.read(EDGE)).digest()
