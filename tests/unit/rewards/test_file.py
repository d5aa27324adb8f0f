"""Completions from a JSONL file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.rewards.file import score_file, score_lines


def write(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "completions.jsonl"
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def test_one_row_a_line_with_weights_applied(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"id": "a", "gold": 2, "completion": "ANSWER: ESI 2", "note": "pain 3/10", "anything": 1},
        {"id": 7, "gold": None, "completion": ""},
        {"id": "c", "gold": 3, "completion": "ANSWER: ESI 3", "n_tokens": 150},
        {"id": "d", "gold": 3, "completion": "ANSWER: ESI 3", "truncated": True},
    )
    rows = list(score_file(path, "v46"))
    assert [(row["id"], row["status"], row["predicted"]) for row in rows] == [
        ("a", "clean", 2), (7, "empty", None), ("c", "clean", 3), ("d", "truncated", None),
    ]  # fmt: skip
    assert set(rows[0]) == {"id", "status", "predicted", "total", "terms"}
    assert rows[1]["total"] is None
    assert rows[1]["terms"]["outcome"] is None
    assert rows[2]["terms"] == {"outcome": 1.0, "format": 0.0, "length": pytest.approx(0.15)}
    for row in rows:
        if row["total"] is not None:
            assert sum(row["terms"].values()) == row["total"]
    json.dumps(rows, allow_nan=False)
    reasons = [term.reason for _, breakdown in score_lines(path, "v46") for term in breakdown.terms]
    assert "gold 2, predicted 2" in reasons


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"gold": 2, "completion": "x"}, "field 'id' is missing"),
        ({"id": "a", "gold": 2}, "field 'completion' is missing"),
        ({"id": "a", "completion": "x"}, "field 'gold' is missing"),
        ({"id": "a", "gold": 6, "completion": "x"}, "field 'gold': got 6"),
        ({"id": "a", "gold": "2", "completion": "x"}, "field 'gold'"),
        ({"id": "a", "gold": 2.0, "completion": "x"}, "field 'gold'"),
        ({"id": "a", "gold": True, "completion": "x"}, "field 'gold'"),
        ({"id": "a", "gold": 2, "completion": None}, "field 'completion'.*a string"),
        ({"id": "a", "gold": 2, "completion": "x", "note": 3}, "field 'note'"),
        ({"id": "a", "gold": 2, "completion": "x", "n_tokens": -1}, "field 'n_tokens'"),
        ({"id": ["a"], "gold": 2, "completion": "x"}, "field 'id'"),
        ("[1, 2]", "expected a JSON object"),
        ("{", "not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: object, words: str) -> None:
    path = write(tmp_path, {"id": "ok", "gold": 2, "completion": "x"}, row)
    with pytest.raises(DataFormatError, match=words) as caught:
        list(score_file(path, "v46"))
    assert "completions.jsonl:2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wrong_names(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        list(score_file(write(tmp_path), "v64"))
    with pytest.raises(BadInputError, match="not there"):
        list(score_file(tmp_path / "none.jsonl", "v46"))
