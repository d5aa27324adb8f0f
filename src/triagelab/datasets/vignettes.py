"""Hand-written cases: one {id, case, esi} a line. Whatever else stands on a line is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import LEVELS, Case, Truth
from triagelab.datasets.base import Dataset, Reject
from triagelab.errors import DataFormatError
from triagelab.files import read_jsonl

NAME = "vignettes"
SCALE = "esi-v4"
MAX_CASE_CHARS = 100_000


def load(path: Path) -> Dataset:
    """Return the vignettes as one test split.

    A repeated id or text and a line without a level are refused and counted; a line that is not a vignette at all is an
    error. Raises: DataFormatError with file and line.
    """
    cases: list[Case] = []
    rejects: list[Reject] = []
    ids: set[str] = set()
    texts: set[str] = set()
    for number, row in read_jsonl(path, "vignettes path"):
        case_id, text = _identity(path, number, row)
        level = _level(path, number, row)
        where = f"{path.name}:{number}"
        if case_id in ids:
            rejects.append(Reject(where, "duplicate id"))
        elif " ".join(text.split()) in texts:
            rejects.append(Reject(where, "duplicate text"))
        elif level is None:
            rejects.append(Reject(where, "no triage level (missing)"))
        else:
            ids.add(case_id)
            texts.add(" ".join(text.split()))
            truth = Truth(level=level, scale=SCALE, labelled_by="experts")
            cases.append(Case(Presentation(case_id=case_id, narrative=text), truth, NAME, "test"))
    if not cases:
        raise DataFormatError(f"{path}: no usable vignette; expected one {{id, case, esi}} a line")
    notes = (f"scale {SCALE}: the edition is not in the file; the fourth is taken", "splits: all test")
    return Dataset(NAME, tuple(cases), SCALE, tuple(rejects), notes)


def _identity(path: Path, number: int, row: dict[str, Any]) -> tuple[str, str]:
    case_id, text = row.get("id"), row.get("case")
    if isinstance(case_id, bool) or not isinstance(case_id, str | int) or not str(case_id).strip():
        raise DataFormatError(f"{path}:{number}: id: got {str(case_id)[:40]!r}; allowed: a text or whole number")
    if not isinstance(text, str) or not text.strip():
        raise DataFormatError(f"{path}:{number}: case: got {str(text)[:40]!r}; allowed: the text of the case")
    if len(text) > MAX_CASE_CHARS:
        raise DataFormatError(f"{path}:{number}: case: {len(text)} characters; allowed: at most {MAX_CASE_CHARS}")
    return str(case_id), text


def _level(path: Path, number: int, row: dict[str, Any]) -> int | None:
    value = row.get("esi")
    if value is None:
        return None
    if isinstance(value, str) and value.strip() in {"1", "2", "3", "4", "5"}:
        return int(value)
    if isinstance(value, bool) or value not in LEVELS:
        raise DataFormatError(f"{path}:{number}: esi: got {str(value)[:40]!r}; allowed: 1, 2, 3, 4, 5 or null")
    return int(value)
