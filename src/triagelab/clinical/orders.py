"""From orders to resource facts: types are counted, not items (data/orders.toml)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from triagelab.clinical.facts import RESOURCE_TYPES
from triagelab.clinical.rows import validated
from triagelab.errors import BadInputError, UnknownNameError
from triagelab.files import read_toml

_APART = {"res_ecg_or_xray": "both_ecg_and_xray", "res_ct_mri_us": "several_advanced_imaging"}
"""Resource line -> the fact that says that two kinds of it were ordered."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    fact: str
    kind: str
    orders: tuple[str, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    source: tuple[str, ...]
    verified: bool
    line: tuple[_Line, ...]
    not_counted: dict[str, str]


@dataclass(frozen=True, slots=True)
class Order:
    """One order: the resource fact it makes true, None if it is no resource, and the kind within that line."""

    name: str
    fact: str | None
    kind: str


@cache
def orders() -> Mapping[str, Order]:
    """Return every known order by name."""
    raw = read_toml(str(resources.files("triagelab.clinical") / "data" / "orders.toml"))
    table = validated(_File, raw, "orders.toml")
    found: dict[str, Order] = {}
    for line in table.line:
        if line.fact not in RESOURCE_TYPES:
            raise UnknownNameError("orders.toml: fact", line.fact, RESOURCE_TYPES)
        for name in line.orders:
            if name in found or name in table.not_counted:
                raise BadInputError("orders.toml: order", name, "each order on one line only")
            found[name] = Order(name, line.fact, line.kind)
    return found | {name: Order(name, None, kind) for name, kind in table.not_counted.items()}


def resource_facts(names: Iterable[str]) -> dict[str, bool]:
    """Return the resource facts of a complete list of orders: every type true or false, none unknown.

    Raises: UnknownNameError for an order in no list.
    """
    kinds: dict[str, set[str]] = {fact: set() for fact in RESOURCE_TYPES}
    for name in names:
        order = orders().get(name)
        if order is None:
            raise UnknownNameError("order", name, orders())
        if order.fact is not None:
            kinds[order.fact].add(order.kind)
    facts = {fact: bool(found) for fact, found in kinds.items()}
    return facts | {detail: len(kinds[fact]) > 1 for fact, detail in _APART.items()}
