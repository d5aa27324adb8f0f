"""The lines that `triagelab data load` prints."""

from __future__ import annotations

from dataset_samples import visits, year_of
from triagelab.datasets.base import Dataset, Reject
from triagelab.datasets.summary import MAX_REASONS, summary_lines


def test_counts_mix_reasons_and_notes():
    year = year_of(visits({}, {"IMMEDR": 3.0}, {"IMMEDR": -9.0}, {"IMMEDR": -9.0}, {"IMMEDR": 7.0}))
    lines = summary_lines(Dataset("nhamcs", tuple(year.cases), "immedr", tuple(year.rejects), ("a note",)))
    assert lines[0] == "nhamcs: 5 rows, 2 accepted, 3 rejected"
    assert "  test: 2 cases   1: 0 (0.0%)  2: 1 (50.0%)  3: 1 (50.0%)  4: 0 (0.0%)  5: 0 (0.0%)" in lines
    assert "  rejected 2: no triage level (blank)" in lines
    assert "  scale: immedr" in lines
    assert lines[-1] == "  note: a note"


def test_very_many_reasons_are_folded():
    rejects = tuple(Reject(f"row {place}", f"reason {place:03d}") for place in range(MAX_REASONS + 7))
    lines = summary_lines(Dataset("x", (), "immedr", rejects))
    assert "  rejected 7: 7 other reasons" in lines
    assert len([line for line in lines if "rejected" in line]) == MAX_REASONS + 2
