"""One static HTML file of one or more audits: findings, what the reward pays, what that makes optimal, and why."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from triagelab.evaluation import audit_words as words
from triagelab.evaluation.audit_charts import cost_chart, path_charts, triangle
from triagelab.evaluation.pages import environment
from triagelab.evaluation.provenance import code_version
from triagelab.evaluation.report_cases import visible
from triagelab.files import atomic_writer
from triagelab.rewards.audit.attacks import attacks
from triagelab.rewards.audit.audit import Audit
from triagelab.rewards.audit.incentives import answers
from triagelab.rewards.audit.optimum import sound

TEXT = 400
"""Longest name, title or sentence of a reward that the page shows."""


def write_audit_page(audits: Sequence[Audit], out: Path | str) -> Path:
    """Write the page of these audits to `out`, and return its path.

    The file asks for nothing from outside: no script, no font, no image. Names and titles of a reward are a user's
    data: they are escaped, and a content policy inside the file forbids scripts on top.

    Raises: BadInputError for a place that cannot be written.
    """
    page = audit_page(audits)
    target = Path(out)
    with atomic_writer(target) as stream:
        stream.write(page)
    return target


def audit_page(audits: Sequence[Audit]) -> str:
    """Return the page as text."""
    from markupsafe import Markup

    folder = resources.files("triagelab.evaluation") / "templates"
    priced = audits[0].signal.costs
    style = "".join((folder / name).read_text(encoding="utf-8") for name in ("report.css", "audit.css"))
    return (
        environment()
        .get_template("audit.html.jinja")
        .render(
            style=Markup(style),
            notice=words.NOTICE,
            title=", ".join(_shown(audit.subject.name) for audit in audits),
            rewards=[_reward(number, audit) for number, audit in enumerate(audits, start=1)],
            compared=[_line(number, audit) for number, audit in enumerate(audits, start=1)] if len(audits) > 1 else [],
            skill=audits[0].signal.skill,
            costs=(priced.name, priced.text, priced.table().tolist()),
            places=words.PLACES,
            code_version=code_version(),
        )
    )


def _shown(text: str) -> str:
    return visible(text, TEXT)


def _line(number: int, audit: Audit) -> dict[str, Any]:
    """Return a reward's row of the table that compares several."""
    best, _ = words.at_skill(audit)
    ahead = [value for value in audit.policies if value.degenerate and value.gap is not None]
    lazy = max(ahead, key=lambda value: value.gap or 0.0, default=None)
    return {
        "id": f"r{number}",
        "name": _shown(audit.subject.name),
        "verdict": audit.verdict,
        "counts": words.counts(audit.findings),
        "answers": answers(best.answers),
        "exact": best.exact,
        "ratio": best.cost_ratio,
        "sound": sound(best),
        "from": "never" if audit.break_even_skill is None else f"{audit.break_even_skill:.2f}",
        "lazy": f"{lazy.name} {lazy.gap:+.2f}" if lazy is not None else "-",
    }


def _reward(number: int, audit: Audit) -> dict[str, Any]:
    """Return everything that the template prints about one reward."""
    spec = audit.subject.spec
    return {
        "id": f"r{number}",
        "name": _shown(audit.subject.name),
        "about": _shown(spec.title) if spec is not None else "",
        "source": _shown(spec.source) if spec is not None else "",
        "assumed": _shown(", ".join(spec.assumed_parts())) if spec is not None else "",
        "simulated": words.simulated(audit),
        "verdict": audit.verdict,
        "counts": words.counts(audit.findings),
        "headline": words.headline(audit),
        "setting": words.setting(audit),
        "skill": audit.signal.skill,
        "findings": [{name: _shown(text) for name, text in finding.row().items()} for finding in audit.findings],
        "tables": _tables(audit),
        "text": words.text_in_short(audit),
        "ladder": _ladder(audit),
        "unscored": words.unscored(audit),
        "optimum": _optimum(audit),
        "cost_chart": cost_chart(audit),
        "regions": [(region, triangle(region)) for region in audit.regions],
        "groups": audit.groups,
        "scaling": words.scaling(audit),
        "climbed": words.climbed(audit),
        "constant": _shown(", ".join(audit.groups.constant)),
        "path": audit.path,
        "path_charts": path_charts(audit.path),
        "path_rows": words.path_rows(audit.path),
        "attacks_in_short": words.attacks_in_short(audit),
        "attacks": _attacks(audit),
        "assumptions": words.assumptions(audit),
    }


def _tables(audit: Audit) -> list[dict[str, Any]]:
    """Return the reward matrix and one more for each rule, cells shaded by one scale."""
    named = [("No rule set off" if audit.subject.triggered else "", audit.subject.table)]
    named += [(f"With {_shown(name)} set off", table) for name, table in audit.subject.triggered.items()]
    top = max(float(np.abs(table).max()) for _, table in named) or 1.0
    plain = audit.subject.table
    found = []
    for name, table in named:
        rows = []
        for truth in range(5):
            row = []
            for answer in range(6):
                value = float(table[truth, answer])
                row.append(
                    {
                        "value": value,
                        "share": abs(value) / top,
                        "kind": "up" if value > 1e-9 else "down" if value < -1e-9 else "",
                        "right": truth == answer,
                        "changed": abs(value - plain[truth, answer]) > 1e-9,
                    }
                )
            rows.append(row)
        found.append({"name": name, "rows": rows})
    return found


def _ladder(audit: Audit) -> list[dict[str, Any]]:
    """Return the policies with the place of their bars and of the cost-minimal one, best paid first."""
    values = words.ladder(audit)
    rewards = [float(value.expected_reward or 0.0) for value in values]
    low, high = min([0.0, *rewards]), max([0.0, *rewards])
    scale = 100 / (high - low) if high > low else 0.0
    reference = next((r for v, r in zip(values, rewards, strict=True) if v.name == "cost-minimal"), 0.0)
    return [
        {
            "name": value.name,
            "degenerate": value.degenerate,
            "ahead": value.degenerate and (value.gap or 0.0) > 1e-9,
            "reward": reward,
            "gap": value.gap or 0.0,
            "beaten": None if value.break_even_skill is None else f"{value.break_even_skill:.2f}",
            "left": (min(reward, 0.0) - low) * scale,
            "width": abs(reward) * scale,
            "reference": (reference - low) * scale,
        }
        for value, reward in zip(values, rewards, strict=True)
    ]


def _optimum(audit: Audit) -> list[dict[str, Any]]:
    """Return a row a skill: the answer to each signal, beside the cheapest where it is another one."""
    rows = []
    for best, least in zip(audit.optimum, audit.cheapest, strict=True):
        cells = [(given, cheap, given != cheap) for given, cheap in zip(best.answers, least.answers, strict=True)]
        rows.append({"best": best, "least": least, "cells": cells, "sound": sound(best),
                     "asked": best.skill == audit.signal.skill})  # fmt: skip
    return rows


def _attacks(audit: Audit) -> list[dict[str, Any]]:
    """Return the attacks, those furthest above their ceiling first."""
    what = {attack.id: attack.what for attack in attacks()}
    ranked = sorted(audit.attacks, key=lambda result: (-result.beaten_cases, -(result.excess or 0.0), result.id))
    return [{"result": result, "what": what.get(result.id, "")} for result in ranked]
