"""Evidence linked to imaging conditions: decision rules and studies, verified or recalled.

Only what stands in a source that was read is verified. Recalled entries are listed so that somebody can check them;
they enter no prompt and no reward.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from triagelab.clinical.imaging_rows import sources
from triagelab.clinical.imaging_table import conditions
from triagelab.errors import DataFormatError, UnknownNameError
from triagelab.files import read_toml


class Evidence(BaseModel):
    """One entry.

    Missing: None is not known; a verified entry has no author where the source at hand names none.

    Attributes:
        kind: `rule` is a decision rule as a source at hand gives it; `study` is one published work.
        name: of a rule. `author`, `year`, `journal`, `design`, `n`: of a study.
        finding: in our own words.
        conditions: what it is about; none for what concerns every condition.
        terms: beginnings of words by which retrieval finds a verified entry.
        source: id in `sources.toml`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^(rule|study)-[a-z0-9-]+$")
    kind: Literal["rule", "study"]
    name: str | None = None
    author: str | None = None
    year: int | None = Field(default=None, ge=1900, le=2100)
    journal: str | None = None
    design: str | None = None
    n: int | None = Field(default=None, ge=1)
    finding: str
    conditions: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    source: str
    verified: bool

    @model_validator(mode="after")
    def _whole(self) -> Evidence:
        if self.kind == "rule" and not self.name:
            raise ValueError("a rule has a name")
        if self.kind == "study" and not (self.year and self.journal and self.design):
            raise ValueError("a study has year, journal and design")
        if self.verified and not self.terms:
            raise ValueError("a verified entry has terms by which it is found")
        return self

    @property
    def citation(self) -> str:
        """Return how the entry is cited: a rule by its name, a study by its bibliography."""
        if self.kind == "rule":
            return str(self.name)
        head = f"{self.author}, " if self.author else ""
        size = f", n = {self.n}" if self.n else ""
        return f"{head}{self.journal} {self.year}, {self.design}{size}"

    @property
    def line(self) -> str:
        """Return the entry as a prompt shows it: id, citation, finding."""
        return f"[{self.id}] {self.citation}: {self.finding}"


@cache
def evidence() -> tuple[Evidence, ...]:
    """Return every entry. Raises: DataFormatError or UnknownNameError naming the entry that is wrong."""
    place = resources.files("triagelab.clinical") / "data" / "imaging" / "evidence.toml"
    return read_evidence(str(place))


def read_evidence(path: str) -> tuple[Evidence, ...]:
    """Return the entries of a file such as the packaged one.

    Raises: DataFormatError, UnknownNameError, BadInputError.
    """
    found: dict[str, Evidence] = {}
    for number, raw in enumerate(read_toml(path, "evidence").get("evidence", ())):
        try:
            one = Evidence.model_validate(raw)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(map(str, problem["loc"])) or "entry"
            raise DataFormatError(f"{path}: evidence {number}: {where}: {problem['msg']}") from error
        if one.id in found:
            raise DataFormatError(f"{path}: {one.id}: stands twice")
        for name in one.conditions:
            if name not in conditions():
                raise UnknownNameError(f"{path}: {one.id}: condition", name, conditions())
        if one.source not in sources():
            raise UnknownNameError(f"{path}: {one.id}: source", one.source, sources())
        if one.verified and not sources()[one.source].at_hand:
            raise DataFormatError(f"{path}: {one.id}: verified: the source {one.source} is recalled, not at hand")
        found[one.id] = one
    return tuple(found.values())


def verified_evidence() -> tuple[Evidence, ...]:
    """Return the entries that may be shown."""
    return tuple(one for one in evidence() if one.verified)


__all__ = ["Evidence", "evidence", "read_evidence", "verified_evidence"]
