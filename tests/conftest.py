"""Fixtures that every part shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

FIRST = ("tests/unit/envs/check/test_checker.py", "tests/training/", "tests/e2e/", "tests/properties/")
"""Files that take long, in the order in which they begin: one that begins last leaves a worker alone with it."""


def pytest_configure(config: pytest.Config) -> None:
    """Keep the order of collection when files are handed to workers: xdist begins with the files of most tests."""
    if hasattr(config.option, "loadscopereorder"):  # where xdist is there
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)  # stable, so a file's own order stays


def _turn(item: pytest.Item) -> int:
    """Return the place in FIRST, or the one after all of it."""
    return next((place for place, start in enumerate(FIRST) if item.nodeid.startswith(start)), len(FIRST))


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the public data sets; skips with the way to get it where it is not there."""
    place = os.environ.get("TRIAGELAB_DATA")
    if not place or not Path(place).is_dir():
        pytest.skip("set TRIAGELAB_DATA to the data folder (docs/data.md says where each file comes from)")
    return Path(place)
