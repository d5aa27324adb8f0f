"""One static HTML file: results with intervals, what can be told apart, cases to read, and where it all comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from triagelab.cases.schema import CROSS_SCALE
from triagelab.clinical.costs import cost_matrices
from triagelab.evaluation import report_tables as tables
from triagelab.evaluation.metrics import METRICS
from triagelab.evaluation.pages import environment
from triagelab.evaluation.provenance import code_version
from triagelab.evaluation.report_cases import instructive_cases, visible
from triagelab.evaluation.report_charts import curve_charts
from triagelab.evaluation.report_episodes import episode_definitions, episode_groups, episode_runs
from triagelab.evaluation.report_sources import Evaluation, Sources, TrainingRun, load_sources
from triagelab.evaluation.report_stress import COLUMNS as STRESS_COLUMNS
from triagelab.evaluation.report_stress import stress_tables
from triagelab.files import atomic_writer

NOTICE = "For research and education only. Not a medical device; not for decisions about patients."


def build_report(dirs: Sequence[Path | str], out: Path | str) -> Path:
    """Write the report of evaluation folders, training runs or a demo folder to `out`, and return its path.

    The file asks for nothing from outside: no script, no font, no image. Text of patients and models is escaped, and a
    content policy inside the file forbids scripts on top. Notes of credentialed sources are left out.

    Raises: BadInputError for folders that hold nothing to report; DataFormatError for broken files.
    """
    sources = load_sources(dirs)
    page = _template().render(**_context(sources))
    target = Path(out)
    with atomic_writer(target) as stream:
        stream.write(page)
    return target


def _template() -> Any:
    pages = environment()
    pages.filters["pretty"] = _pretty
    pages.filters["duration"] = _duration
    return pages.get_template("report.html.jinja")


def _context(sources: Sources) -> dict[str, Any]:
    from markupsafe import Markup

    style = (resources.files("triagelab.evaluation") / "templates" / "report.css").read_text(encoding="utf-8")
    groups = [_group(group) for group in sources.groups()]
    return {
        "style": Markup(style),
        "notice": NOTICE,
        "groups": groups,
        "runs": [_run(run) for run in sources.runs],
        "episodes": episode_groups(episode_runs(sources.episodes)),
        "episode_definitions": episode_definitions(),
        "reward_checks": [_reward_check(check) for check in sources.reward_checks],
        "definitions": [(tables.LABELS[name], metric.text) for name, metric in METRICS.items()],
        "matrices": [(name, matrix, matrix.table().tolist()) for name, matrix in cost_matrices().items()],
        "overview": [tables.LABELS[name] for name in tables.OVERVIEW],
        "code_version": code_version(),
        "title": _title(sources),
    }


def _title(sources: Sources) -> str:
    names = list(dict.fromkeys(f"{one.summary['dataset']} ({one.summary['split']})" for one in sources.evaluations))
    return ", ".join(names) if names else "episodes" if sources.episodes else "training runs"


def _group(group: list[Evaluation]) -> dict[str, Any]:
    """Return everything the template prints about agents on one dataset."""
    first = group[0].summary
    compared, left_out = tables.pairs(group)
    mixed = sorted({str(one.summary.get("code_version")) for one in group})
    return {
        "name": f"{first['dataset']}, {first['split']} split",
        "id": f"{first['dataset']}-{first['split']}-{first['data_hash']}",
        "n": first["n"],
        "cases": first["cases"],
        "units": first["units"],
        "clustered": first["intervals"]["clustered"],
        "scale": first["scale"],
        "cross_scale": CROSS_SCALE.get(first["scale"]),
        "labelled_by": " and ".join(first.get("labelled_by", [])) or "not recorded",
        "method": first["intervals"]["method"],
        "notes": first.get("notes", []),
        "rejects": sorted(first.get("rejects", {}).items(), key=lambda item: -item[1]),
        "rejected": first.get("rejected", 0),
        "credentialed": any(one.summary.get("credentialed") for one in group),
        "agents": [one.label for one in group],
        "evaluations": group,
        "headline": tables.headline(group),
        "forests": tables.forests(group),
        "pairs": compared,
        "pairs_left_out": left_out,
        "in_short": tables.in_short(group, compared),
        "confusions": [(one, tables.confusion(one)) for one in group],
        "cases_to_read": instructive_cases(group),
        "stress": stress_tables(group),
        "stress_columns": STRESS_COLUMNS,
        "versions": mixed if len(mixed) > 1 else [],
    }


def _run(run: TrainingRun) -> dict[str, Any]:
    return {
        "label": run.label,
        "charts": curve_charts(run.curves),
        "configs": run.configs,
        "steps": len(run.curves),
        "facts": _facts(run.configs),
    }


def _facts(configs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the few facts of a run that belong beside its curves, where the run recorded them."""
    manifest = configs.get("manifest.json")
    if not isinstance(manifest, Mapping):
        return []
    data = manifest.get("data") if isinstance(manifest.get("data"), Mapping) else {}
    wanted = {
        "Recipe": manifest.get("recipe"),
        "Kind": manifest.get("kind"),
        "Reward": manifest.get("reward"),
        "Cases": data.get("n") if isinstance(data, Mapping) else None,
        "Parameters": f"{manifest['parameters']:,}" if isinstance(manifest.get("parameters"), int) else None,
        "Steps": manifest.get("steps"),
        "Time": _duration(manifest.get("total_seconds")),
    }
    return [(name, visible(str(value), 120)) for name, value in wanted.items() if value not in (None, "")]


def _reward_check(check: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scripted policies of a reward check with the place of their bars, highest reward first."""
    rows = [row for row in check.get("policies", []) if isinstance(row, Mapping) and row.get("mean_reward") is not None]
    rows.sort(key=lambda row: -row["mean_reward"])
    edges = [0.0, *(float(row["mean_reward"]) for row in rows)]
    low, high = min(edges), max(edges)
    scale = 100 / (high - low) if high > low else 0.0
    shown = []
    for row in rows:
        value = float(row["mean_reward"])
        shown.append({**row, "left": (min(value, 0.0) - low) * scale, "width": abs(value) * scale, "below": value < 0})
    return {"preset": check.get("preset", "?"), "cases": check.get("cases"), "rows": shown}


def _pretty(value: Any) -> str:
    if isinstance(value, str):
        return visible(value, 20_000)
    return visible(json.dumps(value, indent=2, ensure_ascii=False, default=str), 40_000)


def _duration(seconds: Any) -> str:
    from triagelab.evaluation.progress import duration

    return duration(float(seconds)) if isinstance(seconds, int | float) else ""
