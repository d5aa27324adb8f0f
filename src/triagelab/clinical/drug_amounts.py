"""What the numbers of an order amount to for one ingredient: per dose, per kg, per day, per minute."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from triagelab.clinical.drug_names import drug_table
from triagelab.clinical.drug_units import Unit, parse_unit, tidy

if TYPE_CHECKING:
    from triagelab.clinical.drug_order import DrugOrder

DERIVED: tuple[str, ...] = (
    "dose_mg",
    "dose_mg_kg",
    "daily_mg",
    "daily_mg_kg",
    "rate_mg_min",
    "rate_mg_kg_min",
    "rate_meq_h",
    "min_per_g",
    "bolus_share",
    "infusion_min",
    "interval_h",
    "duration_d",
    "concentration_mg_ml",
)
"""Numbers of an order that a rule may limit."""


@cache
def _meq_per_mmol(ingredient: str) -> float | None:
    return drug_table().ingredient[ingredient].meq_per_mmol


class Amounts:
    """The arithmetic of one order for one ingredient; a number that cannot be had names what it waits for."""

    def __init__(self, order: DrugOrder, ingredient: str, weight_kg: float | None) -> None:
        self.order, self.ingredient, self.weight = order, ingredient, weight_kg
        self.found: dict[str, float] = {}
        self.waits: dict[str, tuple[str, ...]] = {}
        alone = len(order.resolved.ingredients) == 1
        self.dose_of = order.dose_of or order.resolved.dose_of or (ingredient if alone else None)

    def put(self, name: str, value: float | None, waits: tuple[str, ...]) -> float | None:
        if value is None:
            self.waits[name] = waits
            return None
        self.found[name] = tidy(value)
        return value

    def all(self) -> tuple[dict[str, float], dict[str, tuple[str, ...]]]:
        order = self.order
        for name in ("infusion_min", "duration_d"):
            self.put(name, getattr(order, name), (name,))
        self.put("concentration_mg_ml", _number(order.concentration), ("concentration",))
        self.put("interval_h", self.interval(), ("every_h",))
        dose = self.put("dose_mg", *self.amount("mg", order.dose, order.unit, "dose", per_kg=False))
        per_kg = self.put("dose_mg_kg", *self.amount("mg", order.dose, order.unit, "dose", per_kg=True))
        self.daily(dose, per_kg)
        self.rates(dose)
        share = None if order.bolus is None or not order.dose else order.bolus / order.dose
        self.put("bolus_share", share, ("bolus",) if order.bolus is None else ("dose",))
        return self.found, self.waits

    def interval(self) -> float | None:
        if self.order.every_h is not None:
            return self.order.every_h
        return 24.0 / self.order.times_per_day if self.order.times_per_day else None

    def amount(
        self, base: str, value: float | None, text: str | None, name: str, *, per_kg: bool
    ) -> tuple[float | None, tuple[str, ...]]:
        """Return an amount in `base` (per kg if asked), else None and what is missing."""
        if self.dose_of != self.ingredient:
            return None, (f"dose of {self.ingredient}",)
        if value is None or text is None:
            return None, (name,)
        unit = parse_unit(text, name)
        factor = self.factor(unit, base)
        if factor is None:
            return None, ("concentration",) if unit.base == "ml" and base == "mg" else (f"{name} in {base}",)
        amount = value * factor
        if unit.per_kg == per_kg:
            return amount, ()
        if not self.weight:
            return None, ("weight_kg",)
        return (amount / self.weight if per_kg else amount * self.weight), ()

    def factor(self, unit: Unit, base: str) -> float | None:
        """Return what turns the unit into the base unit, None where the order does not say."""
        if unit.base == base:
            return unit.factor
        if unit.base == "ml" and base == "mg" and isinstance(self.order.concentration, float | int):
            return unit.factor * self.order.concentration
        charge = _meq_per_mmol(self.ingredient)
        return unit.factor * charge if (unit.base, base) == ("mmol", "meq") and charge else None

    def daily(self, dose: float | None, per_kg: float | None) -> None:
        interval = 24.0 if self.order.once else self.interval()
        running = self.order.rate is not None and self.order.dose is None
        for name, value, each in (("daily_mg", dose, False), ("daily_mg_kg", per_kg, True)):
            if running:
                rate, waits = self.rate("mg", per_kg=each)
                self.put(name, None if rate is None else rate * 1440.0, waits)
            elif value is None:
                self.waits[name] = self.waits["dose_mg_kg" if each else "dose_mg"]
            else:
                self.put(name, None if interval is None else value * 24.0 / interval, ("every_h",))

    def rate(self, base: str, *, per_kg: bool) -> tuple[float | None, tuple[str, ...]]:
        """Return an amount a minute: as written, else from the dose and the time that it runs."""
        order = self.order
        if order.rate is not None and order.rate_unit is not None:
            minutes = parse_unit(order.rate_unit, "rate_unit").minutes or 1.0
            found, waits = self.amount(base, order.rate, order.rate_unit, "rate", per_kg=per_kg)
            return (None if found is None else found / minutes), waits
        if order.infusion_min is None:
            return None, ("rate",)
        found, waits = self.amount(base, order.dose, order.unit, "dose", per_kg=per_kg)
        return (None if found is None else found / order.infusion_min), waits

    def rates(self, dose: float | None) -> None:
        rate = self.put("rate_mg_min", *self.rate("mg", per_kg=False))
        self.put("rate_mg_kg_min", *self.rate("mg", per_kg=True))
        hourly, waits = self.rate("meq", per_kg=False)
        self.put("rate_meq_h", None if hourly is None else hourly * 60.0, waits)
        self.put("min_per_g", 1000.0 / rate if rate else None, self.waits.get("rate_mg_min", ("rate",)))
        if "infusion_min" not in self.found and dose is not None and rate:
            self.waits.pop("infusion_min", None)
            self.found["infusion_min"] = tidy(dose / rate)


def _number(value: float | str | None) -> float | None:
    return float(value) if isinstance(value, int | float) else None
