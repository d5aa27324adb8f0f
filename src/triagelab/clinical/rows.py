"""The shape of the ESI tables in data/*.toml, row by row; an unknown key is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from triagelab.errors import DataFormatError, UnknownNameError

_RULE_ID = r"^[A-D]\.[a-z][a-z0-9_]*$"


class Row(BaseModel):
    """What every row has: id, our wording, sources (SOURCES.toml), place in the source, whether it was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=_RULE_ID)
    text: str
    source: list[str] = Field(min_length=1)
    place: str = ""
    verified: bool


class RuleRow(Row):
    """One rule; see `knowledge.Rule`."""

    when: Any
    level: int | None = Field(default=None, ge=1, le=3)
    also: list[int | str] = Field(default_factory=list)
    also_when: str | None = None
    options: dict[str, list[str]] = Field(default_factory=dict)


class ResourceRow(Row):
    """One line of the resource table."""

    when: Any
    weight: int = Field(ge=1, le=2)
    expected: float = Field(gt=0, lt=1)
    options: dict[str, list[str]] = Field(default_factory=dict)


class CountRow(Row):
    """The level that a number of resources gives; 2 stands for two or more."""

    resources: int = Field(ge=0, le=2)
    level: int = Field(ge=3, le=5)


class ReferenceRow(BaseModel):
    """Usual vital signs of an age band."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    from_: str = Field(alias="from")
    to: str
    heart_rate_bpm: tuple[float, float]
    resp_rate_bpm: tuple[float, float]
    sbp_mmhg: tuple[float, float]


class File(BaseModel):
    """One TOML file; a version is several files put together."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: int | None = None
    define: dict[str, Any] = Field(default_factory=dict)
    bands: dict[str, list[dict[str, Any]]] = Field(default_factory=dict)
    rule: list[RuleRow] = Field(default_factory=list)
    resource: list[ResourceRow] = Field(default_factory=list)
    count: list[CountRow] = Field(default_factory=list)
    assumed: list[Row] = Field(default_factory=list)
    reference: list[ReferenceRow] = Field(default_factory=list)


class SourceRow(BaseModel):
    """Where facts were taken from."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    citation: str
    licence: str


class Sources(BaseModel):
    """SOURCES.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sources: dict[str, SourceRow]


ModelT = TypeVar("ModelT", bound=BaseModel)


def _rows_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that the type of a field is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _rows_in(part)


def _holder(model: type[BaseModel], where: Sequence[int | str]) -> type[BaseModel]:
    """Return the model of the row in which a place stands; numbers of rows and names of tables are no fields."""
    for part in where[:-1]:
        field = next((field for key, field in model.model_fields.items() if part in (key, field.alias)), None)
        model = next(_rows_in(field.annotation), model) if field is not None else model
    return model


def validated(model: type[ModelT], raw: Mapping[str, Any], name: str) -> ModelT:
    """Return the parsed file.

    Raises: UnknownNameError for a key that no row has, with the nearest one; DataFormatError for any other mistake,
        with its place.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = first["loc"]
        place = ".".join(str(part) for part in where)
        if first["type"] == "extra_forbidden":
            known = [field.alias or key for key, field in _holder(model, where).model_fields.items()]
            raise UnknownNameError(f"{name}: {place}", place.rpartition(".")[2], known) from error
        raise DataFormatError(f"{name}: {place}: {first['msg']}") from error
