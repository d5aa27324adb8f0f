"""Progress: every item passes, and a pipe gets no bar."""

from __future__ import annotations

from triagelab.datasets.progress import track


def test_items_pass_and_nothing_is_printed_to_a_pipe(capsys):
    assert list(track(range(5), "loading", 5)) == [0, 1, 2, 3, 4]
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_terminal_gets_a_bar_on_standard_error(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert list(track(range(3), "loading", 3)) == [0, 1, 2]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "loading" in captured.err
