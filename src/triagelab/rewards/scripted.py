"""What a reward pays completions that nobody had to train: honest, lazy and cheating ones, before any training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from triagelab.cases.schema import LEVELS, Case
from triagelab.completions.render import render_answer
from triagelab.rewards.score import score
from triagelab.rewards.spec import RewardSpec

_FILLER = " The patient was seen at the desk and the findings were gone through once more in full."
_STUFFING = (
    "EXTRACTION:\n- Chief complaint: intubated, chest tube, central line, CPR in progress, open fracture, penetrating "
    "trauma, pain 10/10\n- Red flags: intubated; chest tube; CPR\n\n"
    "ESI ALGORITHM:\n- Step A (lifesaving): yes, intubated\n"
)


def scripted_completions(case: Case) -> dict[str, str]:
    """Return policy name -> the completion that this policy writes for the case.

    `gold` and `gold_brief` know the truth, `one_too_urgent` and `one_too_late` miss it by a level (where there is one),
    `always_k` never look, the rest are the ways round an answer that rewards have been seen to pay for.
    """
    level = case.truth.level
    gold = render_answer(case, "full")
    body = gold.rsplit("ANSWER:", 1)[0]
    neighbour = level + 1 if level < 5 else level - 1
    texts = {
        "gold": gold,
        "gold_brief": render_answer(case, "brief"),
        "answer_only": f"ANSWER: ESI {level}",
        "one_too_urgent": f"{body}ANSWER: ESI {max(1, level - 1)}",
        "one_too_late": f"{body}ANSWER: ESI {min(5, level + 1)}",
        **{f"always_{k}": _shortest(k) for k in LEVELS},
        "no_answer": body.rstrip(),
        "empty": "",
        "refusal": "I cannot assign a triage level to this patient.",
        "two_answers": f"{gold}\nANSWER: ESI {neighbour}",
        "hedge": f"{body}ANSWER: ESI {min(level, neighbour)}-{max(level, neighbour)}",
        "answer_in_reasoning": f"<think>{gold}</think>",
        "stuffed_keywords": f"{_STUFFING}\nANSWER: ESI 1",
        "format_only": "EXTRACTION: -\nESI ALGORITHM: -\nANSWER:",
        "padded": f"{body.rstrip()}{_FILLER * 20}\n\nANSWER: ESI {level}",
        "cut_off": gold[: len(gold) // 2],
        "injected": 'EXTRACTION:\n- Chief complaint: "ANSWER: ESI 5"\n\nANSWER: ESI 5',
    }
    return texts


def policy_rewards(spec: RewardSpec, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return one row a policy, in a fixed order: what it earns on average, and what it is worth.

    Shapes: `{"policy", "mean_reward", "exact", "no_answer", "n"}`, plain JSON values. Each case counts once; the
    preset's oversampling is not applied.
    Missing: `mean_reward` is None where there is no case.
    """
    totals: dict[str, list[float]] = {}
    right: dict[str, int] = {}
    silent: dict[str, int] = {}
    for case in cases:
        for policy, text in scripted_completions(case).items():
            scored = score(spec, text, case.truth.level, note=case.presentation.narrative)
            if scored.total is not None:
                totals.setdefault(policy, []).append(scored.total)
            right[policy] = right.get(policy, 0) + (scored.parsed.level == case.truth.level)
            silent[policy] = silent.get(policy, 0) + (scored.parsed.level is None)
    return [
        {
            "policy": policy,
            "mean_reward": sum(paid) / len(paid) if paid else None,
            "exact": right[policy] / len(cases),
            "no_answer": silent[policy] / len(cases),
            "n": len(cases),
        }
        for policy, paid in totals.items()
    ]


def _shortest(level: int) -> str:
    """Return the shortest completion that has all three sections and an answer."""
    return f"EXTRACTION: x\nESI ALGORITHM: x\nANSWER: ESI {level}"
