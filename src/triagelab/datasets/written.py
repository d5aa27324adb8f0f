"""Notes written by hand for this project, apart from the code that reads them: what the text readers are measured on.

The writers (language models in the voices of nurses, crews, doctors, patients and clerks) saw neither the lexicon nor
any agent; they labelled by the rules of ESI version 5. `dev` has been used to develop the extraction, `test` never.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.cases.presentation import Presentation
from triagelab.cases.schema import Case, Truth
from triagelab.datasets.base import Dataset
from triagelab.errors import DataFormatError
from triagelab.files import read_jsonl

NAME = "written"
SCALE = "esi-v5"
PACKAGED = ("dev", "test")


class WrittenNote(BaseModel):
    """One line of the file.

    Attributes:
        group: notes of one group tell the same patient; intervals resample groups.
        register: who speaks: nurse shorthand, crew, letter, the patient, dictation and so on.
        esi, acceptable: preferred level and every level that the rules let a nurse defend.
        age_years, sex, vitals: what the note says, for tests of the extraction; null or absent where it does not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    group: str
    register_: str = Field(alias="register")
    note: str = Field(min_length=1, max_length=20_000)
    esi: int = Field(ge=1, le=5, strict=True)
    acceptable: frozenset[int]
    age_years: float | None
    sex: Literal["female", "male"] | None
    vitals: dict[str, float]


def written_notes(split: str) -> list[WrittenNote]:
    """Return the lines of a packaged split, as they stand."""
    place = resources.files("triagelab.datasets") / "data" / f"written_{split}.jsonl"
    return _read(Path(str(place)))


def load_packaged() -> Dataset:
    """Return both packaged splits."""
    cases = [_case(note, split) for split in PACKAGED for note in written_notes(split)]
    return _dataset(cases)


def load(path: Path) -> Dataset:
    """Return the notes of a file of the same form as one test split.

    Raises: DataFormatError with file and line.
    """
    return _dataset([_case(note, "test") for note in _read(path)])


def _dataset(cases: list[Case]) -> Dataset:
    notes = (
        "label: the writers', by the rules of ESI version 5; no clinician has checked them",
        "dev was used to develop the extraction and to calibrate the hybrid on notes; test was not",
    )
    return Dataset(NAME, tuple(cases), SCALE, notes=notes)


def _read(path: Path) -> list[WrittenNote]:
    found = []
    for number, row in read_jsonl(path, f"{NAME} path"):
        try:
            found.append(WrittenNote.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise DataFormatError(f"{path}:{number}: {field}: {first['msg']}") from None
    if not found:
        raise DataFormatError(f"{path}: no note in it; expected one {{id, group, register, note, esi, ...}} a line")
    return found


def _case(note: WrittenNote, split: str) -> Case:
    truth = Truth(level=note.esi, scale=SCALE, labelled_by="writers", acceptable=note.acceptable)
    shown = Presentation(case_id=f"{NAME}-{note.id}", narrative=note.note)
    return Case(shown, truth, NAME, split, cluster=note.group)
