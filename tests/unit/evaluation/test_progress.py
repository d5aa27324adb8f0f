"""Progress: time left from the items of this run only."""

from __future__ import annotations

import io

import pytest

from triagelab.evaluation.progress import Progress, duration


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (-1, "0 s")]
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_line_counts_only_fresh_items_for_the_rate():
    bar = Progress("evaluate", 100, done_before=40, stream=io.StringIO())
    assert bar.line(60, 10.0) == "evaluate: 60/100 (60%), 2/s, 20 s left"
    assert bar.line(40, 10.0) == "evaluate: 40/100 (40%)"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_terminal_line_is_rewritten_and_removed():
    stream = Terminal()
    bar = Progress("evaluate", 10, stream=stream)
    bar.update(5)
    bar.close()
    assert "evaluate: 5/10 (50%)" in stream.getvalue()
    assert stream.getvalue().endswith("\r\033[K")


def test_disabled_is_silent():
    stream = Terminal()
    bar = Progress("evaluate", 10, stream=stream, enabled=False)
    bar.update(5)
    bar.close()
    assert stream.getvalue() == ""


def test_a_line_for_people_unless_progress_is_off():
    for enabled, text in ((True, "evaluate: done before\n"), (False, "")):
        stream = io.StringIO()
        Progress("evaluate", 10, stream=stream, enabled=enabled).say("done before")
        assert stream.getvalue() == text
