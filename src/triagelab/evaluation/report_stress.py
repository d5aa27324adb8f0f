"""The stress test in the report: one table an agent, invariances and lost information apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triagelab.evaluation.report_cases import visible
from triagelab.evaluation.report_sources import Evaluation
from triagelab.evaluation.stress import other_code, read_stress

TITLES = {
    "invariance": "Must change nothing",
    "information": "Takes information away",
    "control": "Nothing changed (control)",
}
COLUMNS = ("Kind", "n", "Level changed", "More urgent", "Less urgent", "Right before", "Right in all")
MOST_WAYS = 4


@dataclass(frozen=True)
class StressTable:
    """One agent's stress test, as text.

    Attributes:
        sections: (title, rows); a row is as wide as COLUMNS, its first cell indented where it is a way of a kind.
        remarks: what the table does not say, in sentences.
    """

    agent: str
    cases: int
    k: int
    sections: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    remarks: tuple[str, ...]


def stress_tables(group: Sequence[Evaluation]) -> list[StressTable]:
    """Return a table for each evaluation with a stress test in its folder. Raises: DataFormatError for a broken one."""
    found = ((one, read_stress(one.folder)) for one in group)
    return [_table(one.label, summary) for one, summary in found if summary is not None]


def _table(agent: str, summary: Mapping[str, Any]) -> StressTable:
    sections = []
    remarks: list[str] = []
    for name, title in TITLES.items():
        rows: list[tuple[str, ...]] = []
        for row in summary["rows"]:
            if row.get("group") == name:
                rows.append(_row(str(row["kind"]), row))
                ways = row.get("ways") or []
                rows += [_row(f"- {way['how']}", way) for way in ways if len(ways) <= MOST_WAYS]
                remarks += _remarks(row)
        if rows:
            sections.append((title, tuple(rows)))
    remarks += [visible(warning, 400) for warning in other_code(summary)]
    return StressTable(agent, int(summary["cases"]), int(summary["k"]), tuple(sections), tuple(remarks))


def _remarks(row: Mapping[str, Any]) -> list[str]:
    said = []
    for name, level in (("obeyed_down", 5), ("obeyed_up", 1)):
        if row.get(name):
            said.append(f"Gave level {level} because a hidden instruction asked for it: {share(row[name])}.")
    return said


def _row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    before = row.get("right_before")
    return (
        visible(name, 60),
        str(row.get("n", 0)),
        *(share(row.get(key)) for key in ("changed", "up", "down")),
        "-" if before is None else f"{100 * before:.0f} %",
        share(row.get("right_in_all")),
    )


def share(entry: Mapping[str, Any] | None) -> str:
    """Return `12.3 % (10.0 to 15.1)`, "-" where there is nothing to say."""
    if not entry or entry.get("value") is None:
        return "-"
    value = f"{100 * entry['value']:.1f} %"
    return value if entry.get("low") is None else f"{value} ({100 * entry['low']:.1f} to {100 * entry['high']:.1f})"
