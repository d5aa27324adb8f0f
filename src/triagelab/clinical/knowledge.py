"""The ESI tables of data/*.toml, validated and frozen: rules, resources, counts, age bands, sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType
from typing import Any

from triagelab.clinical.clauses import Names, parse_age, parse_bands, parse_clause
from triagelab.clinical.esi_options import CHOICES, check_version
from triagelab.clinical.facts import vocabulary
from triagelab.clinical.predicates import Band, Predicate
from triagelab.clinical.rows import File, ReferenceRow, ResourceRow, Row, RuleRow, Sources, validated
from triagelab.errors import BadInputError, DataFormatError, UnknownNameError
from triagelab.files import read_toml


@dataclass(frozen=True)
class RuleInfo:
    """What a rule id stands for: wording, where the idea stands, and whether that was checked against the source."""

    id: str
    text: str
    source: str
    verified: bool

    @property
    def point(self) -> str:
        return self.id[0]


@dataclass(frozen=True)
class Rule(RuleInfo):
    """One line of decision.

    Attributes:
        when: fires the rule.
        level: the level it asks for; None only widens the acceptable set.
        also: other levels that are then defensible.
        also_resources: the level by resource count is defensible too.
        also_when: `also` holds only where this fact is yes; None is always.
        options: option name -> values under which the rule counts.
    """

    when: Predicate
    level: int | None
    also: frozenset[int]
    also_resources: bool
    also_when: str | None
    options: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class ResourceType(RuleInfo):
    """One line of the resource table: counts `weight` when needed; `expected` is how often a visit needs it."""

    when: Predicate
    weight: int
    expected: float
    options: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Reference:
    """Usual ranges (low, high) of an age band, half-open in age. Units: years, /min, mmHg."""

    low_years: float
    high_years: float
    heart_rate_bpm: tuple[float, float]
    resp_rate_bpm: tuple[float, float]
    sbp_mmhg: tuple[float, float]


@dataclass(frozen=True)
class EsiTable:
    """Everything one version of the handbook says, in file order."""

    version: int
    rules: tuple[Rule, ...]
    resources: tuple[ResourceType, ...]
    counts: tuple[RuleInfo, ...]
    assumed: RuleInfo
    bands: Mapping[str, tuple[Band, ...]]
    reference: tuple[Reference, ...]

    @cached_property
    def info(self) -> Mapping[str, RuleInfo]:
        """Every id in the order in which a trace names them: A, B, C, D."""
        before = [rule for rule in self.rules if rule.point < "C"]
        after = [rule for rule in self.rules if rule.point > "C"]
        return {item.id: item for item in (*before, *self.resources, *self.counts, self.assumed, *after)}


def _read(name: str) -> dict[str, Any]:
    return read_toml(str(resources.files("triagelab.clinical") / "data" / name))


@cache
def sources() -> Mapping[str, str]:
    """Return source id -> citation."""
    table = validated(Sources, {"sources": _read("SOURCES.toml")}, "SOURCES.toml")
    return MappingProxyType({name: row.citation for name, row in table.sources.items()})


def _cite(row: Row) -> str:
    for name in row.source:
        if name not in sources():
            raise UnknownNameError(f"{row.id}: source", name, sources())
    return "; ".join(sources()[name] for name in row.source) + (f", {row.place}" if row.place else "")


def _info(row: Row) -> RuleInfo:
    return RuleInfo(row.id, row.text, _cite(row), row.verified)


def _options(row: RuleRow | ResourceRow) -> Mapping[str, tuple[str, ...]]:
    for name, values in row.options.items():
        if name not in CHOICES:
            raise UnknownNameError(f"{row.id}: option", name, CHOICES)
        for value in values:
            if value not in CHOICES[name]:
                raise UnknownNameError(f"{row.id}: {name}", value, CHOICES[name])
    return MappingProxyType({name: tuple(values) for name, values in row.options.items()})


_ALSO: dict[tuple[str, int | None], set[int]] = {
    ("A", 1): {2},
    ("B", 2): {1, 3},
    ("B", None): {2, 3},
    ("D", 2): {3},
    ("D", 3): {2},
    ("D", None): {2},
}
"""Which other levels a rule may name, by decision point and level."""


def _rule(row: RuleRow, names: Names) -> Rule:
    also = {level for level in row.also if isinstance(level, int)}
    words = [word for word in row.also if isinstance(word, str)]
    shape = (row.id[0], row.level)
    allowed = _ALSO.get(shape)
    if allowed is None:
        raise BadInputError(f"{row.id}: level", row.level, "1 at A, 2 or none at B, 2, 3 or none at D")
    if not also <= allowed or words not in ([], ["resources"]) or (words and (also or shape != ("B", 2))):
        raise BadInputError(f"{row.id}: also", row.also, f"{sorted(allowed)} for this point and level")
    if row.level is None and not also:
        raise BadInputError(f"{row.id}: also", row.also, f"one or more of {sorted(allowed)}, as the rule sets no level")
    if row.also_when is not None and row.also_when not in vocabulary():
        raise UnknownNameError(f"{row.id}: also_when", row.also_when, vocabulary())
    return Rule(
        id=row.id,
        text=row.text,
        source=_cite(row),
        verified=row.verified,
        when=parse_clause(row.when, names, f"{row.id}: when"),
        level=row.level,
        also=frozenset(also),
        also_resources=bool(words),
        also_when=row.also_when,
        options=_options(row),
    )


def _resource(row: ResourceRow, names: Names) -> ResourceType:
    return ResourceType(
        id=row.id,
        text=row.text,
        source=_cite(row),
        verified=row.verified,
        when=parse_clause(row.when, names, f"{row.id}: when"),
        weight=row.weight,
        expected=row.expected,
        options=_options(row),
    )


def build_table(version: int, raw_files: Mapping[str, Mapping[str, Any]]) -> EsiTable:
    """Return the table of one version from the parsed files that make it up.

    Raises: DataFormatError, UnknownNameError or BadInputError for a row that is not right, with its place.
    """
    files = [validated(File, raw, name) for name, raw in raw_files.items()]
    bands = {name: parse_bands(name, rows) for file in files for name, rows in file.bands.items()}
    define: dict[str, Predicate] = {}
    for name, clause in ((name, clause) for file in files for name, clause in file.define.items()):
        define[name] = parse_clause(clause, Names(define, bands), f"define.{name}")
    names = Names(define, bands)
    counts, assumed = [row for file in files for row in file.count], [row for file in files for row in file.assumed]
    if [row.resources for row in counts] != [0, 1, 2] or len(assumed) != 1:
        raise DataFormatError(
            f"{', '.join(raw_files)}: expected [[count]] for 0, 1 and 2 resources and one [[assumed]]"
        )
    table = EsiTable(
        version=version,
        rules=tuple(sorted((_rule(row, names) for file in files for row in file.rule), key=lambda rule: rule.point)),
        resources=tuple(_resource(row, names) for file in files for row in file.resource),
        counts=tuple(_info(row) for row in counts),
        assumed=_info(assumed[0]),
        bands=MappingProxyType(bands),
        reference=tuple(_reference(row) for file in files for row in file.reference),
    )
    if len(table.info) != len(table.rules) + len(table.resources) + len(table.counts) + 1:
        raise DataFormatError(f"{', '.join(raw_files)}: a rule id occurs twice")
    return table


def _reference(row: ReferenceRow) -> Reference:
    low, high = parse_age(row.from_, "reference.from"), parse_age(row.to, "reference.to")
    return Reference(low, high, row.heart_rate_bpm, row.resp_rate_bpm, row.sbp_mmhg)


_SHARED = (
    "esi_common.toml",
    "esi_life_saving.toml",
    "esi_high_risk.toml",
    "esi_children.toml",
    "esi_danger_zone.toml",
    "esi_resources.toml",
)


@cache
def esi_table(version: int) -> EsiTable:
    """Return the frozen table of handbook version 4 or 5."""
    number = check_version(version)
    files = (*_SHARED, f"esi_v{number}.toml")
    return build_table(number, {name: _read(name) for name in files})


def reference_vitals(age_years: float) -> Reference | None:
    """Return the usual ranges for a child's age, None from 18 years on (the table ends there)."""
    rows = esi_table(5).reference
    return next((row for row in rows if row.low_years <= age_years < row.high_years), None)
