"""The column maps in maps/*.toml: which columns may be shown, and what their codes mean."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from triagelab.errors import DataFormatError
from triagelab.files import read_toml


class MapTable(BaseModel):
    """A table of a map file; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceTable(MapTable):
    """Where the files come from and how they are called."""

    name: str
    terms: str
    file_pattern: str
    member_suffix: str
    labels_pattern: str
    complaint_column: str


class LabelTable(MapTable):
    """The column with the level; `refused` gives the reason for each code that is no level."""

    column: str
    scale: str
    refused: dict[str, str]


class DesignTable(MapTable):
    """Survey design: kept beside the case, never shown."""

    weight: str
    cluster: str


class CodeList(MapTable):
    codes: list[int]


class SurveyMap(MapTable):
    """The map of a survey file.

    Attributes:
        shown: allow-list of columns known at the triage desk; whatever is not here is not read.
        chronic: column -> words of the history; allowed as well.
        complaint_words: complaint code -> plain words where the source's label is cut short.
    """

    source: SourceTable
    label: LabelTable
    design: DesignTable
    shown: dict[str, str]
    chronic: dict[str, str]
    not_a_complaint: CodeList
    complaint_words: dict[int, str]

    def allowed(self) -> tuple[str, ...]:
        """Return every column that may reach a presentation."""
        return (*self.shown, *self.chronic)

    def read_columns(self) -> tuple[str, ...]:
        """Return every column that is read at all: the allowed ones, the label and the survey design."""
        return (*self.allowed(), self.label.column, self.design.weight, self.design.cluster)


class HospitalSource(MapTable):
    """Where a hospital's tables come from, and on what terms."""

    name: str
    scale: str
    scale_reason: str
    demo_terms: str
    terms: str


class LabelColumn(MapTable):
    table: str
    column: str


class HospitalMap(MapTable):
    """The map of a hospital's tables; `shown` is table -> allow-list of columns known at the triage desk."""

    source: HospitalSource
    label: LabelColumn
    shown: dict[str, dict[str, str]]
    demo_sha256: dict[str, str]


@cache
def survey_map(name: str) -> SurveyMap:
    """Return the survey map in maps/<name>.toml."""
    return load_map(SurveyMap, name)


@cache
def hospital_map(name: str) -> HospitalMap:
    """Return the hospital map in maps/<name>.toml."""
    return load_map(HospitalMap, name)


M = TypeVar("M", bound=MapTable)


def load_map(model: type[M], name: str) -> M:
    """Return maps/<name>.toml as that model.

    Raises: DataFormatError with the place in the file for an unknown key or a wrong type."""
    path = resources.files("triagelab.datasets") / "maps" / f"{name}.toml"
    try:
        return model.model_validate(read_toml(str(path), "column map"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DataFormatError(f"{path}: {place}: {first['msg']}") from error
