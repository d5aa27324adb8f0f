"""Text tables of outside sources: bounded reading, and single cells as numbers, levels and words."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from triagelab.errors import DataFormatError
from triagelab.files import open_input

MAX_TABLE_BYTES = 512 * 1024 * 1024
MAX_CELL_CHARS = 131_072
_PACKED = {
    b"PK\x03\x04": "a zip file",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an Excel file",
}


def read_table(
    path: Path,
    columns: Iterable[str],
    *,
    optional: Iterable[str] = (),
    separator: str = ",",
    encodings: Sequence[str] = ("utf-8-sig",),
    what: str,
) -> list[tuple[int, dict[str, str] | None]]:
    """Return (line number, the wanted cells) of each row; None for a row with another number of cells.

    A column that is not wanted is dropped here; an optional one that is not there is empty.
    Raises: DataFormatError in one line for a file that is packed, empty, in another encoding, or without a column.
    """
    wanted = tuple(columns)
    text = _text(path, encodings, what)
    # The limit is the process's, not the reader's: whoever read a table before may have left another one.
    csv.field_size_limit(MAX_CELL_CHARS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[tuple[int, dict[str, str] | None]] = []
    try:
        head = [name.strip() for name in next(reader, [])]
        _check_head(path, head, wanted, separator, what)
        places = {name: head.index(name) for name in (*wanted, *optional) if name in head}
        blank = {name: "" for name in optional if name not in head}
        for cells in reader:
            if cells:
                whole = len(cells) == len(head)
                row = {name: cells[place].strip() for name, place in places.items()} if whole else None
                rows.append((reader.line_num, None if row is None else row | blank))
    except csv.Error as error:
        raise DataFormatError(f"{path}:{reader.line_num}: not a table ({str(error)[:80]}); expected {what}") from error
    if not rows:
        raise DataFormatError(f"{path}: no rows; expected {what}")
    return rows


def _text(path: Path, encodings: Sequence[str], what: str) -> str:
    with open_input(path, "path") as stream:
        data = stream.read(MAX_TABLE_BYTES + 1)
    kind = next((name for magic, name in _PACKED.items() if data.startswith(magic)), None)
    if kind:
        raise DataFormatError(f"{path}: {kind}; unpack it or export it first; expected {what}")
    if len(data) > MAX_TABLE_BYTES:
        raise DataFormatError(f"{path}: larger than {MAX_TABLE_BYTES} bytes; expected {what}")
    if not data.strip():
        raise DataFormatError(f"{path}: empty; expected {what}")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise DataFormatError(f"{path}: not text in {' or '.join(encodings)}; expected {what}")


def _check_head(path: Path, head: list[str], wanted: tuple[str, ...], separator: str, what: str) -> None:
    missing = [name for name in wanted if name not in head]
    if missing:
        hint = f"; is it separated by {separator!r}?" if len(head) == 1 else ""
        raise DataFormatError(f"{path}: no column {', '.join(missing[:6])}{hint}; expected {what}")
    twice = sorted({name for name in wanted if head.count(name) > 1})
    if twice:
        raise DataFormatError(f"{path}: column {', '.join(twice)} is there twice; expected {what}")


def number(text: str | None, *, decimal: str = ".") -> float | None:
    """Return the finite number in a cell, None if there is none. `decimal` is accepted beside the point."""
    if text is None or "_" in text:  # Python would read 1_0 as ten
        return None
    try:
        value = float(text.replace(decimal, "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def level_of(text: str | None) -> int | None:
    """Return the level in a cell, None if it is not one of 1 to 5."""
    value = number(text)
    return int(value) if value in (1.0, 2.0, 3.0, 4.0, 5.0) else None


def one_line(text: object, limit: int | None = None) -> str | None:
    """Return the text as one line without control characters, at most `limit` long; None where there is nothing."""
    if not isinstance(text, str):
        return None
    kept = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(kept.split())[:limit] or None
