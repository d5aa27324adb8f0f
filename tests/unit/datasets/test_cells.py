"""Text tables from outside: what is not one is said in one line."""

from __future__ import annotations

import pytest

from triagelab.datasets.cells import level_of, number, one_line, read_table
from triagelab.errors import DataFormatError


def table(tmp_path, data, **options):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    return read_table(path, ("a", "b"), what="a made-up table", **options)


def test_rows_with_their_lines(tmp_path):
    assert table(tmp_path, b'x,b,a\n0, 1 ,"2,\n3"\n\n4,5\n') == [(3, {"a": "2,\n3", "b": "1"}), (5, None)]


def test_optional_columns(tmp_path):
    rows = table(tmp_path, b"a,b,c\n1,2,3\n", optional=("c", "d"))
    assert rows == [(2, {"a": "1", "b": "2", "c": "3", "d": ""})]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n \n", "empty"),
        (b"a,b\n", "no rows"),
        (b"a\n1\n", "no column b; is it separated by ','"),
        (b"a;b\n1;2\n", "no column a, b; is it separated by ','"),
        (b"a,b,a\n1,2,3\n", "column a is there twice"),
        (b"PK\x03\x04....", "a zip file; unpack it"),
        (b"\x1f\x8b....", "a gzip file"),
        (b"\xd0\xcf\x11\xe0....", "an Excel file"),
        ("a,b\n1,2\n".encode("utf-16"), "not text in utf-8-sig"),
        ("a,b\n1,2\n".encode("utf-16-le"), "not text in utf-8-sig"),
        (b"a,b\n1,\xff\n", "not text in utf-8-sig"),
        (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', "not a table"),
    ],
)
def test_what_is_no_such_table(tmp_path, data, words):
    with pytest.raises(DataFormatError, match=words) as caught:
        table(tmp_path, data)
    assert "expected a made-up table" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr("triagelab.datasets.cells.MAX_TABLE_BYTES", 5)
    with pytest.raises(DataFormatError, match="larger than 5 bytes"):
        table(tmp_path, b"a,b\n1,2\n")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("1,5", None), ("", None), (None, None), ("nan", None), ("inf", None), ("-2", -2.0), ("1_0", None)],
)
def test_numbers(text, value):
    assert number(text) == value


def test_a_decimal_comma():
    assert (number("36,6", decimal=","), number("36.6", decimal=",")) == (36.6, 36.6)


@pytest.mark.parametrize(("text", "level"), [("3", 3), ("2.0", 2), ("0", None), ("6", None), ("2.5", None), ("", None)])
def test_levels(text, level):
    assert level_of(text) == level


@pytest.mark.parametrize(
    ("text", "line"), [(" a\n\tb ", "a b"), ("", None), (None, None), (3, None), ("a\x00b", "a b"), ("abcd", "abc")]
)
def test_one_line(text, line):
    assert one_line(text, 3) == line
