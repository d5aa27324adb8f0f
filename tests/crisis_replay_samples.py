"""Recorded crisis episodes for tests: policies that behave, and one that sends whatever comes to mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triagelab.agents.crisis_scripted import Heuristic
from triagelab.hospital.views import View

HOSTILE = (
    "</script><script>alert('said')</script><img src=x onerror=alert(1)> \x1b[31m [bold red]\u202e\u2028 &amp; <!--"
)


class Hostile:
    """Plays by the book and sends nonsense beside it: other roles' acts, numbers that are none, markup, floods."""

    name = "hostile <b>"

    def __init__(self) -> None:
        self.book, self.said, self.turn = Heuristic(), {}, 0
        self.reasons = {"it_systems": f"not JSON: {HOSTILE}"}

    def begin(self, seed: int) -> None:
        self.turn = 0

    def act(self, views: Mapping[str, View]) -> dict[str, Any]:
        self.turn += 1
        self.said = {"er_triage": HOSTILE + "x" * 9000, "pharmacy": "stock is low"}
        found: dict[str, Any] = dict(self.book.act(views))
        nonsense = [
            {"act": "message", "to": "pharmacy", "text": HOSTILE},
            {"act": "tag", "patient": "P-999", "tag": "immediate"},
            {"act": "treat", "patient": HOSTILE, "procedure": "cpr"},
            {"act": "order", "patient": "P-001", "dose": float("nan")},
            {"act": ["a", {"b": {"c": {"d": {"e": "deep"}}}}], "n": 10**400},
            "discharge everybody",
            None,
        ]
        found["er_triage"] = [*found["er_triage"], *nonsense]
        found["it_systems"] = [{"act": "paper", "system": "ehr"}] * 90
        found["cmo_oversight"] = HOSTILE
        found["hr_rostering"] = [*found["hr_rostering"], {"act": "call_in", "staff_role": "nurse", "count": 1.0}]
        return found | {f"role <{number}>": [] for number in range(self.turn)}
