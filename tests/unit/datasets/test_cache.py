"""The cache: keyed by files and code, of no consequence where it is damaged or cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dataset_samples import visits, year_of
from triagelab.datasets import cache
from triagelab.datasets.base import Dataset
from triagelab.datasets.cache import KEEP, cache_dir, cache_key, code_version, through_cache


@pytest.fixture
def dataset():
    year = year_of(visits({}, {"IMMEDR": -9.0}))
    return Dataset("made-up", tuple(year.cases), "immedr", tuple(year.rejects), ("a note",))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.zip"
    path.write_bytes(b"one")
    return path


def counting(dataset):
    calls = []

    def build():
        calls.append(1)
        return dataset

    return build, calls


def test_a_second_call_does_not_build(dataset, source):
    build, calls = counting(dataset)
    results = [through_cache("made-up", [source], None, build) for _ in range(3)]
    assert results == [dataset] * 3
    assert len(calls) == 1


def test_a_changed_file_is_read_again(dataset, source):
    build, calls = counting(dataset)
    through_cache("made-up", [source], None, build)
    os.utime(source, ns=(1, 1))
    through_cache("made-up", [source], None, build)
    source.write_bytes(b"longer")
    through_cache("made-up", [source], None, build)
    assert len(calls) == 3


def test_changed_code_does_not_meet_an_old_cache(source, monkeypatch):
    before = cache_key([source])
    monkeypatch.setattr(cache, "code_version", lambda: "other")
    assert cache_key([source]) != before
    assert len(code_version()) == 16


def test_a_damaged_cache_is_built_again(dataset, source, own_cache):
    build, calls = counting(dataset)
    through_cache("made-up", [source], None, build)
    (file,) = own_cache.glob("datasets/*.parquet")
    file.write_bytes(b"damaged")
    assert through_cache("made-up", [source], None, build) == dataset
    assert through_cache("made-up", [source], None, build) == dataset
    assert len(calls) == 2


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(dataset, source, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TRIAGELAB_CACHE", str(tmp_path / "file"))
    build, calls = counting(dataset)
    assert through_cache("made-up", [source], None, build) == dataset
    assert len(calls) == 1


def test_only_the_newest_few_are_kept(dataset, source, own_cache):
    build, _ = counting(dataset)
    for size in range(KEEP + 3):
        source.write_bytes(b"x" * size)
        through_cache("made-up", [source], None, build)
    assert len(list(own_cache.glob("datasets/*.parquet"))) == KEEP


def test_the_split_is_applied_on_both_ways(dataset, source):
    build, _ = counting(dataset)
    for _ in range(2):
        assert len(through_cache("made-up", [source], "train", build)) == 0
        assert len(through_cache("made-up", [source], "test", build)) == 1


def test_the_place(monkeypatch):
    monkeypatch.setenv("TRIAGELAB_CACHE", "/somewhere")
    assert cache_dir() == Path("/somewhere")
    monkeypatch.delenv("TRIAGELAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_dir() == Path("/xdg/triagelab")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_dir() == Path.home() / ".cache" / "triagelab"
