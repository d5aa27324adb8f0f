"""A reward derived from what wrong levels cost: its optimum is the cost-minimal policy at every belief."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from triagelab.clinical.costs import Costs
from triagelab.errors import BadInputError, DataFormatError
from triagelab.files import atomic_writer
from triagelab.rewards.audit.subjects import MOST
from triagelab.rewards.spec import RewardSpec, build_spec

EVEN = (1.0, 1.0, 1.0, 1.0, 1.0)
FORMAT_SHARE = 0.25
"""The format bonus as a share of the least gap between the worst answer and none: silence stays strictly worst."""
_DECIMALS = 10


def design_values(costs: Costs, weights: Sequence[float] = EVEN) -> np.ndarray:
    """Return R[truth, answer] such that expected reward in training ranks answers as expected cost does.

    Training shows truth t in proportion to w[t] p[t], so its posterior for a signal s is proportional to
    w[t] p[t] P(s | t). With R = (offset[t] - cost) / w[t] the weights cancel: whatever the signal, an answer earns a
    constant minus a positive multiple of its expected cost. The offset, what the worst spoken answer costs, puts that
    answer at 0; it depends on the truth alone, so it moves no decision.

    Shapes: (5, 6), rows truth 1-5, columns answer 1-5 and none.
    """
    table = costs.table()
    offset = table[:, :5].max(axis=1, keepdims=True)
    return (offset - table) / np.asarray(weights, dtype=float)[:, None]


def design_reward(costs: Costs, weights: Sequence[float] = EVEN, *, name: str = "designed") -> RewardSpec:
    """Return the reward for these costs and sampling weights, with a format bonus that no decision can feel.

    The bonus is the same for every answer and withheld from silence, and smaller than the gap between the worst answer
    and silence. `scale_rewards` is none: dividing by a group's deviation would weigh each group by its own spread, and
    the weights would cancel no more.

    Raises: BadInputError for weights that are not five numbers above 0, DataFormatError where silence costs no more
    than some answer.
    """
    if len(weights) != 5 or not all(0 < weight <= 1000 for weight in weights):
        raise BadInputError(
            "weights", ",".join(f"{weight:g}" for weight in weights), "five numbers above 0, at most 1000"
        )
    values = design_values(costs, weights)
    if float(np.abs(values).max()) > MOST:
        shown = ",".join(f"{weight:g}" for weight in weights)
        raise BadInputError("weights", shown, f"weights and costs that leave every reward at most {MOST:g} either way")
    gap = float((values[:, :5].min(axis=1) - values[:, 5]).min())
    if gap <= 0:
        raise DataFormatError(
            f"{costs.name}: no answer costs no more than the worst answer for some truth; raise no_answer_extra above 0"
        )
    bonus = float(f"{gap * FORMAT_SHARE:.2g}")
    cells = [
        {"gold": truth + 1, "predicted": "none" if answer == 5 else answer + 1, "value": value}
        for truth in range(5)
        for answer, value in enumerate(_numbers(values[truth]))
    ]
    raw = {
        "name": name,
        "title": f"Derived from the {costs.name} cost matrix: the reward-maximal answer is the cost-minimal one",
        "source": f"triagelab design; costs: {costs.text or costs.name}",
        "scale_rewards": "none",
        "sampling": {"weights": list(weights)},
        "terms": [
            {"name": "outcome", "kind": "outcome_table", "cells": cells},
            {"name": "format", "kind": "format", "value": bonus, "check": "sections", "pays": "answered"},
        ],
    }
    return build_spec(raw, "design")


def write_reward(spec: RewardSpec, costs: Costs, path: Path) -> None:
    """Write a designed reward as a preset file, whole or not at all."""
    with atomic_writer(path) as stream:
        stream.write(reward_text(spec, costs))


def reward_text(spec: RewardSpec, costs: Costs) -> str:
    """Return a designed reward as a preset file."""
    table = np.asarray(spec.outcome_table())
    outcome, form = spec.terms
    _, bonus = spec.text_range()
    lines = [
        f"# {spec.name}: derived by `triagelab design`, not written by hand. Value = (cost of the worst answer for",
        "# that truth - cost of this answer) / sampling weight of the truth: in training, too, what earns most",
        "# is what costs the patients least, whatever the policy believes. Costs by truth, answers 1-5:",
        *(f"#   truth {truth + 1}: {_row(row)}" for truth, row in enumerate(costs.table())),
        f'name = "{spec.name}"',
        f"title = {_quoted(spec.title)}",
        f"source = {_quoted(spec.source)}",
        f'scale_rewards = "{spec.scale_rewards}"   # per-group scaling would undo what the weights balance',
        "",
        "[sampling]",
        f"weights = [{', '.join(_exact(weight) for weight in spec.sampling_weights)}]",
        "",
        "[[terms]]",
        f'name = "{outcome.name}"',
        'kind = "outcome_table"',
        "cells = [",
    ]
    for truth in range(5):
        lines += _cells(truth, table[truth])
    lines += [
        "]",
        "",
        "[[terms]]",
        f'name = "{form.name}"',
        'kind = "format"',
        f"value = {bonus!r}   # less than the step from the worst answer to none; the same for every answer",
        'check = "sections"',
        'pays = "answered"',
        "",
    ]
    return "\n".join(lines)


def _cells(truth: int, row: np.ndarray) -> list[str]:
    """Return one line for each value of a row, answers of like value together."""
    lines = []
    for value in dict.fromkeys(row.tolist()):
        answers = ['"none"' if column == 5 else str(column + 1) for column in range(6) if row[column] == value]
        named = answers[0] if len(answers) == 1 else f"[{', '.join(answers)}]"
        lines.append(f"  {{ gold = {truth + 1}, predicted = {named}, value = {value!r} }},")
    return lines


def _row(costs: np.ndarray) -> str:
    return ", ".join(f"{cost:g}" for cost in costs[:5]) + f"; no answer {costs[5]:g}"


def _numbers(row: np.ndarray) -> list[float]:
    """Return a row rounded to ten digits of its own best answer, so that the unit of the costs is no matter."""
    best = float(row[:5].max())
    decimals = _DECIMALS - (int(np.floor(np.log10(best))) if best > 0 else 0)
    return [round(float(value), decimals) + 0.0 for value in row]


def _exact(weight: float) -> str:
    """Return every digit: the values are divided by this weight, not by a rounded one."""
    return f"{weight:.0f}" if weight == round(weight) else repr(weight)


def _quoted(text: str) -> str:
    """Return a TOML string: JSON's, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
