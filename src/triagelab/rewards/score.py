"""One completion through one reward: every term with its value, weight and reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from triagelab.completions.answers import Parsed
from triagelab.completions.parser import parse, parse_published
from triagelab.errors import BadInputError
from triagelab.rewards.spec import RewardSpec
from triagelab.rewards.terms import Attempt
from triagelab.rewards.triggers import CaseFindings


class TermScore(NamedTuple):
    """What one term said of one completion.

    Missing: `value` None means that the term could not run; it then counts neither for nor against.
    """

    name: str
    value: float | None
    weight: float
    reason: str

    @property
    def weighted(self) -> float | None:
        return None if self.value is None else self.value * self.weight + 0.0


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A scored completion.

    Missing: `total` None is unscorable: a term that the reward cannot do without (the outcome) could not run. A rule
    term that could not run is left out of the total: it hangs on the case alone, so a whole group of completions of
    one case shifts together and no completion gains on another.
    """

    terms: tuple[TermScore, ...]
    total: float | None
    parsed: Parsed

    def weighted(self) -> dict[str, float | None]:
        """Return term name -> value with the weight applied; what is not None sums to the total."""
        return {term.name: term.weighted for term in self.terms}

    def row(self, id_: str | int) -> dict[str, Any]:
        """Return the line that `triagelab score --json` prints."""
        return {
            "id": id_,
            "status": self.parsed.status.value,
            "predicted": self.parsed.level,
            "total": self.total,
            "terms": self.weighted(),
        }


def score(
    spec: RewardSpec,
    completion: str,
    gold: int | None,
    *,
    note: str | None = None,
    n_tokens: int | None = None,
    truncated: bool = False,
    findings: CaseFindings | None = None,
) -> Breakdown:
    """Return the breakdown of one completion under one reward.

    Args:
        spec: the reward, from `load_preset`.
        completion: what the model wrote.
        gold: level 1-5; None is an unlabelled case and makes the total None.
        note: the patient's note, for the rule terms; None leaves them out.
        n_tokens: completion length in tokens; None counts words instead.
        truncated: the completion was cut off by its token limit.
        findings: what the note asserts, where that is known already; None has the rule terms read the note.

    Raises: BadInputError for a gold level outside 1-5.
    """
    if gold is not None and (isinstance(gold, bool) or gold not in (1, 2, 3, 4, 5)):
        raise BadInputError("gold", gold, "1, 2, 3, 4, 5 or null")
    parsed = parse_published(completion) if spec.parser == "published" else parse(completion, truncated=truncated)
    attempt = Attempt(completion, parsed, gold, note, n_tokens, findings)
    scores: list[TermScore] = []
    total: float | None = 0.0
    for term in spec.terms:
        value, reason = term.evaluate(attempt)
        scores.append(TermScore(term.name, value, term.weight, reason))
        if value is not None:
            total = None if total is None else total + (value * term.weight + 0.0)
        elif term.essential:
            total = None
    return Breakdown(tuple(scores), total, parsed)
