"""Ages in years, checked at the border."""

from __future__ import annotations

import math

from triagelab.errors import BadInputError

OLDEST_YEARS = 125.0


def known_age(age_years: float | None) -> float | None:
    """Return an age in years, None where it is unknown (None or NaN).

    Raises: BadInputError for what is no number or no human age.
    """
    if age_years is None:
        return None
    if isinstance(age_years, bool) or not isinstance(age_years, int | float):
        raise BadInputError("age_years", age_years, f"a number from 0 to {OLDEST_YEARS:g}, or null")
    if math.isnan(age_years):
        return None
    if not 0 <= age_years <= OLDEST_YEARS:
        raise BadInputError("age_years", age_years, f"0 to {OLDEST_YEARS:g}", "use null if unknown")
    return age_years
