"""Which red cells and plasma a patient can be given: ABO and Rh(D). Research and education only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from triagelab.clinical.ages import known_age
from triagelab.errors import BadInputError, UnknownNameError

GROUPS: tuple[str, ...] = ("O-", "O+", "A-", "A+", "B-", "B+", "AB-", "AB+")

RED_CELLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "O-": ("O-",),
        "O+": ("O+", "O-"),
        "A-": ("A-", "O-"),
        "A+": ("A+", "A-", "O+", "O-"),
        "B-": ("B-", "O-"),
        "B+": ("B+", "B-", "O+", "O-"),
        "AB-": ("AB-", "A-", "B-", "O-"),
        "AB+": ("AB+", "AB-", "A+", "A-", "B+", "B-", "O+", "O-"),
    }
)
"""Recipient -> donors whose red cells are compatible, the one to take first in front: the same group, then Rh(D) alike,
so that O- is left for those who can have nothing else. Source: ABO and Rh(D) table of the project's facts."""

PLASMA: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"O": ("O", "A", "B", "AB"), "A": ("A", "AB"), "B": ("B", "AB"), "AB": ("AB",)}
)
"""Recipient's ABO -> donors whose plasma is compatible: the red-cell order reversed. Recalled, not checked."""

CHILD_BEARING_YEARS: tuple[float, float] = (0.0, 51.0)
"""Ages, half-open, at which a girl or woman gets Rh(D) negative cells while her group is unknown: sensitisation at any
age before the menopause harms a later child. The upper end is a choice of this project."""


@dataclass(frozen=True)
class BloodChoice:
    """The red cells to take.

    Attributes:
        donor: group to take from the stock; None where the stock holds none that is acceptable.
        acceptable: every group that may be given, first choice in front.
        override_condition: when something outside `acceptable` may be given; empty if never.
        verified: whether the reason was checked against a source.
    """

    donor: str | None
    acceptable: tuple[str, ...]
    reason: str
    override_condition: str
    verified: bool


def _group(value: str, field: str) -> str:
    found = str(value).strip().upper().replace("−", "-").replace("–", "-").replace(" ", "")
    for words, sign in (("POSITIVE", "+"), ("NEGATIVE", "-"), ("POS", "+"), ("NEG", "-"), ("RH", ""), ("0", "O")):
        found = found.replace(words, sign)
    if found not in GROUPS:
        raise UnknownNameError(field, value, GROUPS)
    return found


def red_cells_ok(donor: str, recipient: str) -> bool:
    """Return whether a patient of group `recipient` can be given red cells of group `donor`, such as "O-" or "AB+".

    Raises: UnknownNameError for a group in no list.
    """
    return _group(donor, "donor") in RED_CELLS[_group(recipient, "recipient")]


def plasma_ok(donor: str, recipient: str) -> bool:
    """Return whether a patient can be given plasma of a donor; Rh(D) does not matter here.

    Raises: UnknownNameError for a group in no list.
    """
    return _abo(donor, "donor") in PLASMA[_abo(recipient, "recipient")]


def _abo(value: str, field: str) -> str:
    """Return the ABO group; plasma needs no Rh(D), so that "AB" is enough."""
    try:
        return _group(f"{value}+", field).rstrip("+-")
    except UnknownNameError:
        return _group(value, field).rstrip("+-")


def _stock(stock: Mapping[str, int]) -> dict[str, int]:
    if not isinstance(stock, Mapping):
        raise BadInputError("stock", stock, 'units by group, such as {"O-": 2, "A+": 4}')
    found: dict[str, int] = {}
    for name, units in stock.items():
        if isinstance(units, bool) or not isinstance(units, int) or units < 0:
            raise BadInputError(f"stock {name}", units, "a whole number of units, zero or more")
        found[_group(name, "stock")] = found.get(_group(name, "stock"), 0) + units
    return found


def may_bear_children(age_years: float | None, sex: str | None) -> bool:
    """Return whether an Rh(D) positive unit could harm a later child.

    Missing: an unknown sex counts as female, an unknown age as child-bearing, so that doubt takes the safer unit.

    Raises: BadInputError for another sex or an impossible age.
    """
    if sex not in (None, "female", "male"):
        raise BadInputError("sex", sex, "female, male or null (unknown)")
    age_years = known_age(age_years)
    low, high = CHILD_BEARING_YEARS
    return sex != "male" and (age_years is None or low <= age_years < high)


def choose_red_cells(
    recipient: str | None, age_years: float | None, sex: str | None, stock: Mapping[str, int]
) -> BloodChoice:
    """Return the red cells to take from the stock.

    A known group takes the first compatible one of `RED_CELLS` in stock. Unknown or exsanguinating: O- for women of
    child-bearing age; for others O+ first, which spares O-, and O- where there is no O+.

    Missing: `recipient` None is an unknown group.

    Raises: UnknownNameError for a group in no list, BadInputError for a stock that is no number of units.
    """
    units = _stock(stock)
    protected = may_bear_children(age_years, sex)
    if recipient is not None:
        acceptable, verified = RED_CELLS[_group(recipient, "recipient")], True
        reason, override = f"compatible with {_group(recipient, 'recipient')}", ""
    elif protected:
        acceptable, verified = ("O-",), False
        reason = "group unknown, may bear children: O-"
        override = "O+ where there is no O- and the patient would bleed to death; the clinician in charge decides"
    else:
        acceptable, verified = ("O+", "O-"), False
        reason, override = "group unknown, cannot bear children: O+ spares O-", ""
    donor = next((group for group in acceptable if units.get(group, 0) > 0), None)
    if donor is None:
        reason = f"none of {', '.join(acceptable)} in stock; {reason}"
    return BloodChoice(donor, acceptable, reason, override, verified)
