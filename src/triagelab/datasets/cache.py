"""Loaded sources kept as Parquet, keyed by the source files and by the code that reads them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from triagelab.datasets.base import Dataset
from triagelab.datasets.parquet import read_parquet, write_parquet
from triagelab.errors import TriageLabError
from triagelab.version import PACKAGE

KEEP = 4


def cache_dir() -> Path:
    """Return where triagelab keeps what it can make again: $TRIAGELAB_CACHE, else ~/.cache/triagelab."""
    place = os.environ.get("TRIAGELAB_CACHE")
    if place:
        return Path(place)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "triagelab"


@cache
def code_version() -> str:
    """Return a hash of the code that turns files into cases, so that no change of it meets an old cache."""
    package = PACKAGE
    sources = [
        *package.glob("datasets/*.py"),
        *package.glob("datasets/maps/*.toml"),
        package / "clinical" / "vitals.py",
    ]
    sources += [package / "cases" / name for name in ("presentation.py", "schema.py")]
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(sources):
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def cache_key(files: Iterable[Path]) -> str:
    """Return a key that changes with name, size or time of any file, and with the code."""
    digest = hashlib.blake2b(code_version().encode(), digest_size=8)
    for file in files:
        stat = file.stat()
        digest.update(f"\x1f{file.resolve()}\x1f{stat.st_size}\x1f{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def through_cache(name: str, files: Iterable[Path], split: str | None, build: Callable[[], Dataset]) -> Dataset:
    """Return the dataset (or one split) from the cache, else build it and keep it.

    A cache that cannot be written or read costs time and nothing else.
    """
    target = cache_dir() / "datasets" / f"{name}-{cache_key(files)}.parquet"
    if target.is_file():
        try:
            return read_parquet(target, split=split)
        except TriageLabError:
            pass  # damaged: build it again
    dataset = build()
    try:
        write_parquet(dataset, target)
        _prune(target.parent, name)
    except (TriageLabError, OSError):
        pass
    return dataset.split(split) if split is not None else dataset


def _prune(folder: Path, name: str) -> None:
    """Keep only the newest few files of one source."""
    kept = sorted(folder.glob(f"{name}-*.parquet"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in kept[KEEP:]:
        file.unlink(missing_ok=True)
