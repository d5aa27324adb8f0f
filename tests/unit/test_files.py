from __future__ import annotations

import os

import pytest

from triagelab.errors import BadInputError, DataFormatError
from triagelab.files import MAX_LINE_BYTES, atomic_writer, read_jsonl, read_toml, write_json, write_jsonl


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "out.json"
    write_json(target, {"old": 1})
    with pytest.raises(RuntimeError, match="half way"), atomic_writer(target) as stream:
        stream.write("half")
        raise RuntimeError("half way")
    assert target.read_text().strip() == '{\n  "old": 1\n}'
    assert os.listdir(tmp_path) == ["out.json"]


def test_nan_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ValueError, match="Out of range float"):
        write_jsonl(tmp_path / "x.jsonl", [{"a": 1.0}, {"a": float("nan")}])
    assert os.listdir(tmp_path) == []


def test_reading_names_file_and_line(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"a": 1}\n\n[1]\n')
    rows = read_jsonl(path)
    assert next(rows) == (1, {"a": 1})
    with pytest.raises(DataFormatError, match=r"in\.jsonl:3: expected a JSON object"):
        next(rows)


def test_a_line_of_any_length_is_refused_not_loaded(tmp_path):
    path = tmp_path / "big.jsonl"
    path.write_bytes(b'{"a": "' + b"x" * (MAX_LINE_BYTES + 10) + b'"}\n')
    with pytest.raises(DataFormatError, match="longer than"):
        next(read_jsonl(path))


def test_deeply_nested_json_is_an_error_not_a_crash(tmp_path):
    path = tmp_path / "deep.jsonl"
    path.write_text("[" * 100_000 + "]" * 100_000 + "\n")
    with pytest.raises(DataFormatError, match="not JSON"):
        next(read_jsonl(path))


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe", b"a = 1\na = 2"])
def test_bad_toml_names_the_place(tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match="not TOML"):
        read_toml(path)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(BadInputError, match="not there"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(BadInputError, match="a folder"):
        read_toml(tmp_path)
