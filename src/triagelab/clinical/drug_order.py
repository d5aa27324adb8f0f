"""One order of a drug, as it was written, checked and with its drug resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from triagelab.clinical.drug_amounts import Amounts
from triagelab.clinical.drug_names import Drug, resolve_drug
from triagelab.clinical.drug_units import PUSHED, parse_concentration, parse_route, parse_unit
from triagelab.clinical.drug_vocabulary import drug_vocabulary
from triagelab.errors import BadInputError, UnknownNameError

_ABOVE_ZERO = ("dose", "rate", "infusion_min", "every_h", "times_per_day", "duration_d", "concentration")


@dataclass(frozen=True)
class DrugOrder:
    """One order as the prescriber wrote it.

    Units: `dose` and `bolus` in `unit` ("mg", "g", "mcg", "units", "mEq", "mmol", "mL", each also "/kg"); `rate` in
        `rate_unit` ("mg/min", "mcg/kg/min", "mEq/h", "mL/h"); hours, days and minutes as named; concentration mg/mL.
    Missing: None is not written. `once` is a single dose.
    `dose_of`: the ingredient of which the dose speaks, for a product with several.
    """

    drug: str
    dose: float | None = None
    unit: str | None = None
    route: str | None = None
    push: bool | None = None
    rate: float | None = None
    rate_unit: str | None = None
    infusion_min: float | None = None
    every_h: float | None = None
    times_per_day: float | None = None
    once: bool = False
    duration_d: float | None = None
    indication: str | None = None
    concentration: float | str | None = None
    bolus: float | None = None
    dose_of: str | None = None
    resolved: Drug = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("drug", "unit", "route", "rate_unit", "indication", "dose_of"):
            if not isinstance(getattr(self, name), str | None) or self.drug is None:
                raise BadInputError(name, getattr(self, name), "text")
        put(self, "resolved", resolve_drug(self.drug))
        if self.route is not None:
            push = PUSHED.get(str(self.route).strip().casefold())
            if push is not None and self.push is None:
                put(self, "push", push)
            put(self, "route", parse_route(self.route))
        if self.concentration is not None:
            put(self, "concentration", parse_concentration(self.concentration))
        for name in (*_ABOVE_ZERO, "bolus"):
            _check_number(name, getattr(self, name), zero=name == "bolus")
        for name in ("push", "once"):
            if not isinstance(getattr(self, name), bool | None):
                raise BadInputError(name, getattr(self, name), "true, false or null")
        self._check_units()
        if self.indication is not None and self.indication not in drug_vocabulary().indication:
            raise UnknownNameError("indication", self.indication, drug_vocabulary().indication)
        if self.dose_of is not None:
            put(self, "dose_of", _one_of(self.dose_of, self.resolved.ingredients))

    def _check_units(self) -> None:
        for amount, unit, rate in (("dose", "unit", False), ("rate", "rate_unit", True)):
            value, text = getattr(self, amount), getattr(self, unit)
            if (value is None) != (text is None):
                raise BadInputError(unit, text, f"a unit whenever there is a {amount}, and none without")
            if text is not None and (parse_unit(text, unit).minutes is not None) != rate:
                raise BadInputError(unit, text, 'an amount over time such as "mg/min"' if rate else 'such as "mg/kg"')
        if sum((self.every_h is not None, self.times_per_day is not None, self.once)) > 1:
            raise BadInputError("every_h", self.every_h, "only one of every_h, times_per_day and once")

    @classmethod
    def from_mapping(cls, raw: Mapping[str, Any]) -> DrugOrder:
        """Return the order that a flat mapping describes.

        Raises: UnknownNameError for a key that an order does not have.
        """
        known = [item.name for item in fields(cls) if item.init]
        for name in raw:
            if name not in known:
                raise UnknownNameError("order", name, known)
        if "drug" not in raw:
            raise BadInputError("order", dict(raw), 'the name of the drug in "drug"')
        return cls(**raw)

    def amounts(self, ingredient: str, weight_kg: float | None) -> tuple[dict[str, float], dict[str, tuple[str, ...]]]:
        """Return the numbers of `DERIVED` that are known for one ingredient, and what the others wait for."""
        return Amounts(self, ingredient, weight_kg).all()


def _check_number(name: str, value: object, *, zero: bool) -> None:
    if value is None:
        return
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1.0
    if not 0 <= number < 1e9 or (number == 0 and not zero):
        raise BadInputError(name, value, "a number, zero or more" if zero else "a number above zero", "null if unknown")


def _one_of(text: str, ingredients: tuple[str, ...]) -> str:
    found = resolve_drug(text, "dose_of").ingredients
    if len(found) != 1 or found[0] not in ingredients:
        raise UnknownNameError("dose_of", text, ingredients)
    return found[0]
