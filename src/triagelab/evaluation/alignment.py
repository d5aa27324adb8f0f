"""The same cases side by side: pairs of records that two agents gave to one case and repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triagelab.errors import BadInputError
from triagelab.evaluation.records import Record


@dataclass(frozen=True)
class Pairing:
    """Records of two agents in the same order: `a[i]` and `b[i]` answer the same case and repeat."""

    a: tuple[Record, ...]
    b: tuple[Record, ...]
    notes: tuple[str, ...] = ()


def align(
    records_a: Sequence[Record],
    records_b: Sequence[Record],
    *,
    label_a: str = "a",
    label_b: str = "b",
    intersect: bool = False,
) -> Pairing:
    """Return the records of two agents in pairs.

    Repeats that only one agent has are left out, with a note.

    Raises: BadInputError where the sets of cases differ (unless `intersect`), or a case has two truths or scales.
    """
    by_a, by_b = ({record.key: record for record in records} for records in (records_a, records_b))
    notes = _check_cases(by_a, by_b, label_a, label_b, intersect)
    shared = [key for key in by_a if key in by_b]
    cases = {case_id for case_id, _ in shared}
    if not shared:
        raise BadInputError("cases", "no case in common", "two evaluations on the same cases")
    extra = sum(1 for key in by_a | by_b if key[0] in cases and not (key in by_a and key in by_b))
    if extra:
        notes.append(f"{extra} repeated answers that only one of the two has were left out")
    for key in shared:
        _check_truth(by_a[key], by_b[key])
    return Pairing(tuple(by_a[key] for key in shared), tuple(by_b[key] for key in shared), tuple(notes))


def _check_cases(
    by_a: dict[tuple[str, int], Record],
    by_b: dict[tuple[str, int], Record],
    label_a: str,
    label_b: str,
    intersect: bool,
) -> list[str]:
    cases_a, cases_b = ({case_id for case_id, _ in side} for side in (by_a, by_b))
    only_a, only_b = sorted(cases_a - cases_b), sorted(cases_b - cases_a)
    if not only_a and not only_b:
        return []
    what = f"{len(only_a)} cases only in {label_a}, {len(only_b)} only in {label_b} (first: {(only_a + only_b)[0]!r})"
    if not intersect:
        raise BadInputError(
            "cases", what, "the same cases in both", "evaluate both on one split, or compare the common ones"
        )
    return [f"compared on the {len(cases_a & cases_b)} common cases; left out: {what}"]


def _check_truth(a: Record, b: Record) -> None:
    for field in ("scale", "level", "acceptable", "cluster"):
        if getattr(a, field) != getattr(b, field):
            values = f"{getattr(a, field)!r} and {getattr(b, field)!r}"
            raise BadInputError(f"{field} of case {a.case_id}", values, "one truth for one case in both evaluations")
