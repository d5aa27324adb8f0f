"""Questions that a rule asks about the other drugs, the allergies, the route: yes, no, or what the answer waits for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triagelab.clinical.drug_names import drug_table, tags
from triagelab.clinical.drug_patient import ActiveDrug, Allergy

if TYPE_CHECKING:
    from triagelab.clinical.drug_situation import Situation

Answer = bool | None
Waits = tuple[str, ...]


def _any(answers: Iterable[Answer]) -> Answer:
    """Return true if one is true, else unknown if one is unknown, else false."""
    result: Answer = False
    for found in answers:
        if found:
            return True
        if found is None:
            result = None
    return result


def _all(*answers: Answer) -> Answer:
    """Return false if one is false, else unknown if one is unknown, else true."""
    return False if False in answers else None if None in answers else True


def named(asked: frozenset[str], names: tuple[str, ...]) -> Answer:
    """Return whether one of the names is a drug asked for; unknown where only a wider class was named."""
    if any(asked & tags(name) for name in names):
        return True
    wide = [name for name in names if name in drug_table().class_]
    return None if any(name in tags(tag) for name in wide for tag in asked if tag != "same") else False


def goes_by(route: str, routes: Collection[str]) -> bool:
    """Return whether a route is one of several; what runs into bone reaches the blood as from a vein."""
    return route in routes or (route == "io" and "iv" in routes)


@dataclass(frozen=True, slots=True)
class Route:
    """The order goes by one of these routes; `other`: by none of them, and a route that is not written is none."""

    routes: frozenset[str]
    other: bool = False

    def answer(self, situation: Situation) -> Answer:
        route = situation.order.route
        if route is None:
            return True if self.other else None
        return goes_by(route, self.routes) != self.other

    def waits(self, situation: Situation) -> Waits:
        return ("route",)


@dataclass(frozen=True, slots=True)
class Indication:
    """The order is for one of these."""

    indications: frozenset[str]

    def answer(self, situation: Situation) -> Answer:
        found = situation.order.indication
        return None if found is None else found in self.indications

    def waits(self, situation: Situation) -> Waits:
        return ("indication",)


@dataclass(frozen=True, slots=True)
class Push:
    """The order is pushed by hand rather than run by a pump."""

    wanted: bool

    def answer(self, situation: Situation) -> Answer:
        found = situation.order.push
        return None if found is None else found == self.wanted

    def waits(self, situation: Situation) -> Waits:
        return ("push",)


@dataclass(frozen=True, slots=True)
class Sex:
    """The patient's sex."""

    sex: str

    def answer(self, situation: Situation) -> Answer:
        found = situation.patient.sex
        return None if found is None else found == self.sex

    def waits(self, situation: Situation) -> Waits:
        return ("sex",)


@dataclass(frozen=True, slots=True)
class Beside:
    """The same product holds one of these too."""

    asked: frozenset[str]

    def answer(self, situation: Situation) -> Answer:
        return any(self.asked & tags(name) for name in situation.beside)

    def waits(self, situation: Situation) -> Waits:
        return ()


@dataclass(frozen=True, slots=True)
class Active:
    """The patient takes one of these, or took it too recently; the other parts of one product count as taken with it.

    Units: `within_h` hours since the last dose, `washout_d` days since stopping, both exclusive.
    """

    asked: frozenset[str]
    unless: frozenset[str] = frozenset()
    within_h: float | None = None
    washout_d: float | None = None
    route: frozenset[str] = frozenset()
    route_not: frozenset[str] = frozenset()
    treatment: bool = False

    def _recent(self, drug: ActiveDrug) -> Answer:
        if self.within_h is not None:
            return None if drug.last_dose_h is None else drug.last_dose_h < self.within_h
        if not drug.stopped:
            return True
        if self.washout_d is None:
            return False
        return None if drug.last_dose_h is None else drug.last_dose_h < self.washout_d * 24.0

    def _parts(self, drug: ActiveDrug) -> Iterator[tuple[Answer, str]]:
        """Yield what must be so of one drug, and what an unknown part waits for."""
        known = [name for name in drug.names if not self.unless & tags(name)]
        yield (named(self.asked, tuple(known)) if known else False), f"which {drug.drug}"
        yield self._recent(drug), f"last dose of {drug.drug}"
        if self.route:
            yield (None if drug.route is None else goes_by(drug.route, self.route)), f"route of {drug.drug}"
        if self.route_not:
            yield drug.route not in self.route_not, ""
        if self.treatment:
            yield drug.treatment, f"treatment or preventive dose of {drug.drug}"

    def _beside(self, situation: Situation) -> bool:
        return any(self.asked & tags(name) and not self.unless & tags(name) for name in situation.beside)

    def answer(self, situation: Situation) -> Answer:
        if self._beside(situation):
            return True
        found = _any(_all(*(part for part, _ in self._parts(drug))) for drug in situation.taken)
        return None if found is False and situation.patient.active is None else found

    def waits(self, situation: Situation) -> Waits:
        found: list[str] = ["active"] if situation.patient.active is None else []
        for drug in situation.taken:
            parts = list(self._parts(drug))
            if _all(*(part for part, _ in parts)) is None:
                found += [text for part, text in parts if part is None]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class AllergyTo:
    """The patient reacted to one of these; "same" is the drug ordered or a class of it."""

    asked: frozenset[str]
    grades: frozenset[str] = frozenset()
    reactions: frozenset[str] = frozenset()

    def _parts(self, situation: Situation, allergy: Allergy) -> Iterator[tuple[Answer, str]]:
        if "same" in self.asked:
            yield any(name in tags(situation.ingredient) for name in allergy.names), ""
        else:
            yield named(self.asked, allergy.names), f"which {allergy.drug} caused the reaction"
        waits = f"reaction to {allergy.drug}"
        if self.grades:
            known = allergy.grade in self.grades
            yield (None if not known and allergy.grade == "unstated" else known), waits
        if self.reactions:
            unclear = allergy.reaction is None and allergy.grade in ("severe", "unstated")
            yield (None if unclear else allergy.reaction in self.reactions), waits

    def answer(self, situation: Situation) -> Answer:
        if situation.patient.allergies is None:
            return None
        return _any(_all(*(part for part, _ in self._parts(situation, one))) for one in situation.patient.allergies)

    def waits(self, situation: Situation) -> Waits:
        if situation.patient.allergies is None:
            return ("allergies",)
        found: list[str] = []
        for one in situation.patient.allergies:
            parts = list(self._parts(situation, one))
            if _all(*(part for part, _ in parts)) is None:
                found += [text for part, text in parts if part is None]
        return tuple(dict.fromkeys(found))


Question = Route | Indication | Push | Sex | Beside | Active | AllergyTo
