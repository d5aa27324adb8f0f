"""Units, routes and concentrations of drug orders: "mcg/kg/min", "IV push", "1%"; nothing is converted by guess."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from triagelab.errors import BadInputError, UnknownNameError

AMOUNTS: dict[str, tuple[str, float]] = {
    "kg": ("mg", 1e6),
    "g": ("mg", 1000.0),
    "mg": ("mg", 1.0),
    "mcg": ("mg", 1e-3),
    "ug": ("mg", 1e-3),
    "ng": ("mg", 1e-6),
    **dict.fromkeys(("gm", "gms", "gram", "grams"), ("mg", 1000.0)),
    "mgs": ("mg", 1.0),
    "mcgs": ("mg", 1e-3),
    "units": ("units", 1.0),
    "unit": ("units", 1.0),
    "iu": ("units", 1.0),
    "meq": ("meq", 1.0),
    "mmol": ("mmol", 1.0),
    "ml": ("ml", 1.0),
    "l": ("ml", 1000.0),
}
"""Unit of an amount -> what it measures, and how many of the base unit it is."""

TIMES: dict[str, float] = {"min": 1.0, "minute": 1.0, "h": 60.0, "hr": 60.0, "hour": 60.0, "d": 1440.0, "day": 1440.0}
"""Unit of time -> minutes."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit taken apart: base (mg, units, meq, mmol, ml), factor to it, whether per kg, and minutes of the rate."""

    base: str
    factor: float
    per_kg: bool
    minutes: float | None


@lru_cache(1024)
def parse_unit(text: str, field: str) -> Unit:
    """Return a unit taken apart.

    Raises: UnknownNameError for a part that is no unit, with the nearest one.
    """
    parts = re.split(r"\s*/\s*", str(text).strip().casefold().replace("µ", "u").replace("μ", "u"))
    if parts[0] not in AMOUNTS:
        raise UnknownNameError(field, text, AMOUNTS)
    base, factor = AMOUNTS[parts[0]]
    per_kg, minutes = False, None
    for part in parts[1:]:
        if part == "kg" and not per_kg and minutes is None:
            per_kg = True
        elif part in TIMES and minutes is None:
            minutes = TIMES[part]
        else:
            raise UnknownNameError(field, text, (f"{parts[0]}/kg", *(f"{parts[0]}/{time}" for time in TIMES)))
    return Unit(base, factor, per_kg, minutes)


def tidy(value: float) -> float:
    """Return a computed amount to 9 significant digits: 0.9 mg/kg must stay 0.9 after a division in binary."""
    return 0.0 if value == 0 else round(value, 8 - math.floor(math.log10(abs(value))))


ROUTES: dict[str, tuple[str, ...]] = {
    "iv": (
        "intravenous",
        "iv push",
        "ivp",
        "ivpb",
        "iv infusion",
        "iv drip",
        "iv bolus",
        "slow iv push",
        "sivp",
        "intravenously",
    ),
    "io": ("intraosseous", "io push"),
    "im": ("intramuscular", "intramuscularly"),
    "sc": ("sq", "subq", "subcut", "subcutaneous", "subcutaneously"),
    "po": ("oral", "orally", "by mouth", "ng", "peg"),
    "pr": ("rectal",),
    "sl": ("sublingual", "buccal"),
    "intranasal": ("nasal",),
    "inhaled": ("neb", "nebulised", "nebulized", "inhalation", "mdi"),
    "topical": ("cream", "gel", "ointment"),
    "transdermal": ("patch", "td"),
    "ophthalmic": ("eye drops", "eye"),
    "otic": ("ear drops", "ear"),
    "ia": ("intra-arterial", "intraarterial"),
    "it": ("intrathecal", "spinal"),
    "epidural": (),
    "infiltration": ("local", "local infiltration", "nerve block", "intradermal"),
}
"""Route -> other ways to write it."""

ROUTE_WORDS: dict[str, str] = {text: name for name, others in ROUTES.items() for text in (name, *others)}
PUSHED: dict[str, bool] = {
    **dict.fromkeys(("iv push", "ivp", "iv bolus", "slow iv push", "sivp", "io push"), True),
    **dict.fromkeys(("ivpb", "iv infusion", "iv drip"), False),
}
"""Way to write a route -> whether it is pushed by hand."""


def parse_route(text: str, field_name: str = "route") -> str:
    """Return the route in its short form.

    Raises: UnknownNameError for a route in no list.
    """
    found = ROUTE_WORDS.get(str(text).strip().casefold())
    if found is None:
        raise UnknownNameError(field_name, text, ROUTE_WORDS)
    return found


def parse_concentration(text: str | float) -> float:
    """Return mg/mL from a number (mg/mL already), "1 mg/mL", "1%" (10 mg/mL) or "1:10000" (0.1 mg/mL).

    Raises: BadInputError for anything else.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text)
    plain = str(text).strip().casefold().replace(",", "")
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", plain):
        return float(match[1]) * 10.0
    if (match := re.fullmatch(r"1\s*:\s*(\d+)", plain)) and int(match[1]) > 0:
        return 1000.0 / int(match[1])
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*(g|mg|mcg|ug)\s*/\s*ml", plain):
        return tidy(float(match[1]) * parse_unit(match[2], "concentration").factor)
    raise BadInputError("concentration", text, '"1 mg/mL", "1%" or "1:10000"')
