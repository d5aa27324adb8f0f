"""Fixtures that every part shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the public data sets; skips with the way to get it where it is not there."""
    place = os.environ.get("TRIAGELAB_DATA")
    if not place or not Path(place).is_dir():
        pytest.skip("set TRIAGELAB_DATA to the data folder (docs/data.md says where each file comes from)")
    return Path(place)
