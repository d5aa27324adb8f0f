"""Pausing the garbage collector is undone, whatever happens inside."""

from __future__ import annotations

import gc

import pytest

from triagelab.datasets.bulk import bulk_objects


def test_collection_is_paused_and_resumed():
    with bulk_objects():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), bulk_objects():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with bulk_objects():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
