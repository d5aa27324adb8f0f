"""Why a patient got the level: decision points A to D, the vital signs that mattered, and what to ask next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from triagelab.agents.base import Prediction
from triagelab.cases.presentation import Presentation
from triagelab.clinical.vitals import RANGES

QUESTIONS = {
    "A": "Does the patient need an intervention now to save life?",
    "B": "High risk, newly confused, or in severe pain or distress?",
    "C": "How many kinds of resources will be needed?",
    "D": "Is a vital sign in the danger zone?",
}
COUNTS = {"C.none": "none", "C.one": "one", "C.many": "many"}
RELATIONS = {"lt": "below", "le": "at or below", "gt": "above", "ge": "at or above"}
NOT_RELATIONS = {"lt": "not below", "le": "above", "gt": "not above", "ge": "below"}


@dataclass(frozen=True)
class Step:
    """One decision point.

    Missing: `answer` is "unknown" where nothing says yes and facts that could say it are not known: unknown is not no.

    Attributes:
        asked: False for a point that the path did not reach; `answer` is then None.
        answer: yes, no or unknown; at C none, one or many (unknown resources counted as the agent counts them).
        because: ids of the rules that fired.
        open: unknown facts and vital signs that could change the answer here.
    """

    point: str
    asked: bool
    answer: str | None
    because: tuple[str, ...]
    open: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "point": self.point,
            "asked": self.asked,
            "answer": self.answer,
            "because": list(self.because),
            "open": len(self.open),
        }


@cache
def _names_at(version: int) -> Mapping[str, frozenset[str]]:
    """Return decision point -> every fact and number that one of its rules looks at."""
    from triagelab.clinical.knowledge import esi_table

    table = esi_table(version)
    found: dict[str, set[str]] = {point: set() for point in QUESTIONS}
    for item in (*table.rules, *table.resources):
        found[item.point] |= set(item.when.names())
    return {point: frozenset(names) for point, names in found.items()}


def path(prediction: Prediction, version: int) -> tuple[Step, ...]:
    """Return the four decision points as the agent went through them; nothing for an agent without a trace."""
    if prediction.point not in QUESTIONS:
        return ()
    reached = tuple(QUESTIONS).index(prediction.point)
    many = "C.many" in prediction.because
    steps = []
    for place, point in enumerate(QUESTIONS):
        fired = tuple(rule for rule in prediction.because if rule.startswith(f"{point}."))
        asked = place <= reached or (point == "D" and many)
        unknown = tuple(name for name in prediction.unknown if name in _names_at(version)[point]) if asked else ()
        steps.append(Step(point, asked, _answer(prediction, point, fired, unknown) if asked else None, fired, unknown))
    return tuple(steps)


def _answer(prediction: Prediction, point: str, fired: tuple[str, ...], unknown: tuple[str, ...]) -> str:
    if point == "C":
        return next((COUNTS[rule] for rule in fired if rule in COUNTS), "unknown")
    if fired and (point == prediction.point or point == "D"):
        return "yes"
    return "unknown" if unknown else "no"


@dataclass(frozen=True)
class Sign:
    """One vital sign beside a limit that a rule gives it.

    Missing: `value` None was not measured, and `beyond` is then None.

    Attributes:
        relation: how `value` stands to `limit` if `beyond`: lt, le, gt or ge.
        ages: the ages the limit holds for, in words; "" where it holds for everybody.
        rules: ids of the rules; `fired` says whether one of them did, else the limit is that of the danger zone.
        implausible: the note gives a value that cannot be true; it was not used.
    """

    vital: str
    value: float | None
    relation: str
    limit: float
    beyond: bool | None
    ages: str
    rules: tuple[str, ...]
    fired: bool = False
    implausible: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "rules": list(self.rules)}


def values_read(presentation: Presentation, prediction: Prediction) -> dict[str, float]:
    """Return age and vital signs as the note states them, else as the fields do, else (age) as the agent assumed."""
    from triagelab.cases.extraction import extract

    said = extract(presentation.narrative)
    values = {**presentation.vitals.measured(), **said.vitals.measured()}
    ages = (said.age_years, presentation.age_years, prediction.extra.get("assumed_age_years"))
    age = next((age for age in ages if age is not None), None)
    return values if age is None else {**values, "age_years": float(age)}


def signs(presentation: Presentation, prediction: Prediction, version: int) -> list[Sign]:
    """Return the vital signs that mattered: what a rule that fired looked at, and the danger zone with its limits."""
    from triagelab.clinical.knowledge import esi_table
    from triagelab.clinical.predicates import walk

    values, fired = values_read(presentation, prediction), set(prediction.because)
    implausible: frozenset[str] = frozenset(prediction.extra.get("implausible") or ())
    found: dict[tuple[str, str, float], Sign] = {}
    for rule in esi_table(version).rules:
        zone = rule.point == "D" and rule.level is None
        if rule.id not in fired and not zone:
            continue
        for leaf in walk(rule.when):
            sign = _sign(leaf, values, rule.id, rule.id in fired, implausible)
            if sign is None or not (sign.beyond or zone):
                continue
            key = (sign.vital, sign.relation, sign.limit)
            before = found.get(key)
            names = tuple(dict.fromkeys((*(before.rules if before else ()), rule.id)))
            found[key] = replace(sign, rules=names, fired=sign.fired or (before is not None and before.fired))
    order = list(RANGES)
    return sorted(found.values(), key=lambda sign: (not sign.beyond, order.index(sign.vital)))


def _sign(
    leaf: object, values: Mapping[str, float], rule_id: str, fired: bool, implausible: frozenset[str]
) -> Sign | None:
    """Return the sign that a comparison of a vital sign looks at, None for every other predicate."""
    from triagelab.clinical.predicates import Banded, Compare

    if not isinstance(leaf, Banded | Compare) or leaf.name not in RANGES:
        return None
    value, age = values.get(leaf.name), values.get("age_years")
    if isinstance(leaf, Compare):
        limit, ages = leaf.limit, ""
    elif age is None:
        limit, ages = leaf.most_sensitive().limit, "age not known, strictest limit"
    else:
        band = next(band for band in leaf.bands if age < band.high)
        limit, ages = band.limit, _ages(band.low, band.high)
    beyond = leaf.test()(values)
    if value is not None and beyond is None:
        beyond = leaf.reading()(values)
    return Sign(leaf.name, value, leaf.op, limit, beyond, ages, (rule_id,), fired, leaf.name in implausible)


def _ages(low: float, high: float) -> str:
    if high == float("inf"):
        return f"{_age(low)} and older"
    return f"under {_age(high)}" if low == 0 else f"{_age(low)} to under {_age(high)}"


def _age(years: float) -> str:
    if years < 1:
        return f"{round(years * 12)} months" if round(years * 12) > 1 else "1 month"
    return f"{years:g} years" if years > 1 else "1 year"


def sign_line(sign: Sign) -> str:
    """Return one vital sign in words: value, limit, the ages the limit holds for, and the rules."""
    spec = RANGES[sign.vital]
    unit = spec.unit if spec.unit.startswith(("/", "%")) else f" {spec.unit}".rstrip()
    where = f" ({sign.ages})" if sign.ages else ""
    doubt = "; an implausible value was left out" if sign.implausible else ""
    if sign.value is None:
        return f"{spec.label} not measured{doubt}; the limit is {sign.limit:g}{unit}{where}"
    relation = RELATIONS[sign.relation] if sign.beyond else NOT_RELATIONS[sign.relation]
    rules = f" [{', '.join(sign.rules)}]" if sign.beyond and sign.fired else ""
    zone = " in the danger zone:" if sign.beyond and not sign.fired else ","
    return f"{spec.label} {sign.value:g}{unit}{zone} {relation} {sign.limit:g}{where}{rules}{doubt}"


def asks(prediction: Prediction) -> tuple[str, ...]:
    """Return what to ask next, most useful first; without the agent's own order, everything unknown as it named it."""
    return prediction.ask or prediction.unknown


def ask_lines(prediction: Prediction, limit: int = 6) -> Iterator[str]:
    """Yield the next questions in words, and how many further facts are not known."""
    from triagelab.cli.highlight import words

    wanted = asks(prediction)
    for name in wanted[:limit]:
        yield words(name)
    rest = len(set(prediction.unknown) | set(wanted)) - len(wanted[:limit])
    if rest > 0 and wanted:
        yield f"({rest} more that are not known; --json lists all)"
