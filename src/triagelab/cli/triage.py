"""`triagelab triage`: one note, or a file of notes, through any agent."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from triagelab.errors import BadInputError, DataFormatError

if TYPE_CHECKING:
    from triagelab.agents.base import Agent, Prediction
    from triagelab.cases.presentation import Presentation

BATCH = 256
MAX_NOTE_CHARS = 200_000


def register(app: typer.Typer) -> None:
    app.command()(triage)


def triage(
    text: str | None = typer.Argument(None, metavar="[TEXT]", help="The note; '-' reads standard input."),
    file: Path | None = typer.Option(None, "--file", help="JSONL file of notes."),
    text_field: str = typer.Option("case", "--text-field", help="Field of the file that holds the note."),
    out: Path | None = typer.Option(None, "--out", help="JSONL file to write (with --file)."),
    version: int = typer.Option(5, "--version", min=4, max=5, help="ESI handbook version."),
    agent: str = typer.Option("rules", "--agent", help="rules, tabular:DIR, majority:DIR or model:DIR."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Triage a note: level, acceptable levels, the rules that decided, and what was not known."""
    if (text is None) == (file is None):
        raise BadInputError("note", text, "either TEXT or --file, not both", "triagelab triage 'chest pain, BP 80/40'")
    if out is not None and file is None:
        raise BadInputError("--out", str(out), "only together with --file")
    from triagelab.agents.registry import load_agent

    chosen = load_agent(agent, version=version)
    if file is None:
        note = sys.stdin.read(MAX_NOTE_CHARS + 1) if text == "-" else (text or "")
        presentation = _presentation("note", note, "TEXT")
        prediction = chosen.predict([presentation])[0]
        typer.echo(json.dumps(_row("note", prediction)) if as_json else _describe(prediction, version))
        return
    rows = _triage_file(chosen, file, text_field)
    if out is not None:
        from triagelab.files import write_jsonl

        typer.echo(f"{write_jsonl(out, rows)} notes -> {out}")
        return
    for row in rows:
        typer.echo(json.dumps(row) if as_json else f"{row['id']}\t{row['level']}\t{', '.join(row['because'])}")


def _presentation(case_id: str, note: str, where: str) -> Presentation:
    from triagelab.cases.presentation import Presentation

    if not note.strip():
        raise BadInputError(where, note, "a note with words in it")
    if len(note) > MAX_NOTE_CHARS:
        raise BadInputError(where, f"{len(note)} characters", f"at most {MAX_NOTE_CHARS} characters a note")
    return Presentation(case_id=case_id, narrative=note)


def _read(path: Path, text_field: str) -> Iterator[Presentation]:
    from triagelab.files import read_jsonl

    for number, row in read_jsonl(path, "--file"):
        note = row.get(text_field)
        if not isinstance(note, str):
            fields = ", ".join(sorted(row)) or "none"
            raise DataFormatError(
                f"{path}:{number}: no text in field {text_field!r}; it has: {fields}; use --text-field"
            )
        yield _presentation(str(row.get("id", number)), note, f"{path}:{number} {text_field}")


def _triage_file(agent: Agent, path: Path, text_field: str) -> Iterator[dict[str, Any]]:
    from triagelab.cli.progress import track

    presentations = track(_read(path, text_field), total=None, label="triage")
    while batch := list(islice(presentations, BATCH)):
        yield from _rows(batch, agent.predict(batch))


def _rows(batch: Iterable[Presentation], predictions: Iterable[Prediction]) -> Iterator[dict[str, Any]]:
    for presentation, prediction in zip(batch, predictions, strict=True):
        yield _row(presentation.case_id, prediction)


def _row(case_id: str, prediction: Prediction) -> dict[str, Any]:
    return {
        "id": case_id,
        "level": prediction.level,
        "acceptable": sorted(prediction.acceptable) if prediction.acceptable is not None else None,
        "point": prediction.point,
        "because": list(prediction.because),
        "unknown": list(prediction.unknown),
    }


def _describe(prediction: Prediction, version: int) -> str:
    """Return the decision for a terminal: level, reasons in words with their source, what is not known."""
    from triagelab.clinical.esi import rule_info
    from triagelab.clinical.facts import vocabulary

    if prediction.level is None:
        return f"no answer ({prediction.status})"
    lines = [f"ESI {prediction.level}" + (f" (decision point {prediction.point})" if prediction.point else "")]
    if prediction.acceptable and len(prediction.acceptable) > 1:
        lines.append("defensible: " + ", ".join(str(level) for level in sorted(prediction.acceptable)))
    sources: list[str] = []
    for rule_id in prediction.because:
        rule = rule_info(rule_id, version)
        lines.append(f"  because {rule.text} [{rule_id}{'' if rule.verified else ', not verified'}]")
        sources.append(rule.source)
    if prediction.unknown:
        known = vocabulary()
        words = [known[name].text if name in known else name.replace("_", " ") for name in prediction.unknown]
        shown = "; ".join(words[:8]) + (f"; and {len(words) - 8} more (--json lists all)" if len(words) > 8 else "")
        lines.append(f"  not known: {shown}")
    lines += [f"  source: {source}" for source in dict.fromkeys(sources)]
    lines.append(f"  ESI v{version} rules, research and education only, not a medical device")
    return "\n".join(lines)
