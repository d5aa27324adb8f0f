"""The drawings of an audit: triangles of beliefs as static SVG, and lines over skill and over training."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from triagelab.evaluation.audit_words import path_rows
from triagelab.evaluation.report_charts import Chart, line_chart
from triagelab.rewards.audit.audit import Audit
from triagelab.rewards.audit.dynamics_path import Path
from triagelab.rewards.audit.optimum import TOLERANCE
from triagelab.rewards.audit.regions import STEPS, Region

SIDE, MARGIN, TOP = 300.0, 30.0, 24.0
_HEIGHT = SIDE * math.sqrt(3) / 2
_RADIUS = SIDE / STEPS / math.sqrt(3)
WIDTH, HEIGHT = SIDE + 2 * MARGIN, _HEIGHT + 2 * TOP + 8
RATIO_LIMIT = 3.0
"""Ratios of cost above this are drawn at it: at high skill the least cost nears 0 and the ratio says little."""


def triangle(region: Region) -> Markup:
    """Return beliefs over three levels as hexagons coloured by the best-paid answer.

    Where the cheapest answer differs, a dot in its colour lies on the hexagon. A corner is the belief that the patient
    is surely of that level: lowest level on the left, middle on top, highest on the right.
    """
    first = region.levels[0] - 1
    places = [_place(belief[first : first + 3]) for belief in region.beliefs]
    parts = []
    for column in sorted(set(region.paid.tolist())):
        here = [place for place, paid in zip(places, region.paid, strict=True) if paid == column]
        parts.append(Markup('<path class="t{}" d="{}"/>').format(column + 1, "".join(map(_hexagon, here))))
    for column in sorted(set(region.cheapest[region.paid != region.cheapest].tolist())):
        wrong = (region.paid != region.cheapest) & (region.cheapest == column)
        here = [place for place, differs in zip(places, wrong, strict=True) if differs]
        parts.append(Markup('<path class="ring t{}" d="{}"/>').format(column + 1, "".join(map(_dot, here))))
    low, middle, high = region.levels
    label = (
        f"Beliefs over levels {low}, {middle} and {high}: the best-paid answer differs from the cheapest at "
        f"{region.differ:.0%} of them"
    )
    for level, corner, dy, anchor in (
        (low, (1.0, 0.0, 0.0), 24.0, "middle"),
        (middle, (0.0, 1.0, 0.0), -14.0, "middle"),
        (high, (0.0, 0.0, 1.0), 24.0, "middle"),
    ):
        x, y = _place(np.array(corner))
        text = Markup('<text class="tick" x="{:.0f}" y="{:.0f}" text-anchor="{}">surely {}</text>')
        parts.append(text.format(x, y + dy, anchor, level))
    svg = Markup('<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}</svg>')
    return svg.format(WIDTH, HEIGHT, label, Markup("").join(parts))


def _place(shares: np.ndarray) -> tuple[float, float]:
    """Return where a belief over three levels lies. Shapes: shares (3,)."""
    x = MARGIN + SIDE * (float(shares[2]) + float(shares[1]) / 2)
    return x, TOP + _HEIGHT * (1.0 - float(shares[1]))


def _hexagon(place: tuple[float, float]) -> str:
    x, y = place
    corners = (
        (x + _RADIUS * math.sin(turn * math.pi / 3), y + _RADIUS * math.cos(turn * math.pi / 3)) for turn in range(6)
    )
    return "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in corners) + "Z"


def _dot(place: tuple[float, float]) -> str:
    x, y = place
    return f"M{x - 4:.1f},{y:.1f}a4,4 0 1 0 8,0a4,4 0 1 0 -8,0Z"


def cost_chart(audit: Audit) -> Chart | None:
    """Return how many times the least cost the best-paid policy costs, over skill."""
    points = [(outcome.skill, min(outcome.cost_ratio, RATIO_LIMIT)) for outcome in audit.optimum]
    limit = [(points[0][0], TOLERANCE), (points[-1][0], TOLERANCE)]
    least = [(points[0][0], 1.0), (points[-1][0], 1.0)]
    cut = any(outcome.cost_ratio > RATIO_LIMIT for outcome in audit.optimum)
    return line_chart(
        f"Cost of the best-paid answers over the least{f', drawn up to x{RATIO_LIMIT:g}' if cut else ''}",
        {"best paid": points, "10 % above": limit, "least": least},
        breaks=[audit.signal.skill],
        over="skill",
    )


def path_charts(path: Path) -> list[Chart]:
    """Return the charts of a simulated training; dashed lines mark where it turns."""
    turns = [float(step) for _, step in path_rows(path)[1:-1]]

    def series(values: np.ndarray) -> Sequence[tuple[float, float]]:
        return [(float(step), float(value)) for step, value in zip(path.steps, values, strict=True)]

    shares = {"exact": path.exact, "within one": path.within_one, "no answer": path.no_answer}
    mix = {f"answers {level}": path.mix[:, level - 1] for level in range(1, 6)}
    panels = {
        "Shares of the patients": shares,
        "Class mix": {**mix, "no answer": path.no_answer},
        "Cost to the patients": {"cost": path.cost},
        "Reward": {"reward": path.reward},
    }
    drawn = [
        line_chart(title, {name: series(values) for name, values in lines.items()}, breaks=turns)
        for title, lines in panels.items()
    ]
    return [chart for chart in drawn if chart is not None]
