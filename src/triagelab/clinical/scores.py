"""NEWS2 and qSOFA, and the door to the other scores: SOFA, shock index, SIPA.

Cells and bands are data (data/scores.toml). An unknown value is never 0: a score then says what it can be at least and
at most, and what to measure. For research and education: not a medical device.

NEWS2 is (c) Royal College of Physicians 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.clinical.ages import known_age
from triagelab.clinical.scores_result import Score, Span, add_up
from triagelab.clinical.scores_shock import ShockIndex, Sipa, shock_index, sipa
from triagelab.clinical.scores_sofa import SofaValues, sepsis, sofa
from triagelab.clinical.scores_table import score_table
from triagelab.clinical.vitals import VitalSigns
from triagelab.errors import BadInputError

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Score",
    "ShockIndex",
    "Sipa",
    "SofaValues",
    "news2",
    "news2_frame",
    "qsofa",
    "qsofa_frame",
    "sepsis",
    "shock_index",
    "shock_index_frame",
    "sipa",
    "sipa_frame",
    "sofa",
]


def news2(
    vitals: VitalSigns,
    *,
    on_oxygen: bool | None,
    consciousness: str | None,
    spo2_scale: int = 1,
    age_years: float | None = None,
    pregnant: bool | None = None,
) -> Score:
    """Return the NEWS2 of an adult, 0 to 20.

    Args:
        on_oxygen: breathes supplemental oxygen. On scale 2 it also decides what the saturation is worth.
        consciousness: A, C (new confusion), V, P or U.
        spo2_scale: 2 only where a clinician set a target of 88-92 %.
        age_years, pregnant: checked where known; the score is not made for children under 16 or for pregnancy (a
            recalled limit, not checked against the source).

    Missing: see `Score`. A fractional value is rounded to the resolution of the chart, half up (38.05 is 38.1).

    Raises: BadInputError for a patient the score is not made for, another scale or an unknown letter.
    """
    _check_answers(on_oxygen, consciousness, spo2_scale)
    _check_patient(age_years, pregnant)
    table = score_table("news2")
    plain = {
        name: table.items[name].span(getattr(vitals, name))
        for name in ("resp_rate_bpm", "sbp_mmhg", "heart_rate_bpm", "temp_c")
    }
    letters = table.choices["consciousness"]
    worth: Span = (min(letters.values()), max(letters.values()))
    if consciousness is not None:
        worth = (letters[consciousness], letters[consciousness])
    ways: list[dict[str, Span]] = []
    for oxygen in (False, True) if on_oxygen is None else (on_oxygen,):
        given = table.choices["on_oxygen"]["yes" if oxygen else "no"]
        ways.append(
            {
                "resp_rate_bpm": plain["resp_rate_bpm"],
                "spo2_pct": table.items[spo2_item(spo2_scale, oxygen)].span(vitals.spo2_pct),
                "on_oxygen": (given, given),
                "sbp_mmhg": plain["sbp_mmhg"],
                "heart_rate_bpm": plain["heart_rate_bpm"],
                "consciousness": worth,
                "temp_c": plain["temp_c"],
            }
        )
    answers = {"on_oxygen": on_oxygen, "consciousness": consciousness}
    missing = [name for name in ways[0] if (answers[name] if name in answers else getattr(vitals, name)) is None]
    return add_up("news2", ways, missing)


def spo2_item(spo2_scale: int, on_oxygen: bool) -> str:
    """Return which cells of NEWS2 read the saturation."""
    return "spo2_pct.scale1" if spo2_scale == 1 else f"spo2_pct.scale2_{'oxygen' if on_oxygen else 'air'}"


def _check_answers(on_oxygen: bool | None, consciousness: str | None, spo2_scale: int) -> None:
    letters = score_table("news2").choices["consciousness"]
    if on_oxygen is not None and not isinstance(on_oxygen, bool):
        raise BadInputError("on_oxygen", on_oxygen, "true, false or null (unknown)")
    if consciousness is not None and consciousness not in letters:
        raise BadInputError("consciousness", consciousness, ", ".join(letters), "use null if unknown")
    if isinstance(spo2_scale, bool) or spo2_scale not in (1, 2):
        raise BadInputError("spo2_scale", spo2_scale, "1, or 2 where a clinician set a target of 88-92 %")


def _check_patient(age_years: float | None, pregnant: bool | None) -> None:
    limits = score_table("news2").limits
    if limits is None:
        return
    age = known_age(age_years)
    if age is not None and age < limits.from_years:
        raise BadInputError("age_years", age, f"{limits.from_years:g} and older", "NEWS2 is not made for children")
    if pregnant is not None and not isinstance(pregnant, bool):
        raise BadInputError("pregnant", pregnant, "true, false or null (unknown)")
    if pregnant and not limits.pregnant:
        raise BadInputError("pregnant", pregnant, "false or null", "NEWS2 is not made for pregnancy")


def qsofa(vitals: VitalSigns) -> Score:
    """Return the qSOFA, 0 to 3, from breathing rate, systolic pressure and GCS; positive from 2 on."""
    items = score_table("qsofa").items
    spans = {name: item.span(getattr(vitals, name)) for name, item in items.items()}
    return add_up("qsofa", [spans], [name for name in items if getattr(vitals, name) is None])


def news2_frame(frame: pl.DataFrame, *, spo2_scale: int = 1) -> pl.DataFrame:
    """Return NEWS2 for a table, one row a patient; see `scores_frame.news2_frame`, which this calls."""
    from triagelab.clinical.scores_frame import news2_frame as run

    return run(frame, spo2_scale=spo2_scale)


def qsofa_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return qSOFA for a table, one row a patient; see `scores_frame.qsofa_frame`, which this calls."""
    from triagelab.clinical.scores_frame import qsofa_frame as run

    return run(frame)


def shock_index_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the shock index for a table; see `scores_frame.shock_index_frame`, which this calls."""
    from triagelab.clinical.scores_frame import shock_index_frame as run

    return run(frame)


def sipa_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return SIPA for a table; see `scores_frame.sipa_frame`, which this calls."""
    from triagelab.clinical.scores_frame import sipa_frame as run

    return run(frame)
