"""What the library of text attacks earns where its texts are put into completions of a task."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from triagelab.rewards.audit.finding import Finding, Severity


@dataclass(frozen=True, slots=True)
class PlacedAttack:
    """What the library of text attacks earns in one place.

    Attributes:
        place: where the text stands. `ceiling`: the honest completion that it may earn at most.
        tried: texts times rows or states; `beaten`: how often the ceiling was passed.
        excess: the largest lead over the ceiling; `worst`: the attack that had it.
    """

    place: str
    ceiling: str
    tried: int
    beaten: int
    excess: float
    worst: str

    def row(self) -> dict[str, object]:
        """Return plain JSON values."""
        counts = {"tried": self.tried, "beaten": self.beaten, "excess": round(self.excess, 6)}
        return {"place": self.place, "ceiling": self.ceiling, **counts, "worst": self.worst}


def placed(place: str, ceiling: str, leads: Sequence[tuple[float, str]], tie: float) -> PlacedAttack:
    """Return the result of a place from the lead of every text over its ceiling, each with the attack's name.

    Args:
        tie: rewards this close are the same.
    """
    excess, worst = max(leads)
    return PlacedAttack(place, ceiling, len(leads), sum(lead > tie for lead, _ in leads), excess, worst)


def placed_findings(attacks: Sequence[PlacedAttack], id_: str, change: str) -> Iterator[Finding]:
    """Yield one finding where any place passed its ceiling."""
    beaten = [one for one in attacks if one.beaten]
    if beaten:
        yield Finding(
            id_,
            Severity.SEVERE,
            "Texts of the attack library earn more than the honest completion they are held against.",
            "; ".join(
                f"{one.place}: {one.beaten} of {one.tried}, by up to {one.excess:.3f} ({one.worst})" for one in beaten
            ),
            change,
        )


__all__ = ["PlacedAttack", "placed", "placed_findings"]
