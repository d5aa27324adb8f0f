"""Line charts as static SVG: sized for a phone's width, coloured by the style sheet, readable without colour."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 24
MAX_POINTS = 300
SERIES_COLOURS = 8

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Chart:
    """One chart: its title, its legend (label, colour number) and its SVG."""

    title: str
    legend: tuple[tuple[str, int], ...]
    svg: Markup


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Return round numbers inside [low, high], about `wanted` of them."""
    span = high - low
    if span <= 0:
        return [low]
    raw = span / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.75)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) + 0.0 for number in range(first, last + 1)]


def short(value: float) -> str:
    """Return a number for an axis: `0.25`, `1.5k`, `2e-05`."""
    size = abs(value)
    if size >= 10_000:
        return f"{value / 1000:.3g}k"
    if 0 < size < 0.001:
        return f"{value:.2g}"
    return f"{value:.4g}"


def thin(points: Points) -> list[tuple[float, float]]:
    """Return at most MAX_POINTS points: neighbours are averaged, first and last kept."""
    if len(points) <= MAX_POINTS:
        return list(points)
    size = math.ceil((len(points) - 2) / (MAX_POINTS - 2))
    inner = [points[start : start + size] for start in range(1, len(points) - 1, size)]
    means = [(sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)) for part in inner if part]
    return [points[0], *means, points[-1]]


def trend(points: Points) -> list[tuple[float, float]]:
    """Return a running mean over an eighth of the points, each with its neighbours on both sides."""
    reach = max(1, len(points) // 16)
    found = []
    for index, (x, _) in enumerate(points):
        part = points[max(0, index - reach) : index + reach + 1]
        found.append((x, sum(y for _, y in part) / len(part)))
    return found


def line_chart(
    title: str,
    series: Mapping[str, Points],
    *,
    breaks: Sequence[float] = (),
    smooth: bool = False,
    over: str = "training steps",
) -> Chart | None:
    """Return a chart of one line a series over the training step, or None where there is nothing to draw.

    Args:
        breaks: steps at which a new phase begins.
        smooth: draw the running mean strongly and the points themselves faintly.
        over: what the x axis counts, in words.
    """
    lines = {name: thin(sorted(points)) for name, points in series.items() if len(points) > 0}
    if not lines:
        return None
    everything = [point for points in lines.values() for point in points]
    x_range = _range([x for x, _ in everything], pad=0.0)
    y_range = _range([y for _, y in everything], pad=0.06)
    parts = [_axes(x_range, y_range), *(_break(x, x_range) for x in breaks if x_range[0] < x < x_range[1])]
    for number, (name, points) in enumerate(lines.items()):
        parts.append(_line(name, points, x_range, y_range, number % SERIES_COLOURS, smooth and len(points) >= 12))
    label = f"{title}: {', '.join(lines)} over {over}"
    body = Markup("").join(parts)
    svg = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(WIDTH, HEIGHT, label, body)
    return Chart(title, tuple((name, number % SERIES_COLOURS) for number, name in enumerate(lines)), svg)


def _range(values: Sequence[float], pad: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low < 1e-12 * max(1.0, abs(high)):
        return (low - abs(low) / 2, high + abs(high) / 2) if abs(high) > 1e-12 else (-0.5, 0.5)
    return low - pad * (high - low), high + pad * (high - low)


def _x(value: float, span: tuple[float, float]) -> float:
    return LEFT + (value - span[0]) / (span[1] - span[0]) * (WIDTH - LEFT - RIGHT)


def _y(value: float, span: tuple[float, float]) -> float:
    return HEIGHT - BOTTOM - (value - span[0]) / (span[1] - span[0]) * (HEIGHT - TOP - BOTTOM)


def _axes(x_range: tuple[float, float], y_range: tuple[float, float]) -> Markup:
    parts = []
    for tick in ticks(*y_range):
        y = f"{_y(tick, y_range):.1f}"
        parts.append(Markup('<line class="rule" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(LEFT, WIDTH - RIGHT, y, y))
        parts.append(
            Markup('<text class="tick" x="{}" y="{}" dy=".32em" text-anchor="end">{}</text>').format(
                LEFT - 6, y, short(tick)
            )
        )
    for tick in ticks(*x_range):
        x = f"{_x(tick, x_range):.1f}"
        anchor = "end" if _x(tick, x_range) > WIDTH - 24 else "middle"
        place = Markup('<text class="tick" x="{}" y="{}" text-anchor="{}">{}</text>')
        parts.append(place.format(x, HEIGHT - 8, anchor, short(tick)))
    return Markup("").join(parts)


def _break(step: float, x_range: tuple[float, float]) -> Markup:
    x = f"{_x(step, x_range):.1f}"
    return Markup('<line class="break" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(x, x, TOP, HEIGHT - BOTTOM)


def _line(
    name: str, points: Points, x_range: tuple[float, float], y_range: tuple[float, float], colour: int, smooth: bool
) -> Markup:
    def path(shown: Points) -> str:
        return " ".join(f"{_x(x, x_range):.1f},{_y(y, y_range):.1f}" for x, y in shown)

    title = Markup("<title>{}</title>").format(name)
    if len(points) == 1:
        x, y = points[0]
        place = Markup('<circle class="dot s{}" cx="{:.1f}" cy="{:.1f}" r="3">{}</circle>')
        return place.format(colour, _x(x, x_range), _y(y, y_range), title)
    strong = Markup('<polyline class="line s{}" points="{}">{}</polyline>')
    if not smooth:
        return strong.format(colour, path(points), title)
    faint = Markup('<polyline class="line faint s{}" points="{}"/>').format(colour, path(points))
    return faint + strong.format(colour, path(trend(points)), title)


def curve_charts(curves: Sequence[Mapping[str, Any]]) -> list[Chart]:
    """Return the charts of a training run: loss, reward, its components, answers, and whatever else was logged.

    Columns are found by name, so a run of another trainer is drawn as well; a column with one value only is left out.
    """
    rows, breaks = _steps(curves)
    columns: dict[str, list[tuple[float, float]]] = {}
    for step, row in rows:
        for name, value in row.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                columns.setdefault(name, []).append((step, float(value)))
    charts = []
    for title, names in _panels(columns):
        smooth = len(names) == 1 and names[0] not in ("learning_rate", "eval_loss")
        shown = {_series_name(name): columns[name] for name in names}
        charts.append(line_chart(title, shown, breaks=breaks, smooth=smooth))
    return [chart for chart in charts if chart is not None]


def _steps(curves: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[float, Mapping[str, Any]]], list[float]]:
    """Return (step counted on over phases, row) and the steps at which a phase begins; evaluation is no phase."""
    found, breaks, offset, last, phase = [], [], 0.0, 0.0, None
    for row in curves:
        here = row.get("phase")
        if phase is not None and here != phase and float(row["step"]) < last - offset:
            offset = last
            breaks.append(offset)
        phase = here
        last = max(last, float(row["step"]) + offset)
        found.append((float(row["step"]) + offset, row))
    return found, breaks


_SKIPPED = {"step", "epoch", "attempt", "seconds", "num_tokens", "eval_runtime", "eval_samples_per_second"}
_NAMED = {
    "loss": "Loss",
    "reward": "Reward",
    "exact": "Exact in training",
    "parse/no_answer": "No answer in training",
    "eval_loss": "Loss on the dev split",
    "mean_token_accuracy": "Token accuracy",
    "kl": "KL from the start",
    "entropy": "Entropy",
    "completions/mean_length": "Completion length, tokens",
    "completions/clipped_ratio": "Share cut off",
    "frac_reward_zero_std": "Groups without signal",
    "reward_std": "Reward spread in a group",
    "grad_norm": "Gradient norm",
    "learning_rate": "Learning rate",
}


def _panels(columns: Mapping[str, Points]) -> list[tuple[str, list[str]]]:
    """Return (title, columns) of each chart: the named ones in order, families together, at most 14."""
    terms = sorted(name for name in columns if name.startswith("terms/"))
    if not terms:
        rewards = sorted(name for name in columns if name.startswith("rewards/") and not name.endswith("/std"))
        terms = rewards if len(rewards) > 1 or "reward" not in columns else []
    answers = sorted(name for name in columns if name.startswith("answers/"))
    families = [("Reward components", terms[:SERIES_COLOURS]), ("Levels answered, share", answers)]
    singles = [(title, [name]) for name, title in _NAMED.items() if name in columns]
    head = [panel for panel in singles if panel[1][0] in ("loss", "reward")]
    rest = [panel for panel in singles if panel not in head]
    panels = [*head, *((title, names) for title, names in families if names), *rest]
    return [(title, [name for name in names if name not in _SKIPPED]) for title, names in panels][:14]


def _series_name(column: str) -> str:
    parts = [part for part in column.split("/") if part not in ("mean", "terms", "rewards")]
    if column.startswith("answers/"):
        return f"ESI {parts[-1]}"
    return parts[-1] if parts else column
