"""TOML tables to predicates: `{ all = ["fever", { number = "temp_c", gt = 38.0 }] }`. No expressions in data."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triagelab.clinical.facts import NUMBERS, vocabulary
from triagelab.clinical.predicates import (
    COMPARISONS,
    AllOf,
    AnyOf,
    AtLeast,
    Band,
    Banded,
    Compare,
    Denied,
    Flag,
    Missing,
    Not,
    Predicate,
)
from triagelab.errors import BadInputError, UnknownNameError

_AGE = re.compile(r"(\d+(?:\.\d+)?) (d|mo|y)")
_PER_YEAR = {"d": 365.25, "mo": 12.0, "y": 1.0}
FOREVER = float("inf")


def parse_age(text: str, field_name: str = "age") -> float:
    """Return years from "28 d", "3 mo" or "12 y": days are 1/365.25 of a year, months a twelfth.

    Raises: BadInputError for anything else.
    """
    found = _AGE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise BadInputError(field_name, text, 'a number and d, mo or y, such as "3 mo"')
    return float(found[1]) / _PER_YEAR[found[2]]


def parse_bands(name: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Band, ...]:
    """Return half-open age bands from birth to the end of life, or say where they leave a gap or overlap."""
    bands: list[Band] = []
    for row in rows:
        where = f"bands.{name}"
        unknown = set(row) - {"from", "to", "limit"}
        if unknown:
            raise UnknownNameError(where, sorted(unknown)[0], ("from", "to", "limit"))
        low = parse_age(row.get("from", ""), where)
        high = parse_age(row["to"], where) if "to" in row else FOREVER
        if low != (bands[-1].high if bands else 0.0) or high <= low:
            raise BadInputError(
                where, dict(row), "bands in order, each starting where the one before ends, from birth on"
            )
        bands.append(Band(low, high, float(row["limit"])))
    if not bands or bands[-1].high != FOREVER:
        raise BadInputError(f"bands.{name}", rows, 'a last band without "to"')
    return tuple(bands)


@dataclass(frozen=True)
class Names:
    """What a clause may refer to: named predicates and age-banded limits of its own file, facts and numbers."""

    define: Mapping[str, Predicate] = field(default_factory=dict)
    bands: Mapping[str, tuple[Band, ...]] = field(default_factory=dict)
    facts: Collection[str] = field(default_factory=vocabulary)
    numbers: Collection[str] = NUMBERS


_FORMS = ("all", "any", "not", "denied", "at_least", "missing", "age", "number", "ref")


def parse_clause(raw: object, names: Names, where: str) -> Predicate:
    """Return the predicate that a TOML value describes.

    Forms: a fact id; `{all|any = [...]}`; `{not = clause}`; `{denied = fact id}` known to be no;
    `{at_least = n, of = [...]}`; `{missing = number}`; `{age = {from, to}}` half-open; `{number, lt|le|gt|ge = limit}`;
    `{number, gt_by_age = "table in bands"}` and likewise for the other comparisons; `{ref = "name in define"}`.

    Raises: UnknownNameError for a name in no list, BadInputError for any other form; both name the place.
    """
    if isinstance(raw, str):
        if raw not in names.facts:
            raise UnknownNameError(where, raw, names.facts)
        return Flag(raw)
    if not isinstance(raw, Mapping) or not raw:
        raise BadInputError(where, raw, "a fact id or a table with one of " + ", ".join(_FORMS))
    form = next((name for name in _FORMS if name in raw), None)
    if form is None:
        raise UnknownNameError(where, next(iter(raw)), _FORMS)
    return _PARSERS[form](raw, names, where)


def _only(raw: Mapping[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in raw:
        if key not in allowed:
            raise UnknownNameError(where, key, allowed)


def _list(raw: Mapping[str, Any], key: str, names: Names, where: str) -> tuple[Predicate, ...]:
    rows = raw.get(key)
    if not isinstance(rows, list) or not rows:
        raise BadInputError(f"{where}.{key}", rows, "a list with one clause or more")
    return tuple(parse_clause(row, names, f"{where}.{key}[{i}]") for i, row in enumerate(rows))


def _all(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    _only(raw, ("all",), where)
    return AllOf(_list(raw, "all", names, where))


def _any(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    _only(raw, ("any",), where)
    return AnyOf(_list(raw, "any", names, where))


def _not(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    _only(raw, ("not",), where)
    return Not(parse_clause(raw["not"], names, f"{where}.not"))


def _denied(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    _only(raw, ("denied",), where)
    if raw["denied"] not in names.facts:
        raise UnknownNameError(where, raw["denied"], names.facts)
    return Denied(raw["denied"])


def _at_least(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    _only(raw, ("at_least", "of"), where)
    parts = _list(raw, "of", names, where)
    count = raw["at_least"]
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= len(parts):
        raise BadInputError(f"{where}.at_least", count, f"a whole number from 1 to {len(parts)}")
    return AtLeast(count, parts)


def _number_name(value: object, names: Names, where: str) -> str:
    if value not in names.numbers:
        raise UnknownNameError(where, value, names.numbers)
    return str(value)


def _missing(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    _only(raw, ("missing",), where)
    return Missing(_number_name(raw["missing"], names, where))


def _age(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    _only(raw, ("age",), where)
    limits = raw["age"]
    if not isinstance(limits, Mapping) or not limits:
        raise BadInputError(f"{where}.age", limits, '{ from = "29 d", to = "3 mo" } or one of the two')
    _only(limits, ("from", "to"), where)
    parts = [
        Compare("age_years", op, parse_age(limits[key], where))
        for key, op in (("from", "ge"), ("to", "lt"))
        if key in limits
    ]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _number(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    forms = COMPARISONS + tuple(f"{op}_by_age" for op in COMPARISONS)
    _only(raw, ("number", *forms), where)
    name = _number_name(raw["number"], names, where)
    given = [key for key in forms if key in raw]
    if len(given) != 1:
        raise BadInputError(where, dict(raw), "exactly one of " + ", ".join(forms))
    key, value = given[0], raw[given[0]]
    if key in COMPARISONS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadInputError(f"{where}.{key}", value, "a number")
        return Compare(name, key, float(value))
    if value not in names.bands:
        raise UnknownNameError(f"{where}.{key}", value, names.bands)
    return Banded(name, key.removesuffix("_by_age"), names.bands[value])


def _ref(raw: Mapping[str, Any], names: Names, where: str) -> Predicate:
    _only(raw, ("ref",), where)
    if raw["ref"] not in names.define:
        raise UnknownNameError(where, raw["ref"], names.define)
    return names.define[raw["ref"]]


_PARSERS = {
    "all": _all,
    "any": _any,
    "not": _not,
    "denied": _denied,
    "at_least": _at_least,
    "missing": _missing,
    "age": _age,
    "number": _number,
    "ref": _ref,
}
