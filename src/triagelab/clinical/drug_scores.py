"""How well a reviewer finds what is wrong with orders: precision and recall of rule ids, and the verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from triagelab.errors import BadInputError, UnknownNameError

VERDICTS: tuple[str, ...] = ("approve", "modify", "reject")


class Reviewed(Protocol):
    """What is compared: a verdict and the ids of the broken rules; `drugs.Review` is one."""

    @property
    def verdict(self) -> str: ...

    @property
    def rule_ids(self) -> Iterable[str]: ...


@dataclass(frozen=True)
class Answer:
    """A reviewer's answer to one order; `verdict` None is no answer."""

    verdict: str | None
    rule_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewScore:
    """Figures over all orders.

    Missing: `precision` is None where no rule was named, `recall` where none was broken.

    Attributes:
        precision, recall, f1: of rule ids, counted over all orders together.
        verdict_accuracy: share of right verdicts.
        verdict_balanced: mean over the true verdicts of the share that is right; one verdict for all earns a third
            where all three occur.
        unsafe: share of the orders to reject that were approved.
        needless: share of the orders to approve that were rejected.
        score: mean of `f1` and `verdict_balanced`.
    """

    n: int
    precision: float | None
    recall: float | None
    f1: float
    verdict_accuracy: float
    verdict_balanced: float
    unsafe: float | None
    needless: float | None
    score: float


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _ids(found: Reviewed | Answer, rows: bool) -> set[str]:
    return {name[:3] if rows else name for name in found.rule_ids}


def score_reviews(
    expected: Sequence[Reviewed | Answer], given: Sequence[Reviewed | Answer], *, by: str = "part"
) -> ReviewScore:
    """Return precision and recall of rule ids and the accuracy of verdicts, in the order of the two lists.

    Args:
        by: "part" compares ids such as D03c, "row" the rule numbers D03.

    Missing: a given verdict of None is wrong, and neither unsafe nor needless.

    Raises: BadInputError for lists of different length or without an order, or an expected verdict that is none.
    """
    if by not in ("part", "row"):
        raise UnknownNameError("by", by, ("part", "row"))
    if len(expected) != len(given) or not expected:
        raise BadInputError("reviews", (len(expected), len(given)), "two lists of one length, one order or more")
    for found in expected:
        if found.verdict not in VERDICTS:
            raise UnknownNameError("verdict", found.verdict, VERDICTS)
    hits = named = broken = 0
    pairs: Counter[tuple[str | None, str | None]] = Counter()
    for truth, answer in zip(expected, given, strict=True):
        right, said = _ids(truth, by == "row"), _ids(answer, by == "row")
        hits, named, broken = hits + len(right & said), named + len(said), broken + len(right)
        pairs[truth.verdict, answer.verdict] += 1
    totals = Counter(truth.verdict for truth in expected)
    balanced = sum(pairs[name, name] / count for name, count in totals.items()) / len(totals)
    # Without a broken rule and without a named one there is nothing to get wrong.
    f1 = 2.0 * hits / (named + broken) if named + broken else 1.0
    return ReviewScore(
        n=len(expected),
        precision=_share(hits, named),
        recall=_share(hits, broken),
        f1=f1,
        verdict_accuracy=sum(pairs[name, name] for name in totals) / len(expected),
        verdict_balanced=balanced,
        unsafe=_share(pairs["reject", "approve"], totals["reject"]),
        needless=_share(pairs["approve", "reject"], totals["approve"]),
        score=(f1 + balanced) / 2.0,
    )
