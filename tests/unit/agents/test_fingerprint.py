"""The fingerprint of a model folder: weights count, logs beside them do not."""

from __future__ import annotations

from triagelab.agents import fingerprint as module
from triagelab.agents.fingerprint import fingerprint


def test_weights_decide(tmp_path):
    weights = tmp_path / "model" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_bytes(b"one")
    (tmp_path / "summary.json").write_text("{}")
    before = fingerprint(tmp_path)
    (tmp_path / "summary.json").write_text("{...}")
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "model.safetensors").write_bytes(b"later")
    assert fingerprint(tmp_path) == before
    weights.write_bytes(b"two")
    assert fingerprint(tmp_path) != before


def test_nothing_to_tell_by(tmp_path):
    assert fingerprint(tmp_path) is None


def test_large_files_are_read_at_both_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WHOLE_UP_TO", 10)
    monkeypatch.setattr(module, "EDGE", 4)
    weights = tmp_path / "model.bin"
    found = set()
    for content in (b"aaaa-middle-zzzz", b"aaaa-MIDDLE-zzzz", b"baaa-middle-zzzz", b"aaaa-middle-zzzy"):
        weights.write_bytes(content)
        found.add(fingerprint(tmp_path))
    assert len(found) == 3
