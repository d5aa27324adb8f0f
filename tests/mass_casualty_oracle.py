"""START, JumpSTART and SALT once more, as plain code for complete facts, and what follows where facts are unknown."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

YES_NO = (True, False)

Facts = dict[str, Any]


def start(f: Facts) -> str:
    if f["walks"]:
        return "minor"
    if not f["breathes"]:
        return "immediate" if f["breathes_after_airway"] else "deceased"
    if f["resp_rate_bpm"] > 30 or f["poor_perfusion"] or not f["obeys"]:
        return "immediate"
    return "delayed"


def jumpstart(f: Facts) -> str:
    if f["walks"]:
        return "minor"
    if not f["breathes"]:
        if f["breathes_after_airway"]:
            return "immediate"
        return "immediate" if f["peripheral_pulse"] and f["breathes_after_rescue"] else "deceased"
    if f["resp_rate_bpm"] < 15 or f["resp_rate_bpm"] > 45 or f["breathing_irregular"]:
        return "immediate"
    if not f["peripheral_pulse"]:
        return "immediate"
    return "immediate" if f["avpu"] == "U" or (f["avpu"] == "P" and f["posturing"]) else "delayed"


def salt(f: Facts) -> str:
    breathes = f["breathes"] or f["breathes_after_airway"] or (f["child"] and f["breathes_after_rescue"])
    if not breathes:
        return "dead"
    good = (
        (f["obeys"] or f["purposeful"])
        and f["peripheral_pulse"]
        and not f["respiratory_distress"]
        and (f["bleeding_controlled"] or not f["major_bleeding"])
    )
    if good:
        return "minimal" if f["minor_injuries_only"] else "delayed"
    return "immediate" if f["likely_to_survive"] else "expectant"


Answer = tuple[frozenset[str], frozenset[str]]
"""Outcomes that some completion gives, and unknown facts that change the outcome of some completion."""


def by_completion(rule: Callable[[Facts], str], asks: Mapping[str, Sequence[Any]], facts: Facts) -> Answer:
    """Return the answer by trying every completion, one after the other. `asks`: values that stand for each fact."""
    gaps = [name for name in asks if facts[name] is None]
    results = {
        chosen: rule({**facts, **dict(zip(gaps, chosen, strict=True))})
        for chosen in itertools.product(*(asks[name] for name in gaps))
    }
    matters = set()
    for i, name in enumerate(gaps):
        for chosen, outcome in results.items():
            others = ((*chosen[:i], value, *chosen[i + 1 :]) for value in asks[name])
            if any(results[other] != outcome for other in others):
                matters.add(name)
                break
    return frozenset(results.values()), frozenset(matters)


def every(values: Mapping[str, Sequence[Any]]) -> Iterator[Facts]:
    """Yield every combination, with None after the given values of each fact."""
    for chosen in itertools.product(*((*options, None) for options in values.values())):
        yield dict(zip(values, chosen, strict=True))


def whole_table(
    rule: Callable[[Facts], str], asks: Mapping[str, Sequence[Any]]
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return (outcomes, bits of possible outcomes, bits of facts that matter) for `every(asks)`, in its order."""
    shape = tuple(len(options) for options in asks.values())
    complete = [rule(dict(zip(asks, chosen, strict=True))) for chosen in itertools.product(*asks.values())]
    outcomes = sorted(set(complete))
    bits = np.array([1 << outcomes.index(outcome) for outcome in complete], np.uint8).reshape(shape)
    matters = np.zeros([size + 1 for size in shape], np.uint16)
    for axis in range(len(shape)):
        differs = bits.max(axis=axis) != bits.min(axis=axis)
        place = tuple(-1 if k == axis else slice(None) for k in range(len(shape)))
        matters[place] |= (1 << axis) * _with_unknown(differs).astype(np.uint16)
    return outcomes, _with_unknown(bits).ravel(), matters.ravel()


def _with_unknown(table: np.ndarray) -> np.ndarray:
    for axis in range(table.ndim):
        seen = [np.take(table, [i], axis=axis) for i in range(table.shape[axis])]
        either = seen[0]
        for other in seen[1:]:
            either = either | other
        table = np.concatenate([*seen, either], axis=axis)
    return table
