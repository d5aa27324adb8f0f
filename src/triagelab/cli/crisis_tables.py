"""Tables of the crisis benchmark for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

COLUMNS: tuple[tuple[str, str], ...] = (
    ("survival", "survival"),
    ("deaths", "deaths"),
    ("preventable_deaths", "prevent."),
    ("minutes_to_treatment", "minutes"),
    ("icu_use", "ICU"),
    ("precision", "prec."),
    ("recall", "recall"),
    ("reward_of_ten", "of ten"),
    ("role_correct", "roles"),
    ("blocked", "blocked"),
)
"""Measure and its head: preventable deaths, minutes to the first right treatment, reward of ten, role-correct share."""
_DIGITS = {"deaths": 1, "preventable_deaths": 1, "minutes_to_treatment": 0, "blocked": 1}


def scenario_table(name: str, entries: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return one row a policy: its raw measures, then the composite on the normalised parts."""
    table = Table(title=name, box=box.SIMPLE, title_justify="left")
    table.add_column("policy", no_wrap=True)
    for _, head in COLUMNS:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("composite (95 %)", justify="right", no_wrap=True)
    table.add_column("grade")
    for policy, entry in entries.items():
        cells = [_figure(entry[key], _DIGITS.get(key, 3)) for key, _ in COLUMNS]
        table.add_row(policy, *cells, composite(entry), entry["grade"])
    return table


def overall_table(summary: Mapping[str, Any]) -> Table:
    """Return one row a policy: the mean composite over the scenarios, and in each of them."""
    names = list(summary["scenarios"])
    table = Table(
        title=f"all scenarios, n = {summary['n']} paired episodes each; nothing is 0, the oracle is 100",
        box=box.SIMPLE,
        title_justify="left",
    )
    for head in ("policy", "composite (95 %)", "grade", *names):
        table.add_column(head, justify="left" if head in ("policy", "grade") else "right")
    for policy, entry in summary["overall"].items():
        parts = [_figure(summary["scenarios"][name][policy]["composite"], 1) for name in names]
        table.add_row(policy, composite(entry), entry["grade"], *parts)
    return table


def composite(entry: Mapping[str, Any]) -> str:
    """Return a composite with its interval, where it has one."""
    text = _figure(entry["composite"], 1)
    if entry["low"] is None or entry["low"] == entry["high"]:
        return text
    return f"{text} ({entry['low']:.1f} to {entry['high']:.1f})"


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


__all__ = ["composite", "overall_table", "scenario_table"]
