"""Every test has a cache of its own, so that none meets what another left."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIAGELAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
