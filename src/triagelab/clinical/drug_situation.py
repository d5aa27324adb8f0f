"""One ingredient of an order beside one patient, as the flat three-valued mapping that predicates ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from triagelab.clinical.drug_amounts import DERIVED
from triagelab.clinical.drug_order import DrugOrder
from triagelab.clinical.drug_patient import DERIVED_FROM, ActiveDrug, DrugPatient
from triagelab.clinical.drug_questions import Question
from triagelab.clinical.drug_units import tidy
from triagelab.clinical.leaves import Test
from triagelab.clinical.predicates import Predicate, hanging

TOTAL = "total_daily_mg"
"""Daily amount of the ingredient, the order and the other products together."""


@dataclass(frozen=True)
class CompiledCondition:
    """A condition with its two clauses as tests."""

    measured: bool
    implied: Predicate | None
    implied_test: Test | None
    possible_test: Test | None


class Situation(Mapping[str, Any]):
    """What is known, by name: a number, yes, no, or None for unknown."""

    def __init__(
        self,
        order: DrugOrder,
        patient: DrugPatient,
        ingredient: str,
        questions: Mapping[str, Question],
        conditions: Mapping[str, CompiledCondition],
        alongside: tuple[ActiveDrug, ...] = (),
    ) -> None:
        self.order, self.patient, self.ingredient = order, patient, ingredient
        self.taken = (*(patient.active or ()), *alongside)
        self.beside = tuple(name for name in order.resolved.ingredients if name != ingredient)
        self.numbers, self.order_waits = order.amounts(ingredient, patient.known.get("weight_kg"))
        self._questions, self._conditions = questions, conditions
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        found = self.get(name)
        if found is None and name not in self._found:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter((*self._questions, *self._conditions, *self.numbers, *self.patient.known))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, name: str, default: Any = None) -> Any:
        if name in self._found:
            return self._found[name]
        found = self._found[name] = self._look_up(name)
        return found

    def _look_up(self, name: str) -> Any:
        question = self._questions.get(name)
        if question is not None:
            return question.answer(self)
        if name in self.patient.known:
            return self.patient.known[name]
        if name in self.numbers:
            return self.numbers[name]
        if name == TOTAL:
            return self._total()[0]
        condition = self._conditions.get(name)
        return None if condition is None else self._condition(name, condition)

    def _condition(self, name: str, condition: CompiledCondition) -> bool | None:
        """Return a fact: as stated, else as its clauses say, else "no" if the history is complete and would hold it."""
        stated = self.patient.conditions.get(name)
        if stated is not None:
            return stated
        if condition.possible_test is not None and condition.possible_test(self) is False:
            return False
        found = condition.implied_test(self) if condition.implied_test is not None else None
        if found is None and self.patient.history_complete and not condition.measured:
            return False
        return found

    def _total(self) -> tuple[float | None, tuple[str, ...]]:
        own = self.numbers.get("daily_mg")
        if own is None:
            return None, self.order_waits.get("daily_mg", ())
        if self.patient.active is None:
            return None, ("active",)
        waits: list[str] = []
        for drug in self.taken:
            if drug.stopped or self.ingredient not in drug.names:
                continue
            if drug.daily_mg is None or len(drug.names) > 1:
                waits.append(f"daily {self.ingredient} from {drug.drug}")
            else:
                own += drug.daily_mg
        return (None, tuple(waits)) if waits else (tidy(own), ())

    def waits(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return what a person would have to find out, for the unknown names on which a rule hangs."""
        found: list[str] = []
        for name in names:
            found += self._waits_for(name)
        return tuple(dict.fromkeys(found))

    def _waits_for(self, name: str) -> tuple[str, ...]:
        question = self._questions.get(name)
        if question is not None:
            return question.waits(self)
        if name == TOTAL:
            return self._total()[1]
        if name in DERIVED:
            return self.order_waits.get(name, (name,))
        if name in DERIVED_FROM:
            return tuple(part for part in DERIVED_FROM[name] if part not in self.patient.known)
        condition = self._conditions.get(name)
        if condition is not None and condition.implied is not None:
            return (name, *self.waits(hanging(condition.implied)(self)))
        return (name,)
