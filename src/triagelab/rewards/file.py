"""Completions from a JSONL file through a reward, a line at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triagelab.errors import DataFormatError
from triagelab.files import read_jsonl
from triagelab.rewards.presets import load_preset
from triagelab.rewards.score import Breakdown, score

FIELDS = {
    "id": (str, int),
    "completion": (str,),
    "gold": (int, type(None)),
    "note": (str, type(None)),
    "n_tokens": (int, type(None)),
    "truncated": (bool,),
}
_WORDS = {str: "a string", int: "a whole number", type(None): "null", bool: "true or false"}


def score_file(path: str | Path, preset: str | Path) -> Iterator[dict[str, Any]]:
    """Yield `{"id", "status", "predicted", "total", "terms"}` for every line, weights applied.

    Missing: a line without `note` leaves rule terms null; a line with `gold` null has total null.

    Raises: UnknownNameError for the preset, BadInputError for the path, DataFormatError with file, line and field for a
    line that is not `{id, gold, completion, note?, n_tokens?, truncated?}`.
    """
    for id_, breakdown in score_lines(path, preset):
        yield breakdown.row(id_)


def score_lines(path: str | Path, preset: str | Path) -> Iterator[tuple[str | int, Breakdown]]:
    """Yield (id, breakdown) for every line, reasons included."""
    spec = load_preset(preset)
    for number, row in read_jsonl(path, "file"):
        checked = _checked(row, f"{path}:{number}")
        yield (
            checked["id"],
            score(
                spec,
                checked["completion"],
                checked["gold"],
                note=checked.get("note"),
                n_tokens=checked.get("n_tokens"),
                truncated=checked.get("truncated", False),
            ),
        )


def _checked(row: dict[str, Any], where: str) -> dict[str, Any]:
    for field in ("id", "completion", "gold"):
        if field not in row:
            raise DataFormatError(f"{where}: field {field!r} is missing; expected {{id, gold, completion, note?}}")
    for field, kinds in FIELDS.items():
        if field in row and (not isinstance(row[field], kinds) or (isinstance(row[field], bool) and bool not in kinds)):
            allowed = " or ".join(_WORDS[kind] for kind in kinds)
            raise DataFormatError(f"{where}: field {field!r}: got {str(row[field])[:60]!r}; allowed: {allowed}")
    if row["gold"] is not None and row["gold"] not in (1, 2, 3, 4, 5):
        raise DataFormatError(f"{where}: field 'gold': got {row['gold']!r}; allowed: 1, 2, 3, 4, 5 or null")
    if (row.get("n_tokens") or 0) < 0:
        raise DataFormatError(f"{where}: field 'n_tokens': got {row['n_tokens']!r}; allowed: 0 or more")
    return row
