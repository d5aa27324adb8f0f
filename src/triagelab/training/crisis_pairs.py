"""Preference pairs: answers to one state, ranked by the verifiers and the simulator, the best against the worst."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.completions.crisis_prompts import MOST_PATIENTS
from triagelab.completions.crisis_reasons import write_completion
from triagelab.errors import BadInputError, DataFormatError
from triagelab.files import atomic_writer
from triagelab.hospital.acts import Act
from triagelab.hospital.views import View
from triagelab.rewards.crisis.preset import load_crisis_preset
from triagelab.rewards.crisis.score import score_crisis
from triagelab.rewards.crisis.states import StateKey, state_at
from triagelab.seeding import stream
from triagelab.training.crisis_data import Example, shown_acts


@dataclass(frozen=True, slots=True)
class Ranked:
    """One answer to a state with what it earns. `gain`: expected deaths it prevents against doing nothing."""

    text: str
    source: str
    score: float
    gain: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The better and the worse of two answers to one state."""

    key: StateKey
    messages: tuple[dict[str, str], ...]
    chosen: Ranked
    rejected: Ranked

    def row(self) -> dict[str, Any]:
        """Return plain JSON values, as TRL's preference format wants them."""
        row: dict[str, Any] = {"state": self.key.text, "role": self.key.role, "prompt": list(self.messages)}
        for name, one in (("chosen", self.chosen), ("rejected", self.rejected)):
            row[name] = [{"role": "assistant", "content": one.text}]
            row |= {f"{name}_score": one.score, f"{name}_gain": one.gain, f"{name}_source": one.source}
        return row


def rank(key: StateKey, answers: Iterable[tuple[str, str]], preset: str) -> list[Ranked]:
    """Return the distinct answers (source, text) of a state, best first; what cannot be scored is left out."""
    found: dict[str, Ranked] = {}
    reward = load_crisis_preset(preset)
    for source, text in answers:
        if text not in found:
            told = score_crisis(reward, key, text)
            if told.total is not None:
                found[text] = Ranked(text, source, float(told.total), told.deaths_prevented)
    return sorted(found.values(), key=lambda one: -one.score)


def pair_of(example: Example, ranked: Sequence[Ranked], margin: float) -> Pair | None:
    """Return the best answer against the worst, None where they differ by less than the margin."""
    if len(ranked) < 2 or ranked[0].score - ranked[-1].score < margin:
        return None
    return Pair(example.key, example.messages, ranked[0], ranked[-1])


def pairs(
    found: Sequence[Example], answers: Sequence[Sequence[tuple[str, str]]], preset: str, margin: float
) -> list[Pair]:
    """Return one pair for every state whose answers differ by the margin.

    Args:
        answers: (source, text) of every answer, one list a state.

    Raises: BadInputError where no state gives a pair.
    """
    made = [
        pair
        for one, given in zip(found, answers, strict=True)
        if (pair := pair_of(one, rank(one.key, given, preset), margin)) is not None
    ]
    if not made:
        raise BadInputError("crisis.margin", margin, "less: no two answers to a state differ by so much")
    return made


def scripted_answers(key: StateKey, template: str, patients: int | None, seed: int) -> list[tuple[str, str]]:
    """Return (source, text) of answers that are right, half right, wrong, empty, spam, and no answer at all."""
    view = View(state_at(key), key.role)
    acts = shown_acts(view, MOST_PATIENTS[template] if patients is None else patients)
    rng = stream("training.crisis.pairs", seed, key.text)
    kept = [act for act in acts if rng.random() < 0.5]
    return [
        ("book", write_completion(view, acts)),
        ("half", write_completion(view, kept)),
        ("nothing", write_completion(view, [])),
        ("swapped", write_completion(view, _swapped(acts))),
        ("spam", write_completion(view, _spam(view))),
        ("words", "The patients should be treated as soon as possible."),
    ]


def _swapped(acts: Sequence[Act]) -> list[Act]:
    """Return the acts with their subjects passed on to the next act of the same kind."""
    moved = []
    for act in acts:
        alike = [other for other in acts if other.kind == act.kind]
        after = alike[(alike.index(act) + 1) % len(alike)]
        first = next(iter(act.args))
        moved.append(Act(act.role, act.kind, {**act.args, first: after.args[first]}))
    return moved


def _spam(view: View) -> list[Act]:
    """Return a flag on every patient and entry in view, up to the budget."""
    named = [str(one["patient"]) for one in view.patients] + [str(next(iter(one.values()))) for one in view.board]
    flags = [Act(view.role, "flag", {"incident": "unsafe_discharge", "subject": name}) for name in named]
    return flags[: view.acts_left]


def write_pairs(found: Iterable[Pair], path: Path) -> int:
    """Write one JSON line a pair, whole or not at all, and return how many."""
    count = 0
    with atomic_writer(path) as stream_:
        for pair in found:
            stream_.write(json.dumps(pair.row(), ensure_ascii=False) + "\n")
            count += 1
    return count


def read_pairs(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file of pairs. Raises: DataFormatError for a line that is no pair."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            StateKey.parse(str(row["state"]))
            for name in ("chosen", "rejected"):
                if not isinstance(row[name][0]["content"], str):
                    raise TypeError(name)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise DataFormatError(f"{path}, line {number}: no preference pair ({str(error)[:60]})") from None
        rows.append(row)
    return rows
