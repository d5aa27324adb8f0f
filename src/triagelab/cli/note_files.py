"""Files of notes, JSONL or CSV, read row by row with bounded memory; a bad row is named by line and field."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError, DataFormatError, TriageLabError
from triagelab.files import MAX_LINE_BYTES, open_input

MAX_NOTE_CHARS = 200_000
TEXT_FIELDS = ("case", "narrative", "note", "text")
FIELDS = ("age_years", "sex", "arrival", "chief_complaint", "vitals", "history", "structured", "credentialed")
SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}
SHOWN_REJECTS = 20


@dataclass
class NoteFile:
    """A file of notes.

    Attributes:
        text_field: field that holds the note; None takes the first of TEXT_FIELDS that the row has.
        skip_bad: count bad rows and go on; otherwise the first one is an error.
        bytes_read: how far the file has been read, for progress.
        bad: how many rows were left out; `rejects` holds the first of them, one line each.
        unused: fields of the file that nothing was done with.
    """

    path: Path
    text_field: str | None = None
    skip_bad: bool = False
    bytes_read: int = 0
    bad: int = 0
    rejects: list[str] = field(default_factory=list)
    unused: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def __iter__(self) -> Iterator[Presentation]:
        """Yield one presentation a row. Raises: DataFormatError with file, line and field, unless `skip_bad`."""
        rows = self._csv_rows() if self.path.suffix.lower() == ".csv" else self._jsonl_rows()
        for number, row in rows:
            try:
                if isinstance(row, str):
                    raise DataFormatError(row)
                yield self._presentation(number, row)
            except TriageLabError as error:
                where = f"{self.path}:{number}: "
                text = where + " ".join(str(error).removeprefix(where).split())
                if not self.skip_bad:
                    raise DataFormatError(f"{text}; --skip-bad leaves such rows out") from error
                self.bad += 1
                if len(self.rejects) < SHOWN_REJECTS:
                    self.rejects.append(text)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield (number, line); a line beyond the limit is cut there and its rest is passed over."""
        with open_input(self.path, "--file") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""), start=1):
                self.bytes_read += len(line)
                yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                rest = line
                while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
                    rest = stream.readline(MAX_LINE_BYTES + 1)
                    self.bytes_read += len(rest)

    def _jsonl_rows(self) -> Iterator[tuple[int, dict[str, Any] | str]]:
        """Yield (line number, object) for every line with something in it, or what is wrong with the line."""
        for number, line in self._lines():
            if len(line) > MAX_LINE_BYTES:
                yield number, f"a line is longer than {MAX_LINE_BYTES} bytes"
            elif line.strip():
                yield number, _object(line)

    def _csv_rows(self) -> Iterator[tuple[int, dict[str, Any] | str]]:
        """Yield (number of the row's last line, row) with empty cells left out, or what is wrong with the row."""
        csv.field_size_limit(MAX_NOTE_CHARS)
        texts = (line.decode("utf-8", "surrogateescape") for _, line in self._lines())
        reader = csv.reader(texts, strict=True)
        header = self._header(reader)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield reader.line_num, f"not CSV ({error}); a cell holds at most {MAX_NOTE_CHARS} characters"
                continue
            if not cells:
                continue
            if len(cells) != len(header):
                yield reader.line_num, f"got {len(cells)} cells; expected {len(header)}, as in the header"
            elif any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
                yield reader.line_num, "not UTF-8; save the file as UTF-8"
            else:
                yield reader.line_num, {name: cell for name, cell in zip(header, cells, strict=True) if cell.strip()}

    def _header(self, reader: Any) -> list[str]:
        try:
            header = [cell.strip() for cell in next(reader, [])]
        except csv.Error as error:
            raise DataFormatError(f"{self.path}:1: not CSV ({error})") from error
        wanted = (self.text_field,) if self.text_field else TEXT_FIELDS
        if not any(name in header for name in wanted):
            shown = ", ".join(ascii(name)[1:-1] for name in header[:20]) or "nothing"
            raise DataFormatError(
                f"{self.path}:1: the header has no column {' or '.join(wanted)}; it has: {shown}; use --text-field"
            )
        if len(set(header)) != len(header):
            twice = next(name for name in header if header.count(name) > 1)
            raise DataFormatError(f"{self.path}:1: the header has column {twice!r} twice")
        return header

    def _presentation(self, number: int, row: Mapping[str, Any]) -> Presentation:
        inner = row.get("presentation")
        row = inner if isinstance(inner, Mapping) else row
        name = self.text_field or next((name for name in TEXT_FIELDS if name in row), "case")
        note = row.get(name)
        if not isinstance(note, str):
            fields = ", ".join(ascii(key)[1:-1] for key in sorted(map(str, row))[:20]) or "none"
            raise DataFormatError(f"no text in field {name!r}; it has: {fields}; use --text-field")
        numbered = {"case_id": row.get("id", row.get("case_id", number))}
        known = {*FIELDS, *VitalSigns.names(), name, "id", "case_id"}
        self.unused |= {str(key)[:60] for key in row if key not in known} if len(self.unused) < 100 else set()
        return presentation(str(numbered["case_id"])[:200], note, name, row)


def _object(line: bytes) -> dict[str, Any] | str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON ({str(error)[:80]}); expected one object a line"
    if b"\\ud" in line.lower() and any("\ud800" <= sign <= "\udfff" for sign in json.dumps(found, ensure_ascii=False)):
        return "half a character (a lone surrogate such as \\ud800), which is no text"
    return found if isinstance(found, dict) else f"expected a JSON object, got {type(found).__name__}"


def presentation(case_id: str, note: str, where: str, row: Mapping[str, Any] | None = None) -> Presentation:
    """Return the presentation of a note and of the fields beside it.

    Missing: an absent, null or empty field is not recorded.
    Raises: BadInputError naming the field for a note without words or a value that cannot be.
    """
    if not note.strip():
        raise BadInputError(where, note, "a note with words in it")
    if len(note) > MAX_NOTE_CHARS:
        raise BadInputError(where, f"{len(note)} characters", f"at most {MAX_NOTE_CHARS} characters a note")
    row = row or {}
    inner = row.get("vitals") or {}
    if not isinstance(inner, Mapping):
        raise BadInputError("vitals", inner, "an object of vital signs by name")
    for name in inner:
        if name not in VitalSigns.names():
            raise BadInputError("vitals", name, ", ".join(VitalSigns.names()))
    flat = {name: row[name] for name in VitalSigns.names() if row.get(name) is not None}
    vitals = {name: _number(name, value) for name, value in {**inner, **flat}.items() if value is not None}
    return Presentation(
        case_id=case_id,
        narrative=note,
        age_years=_number("age_years", row.get("age_years")),
        sex=_sex(row.get("sex")),
        arrival=_text("arrival", row.get("arrival")),
        chief_complaint=_text("chief_complaint", row.get("chief_complaint")),
        vitals=VitalSigns(**vitals),
        history=_history(row.get("history")),
        structured=_structured(row.get("structured")),
        credentialed=_yes("credentialed", row.get("credentialed")),
    )


def _number(name: str, value: Any) -> float | None:
    """Return the number, None where nothing stands; NaN is nothing."""
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        number = None
    if number is None:
        raise BadInputError(name, value, "a number, or null if not measured")
    return None if number != number else number


def _text(name: str, value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadInputError(name, value, "text or null")
    return value


def _sex(value: Any) -> str | None:
    text = _text("sex", value)
    if text is None:
        return None
    return SEXES.get(text.strip().lower(), text)


def _history(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise BadInputError("history", value, "a list of texts")
    return tuple(items)


def _structured(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(
        item is None or isinstance(item, str | int | float) for item in value.values()
    ):
        raise BadInputError("structured", value, "an object of texts and numbers")
    return dict(value)


def _yes(name: str, value: Any) -> bool:
    texts = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if value is None:
        return False
    found = value if isinstance(value, bool) else texts.get(str(value).strip().lower())
    if found is None:
        raise BadInputError(name, value, "true or false")
    return found
