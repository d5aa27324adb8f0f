"""`triagelab triage`: one note, or a file of notes, through any agent."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from triagelab.errors import BadInputError, DataFormatError

if TYPE_CHECKING:
    from triagelab.agents.base import Agent, Prediction
    from triagelab.cases.presentation import Presentation
    from triagelab.cli.note_files import NoteFile
    from triagelab.datasets.fhir import Visit

BATCH = 256


class Decision(StrEnum):
    preferred = "preferred"
    likeliest = "likeliest"
    rounding = "rounding"
    cost = "cost"


def register(app: typer.Typer) -> None:
    app.command()(triage)


def triage(
    text: str | None = typer.Argument(None, metavar="[TEXT]", help="The note; '-' reads standard input."),
    file: Path | None = typer.Option(None, "--file", help="JSONL file of notes, or CSV with a header (.csv)."),
    fhir: Path | None = typer.Option(None, "--fhir", help="FHIR R4 bundle (JSON) of one patient."),
    text_field: str | None = typer.Option(
        None, "--text-field", help="Field that holds the note (default: case, narrative, note or text)."
    ),
    out: Path | None = typer.Option(
        None, "--out", help="With --file: JSONL to write. With --fhir: RiskAssessment to write."
    ),
    skip_bad: bool = typer.Option(
        False, "--skip-bad", help="With --file: leave out bad rows and list them at the end."
    ),
    version: int = typer.Option(5, "--version", min=4, max=5, help="ESI handbook version."),
    agent: str = typer.Option(
        "rules", "--agent", help="rules, encoder:DIR, hybrid:DIR, tabular:DIR, majority:DIR, model:DIR or llm."
    ),
    decision: Decision | None = typer.Option(
        None, "--decision", help="How probabilities become a level; cost: the least expected clinical cost."
    ),
    cost: str | None = typer.Option(None, "--cost", help="Cost matrix for --decision cost: standard or sensitivity."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Triage a note: level, the note with its evidence marked, decision points A to D, and what to ask next."""
    _check_sources({"TEXT": text, "--file": file, "--fhir": fhir}, out, skip_bad, text_field)
    _check_out(out, file or fhir)
    from triagelab.agents.registry import load_agent

    options: dict[str, Any] = {"version": version, **decision_options(decision, cost)}
    if file is not None:
        notes = _note_file(file, text_field, skip_bad)
        _triage_file(load_agent(agent, **options), notes, out, version, as_json)
        return
    visit = _read_fhir(fhir) if fhir is not None else None
    presentation = visit.presentation if visit is not None else _read_text(text or "")
    prediction = load_agent(agent, **options).predict([presentation])[0]
    if visit is not None and out is not None:
        _write_assessment(out, visit, prediction, version)
    from triagelab.cli import answers

    if as_json:
        typer.echo(json.dumps(answers.row(presentation, prediction, version), allow_nan=False))
        return
    from rich.console import Console

    answers.show(presentation, prediction, version, Console(highlight=False, markup=False, emoji=False))


def decision_options(decision: Decision | None, cost: str | None) -> dict[str, Any]:
    """Return the agent options of --decision and --cost that were given. Raises: UnknownNameError, BadInputError."""
    if cost is not None:
        from triagelab.clinical.costs import cost_matrices
        from triagelab.errors import UnknownNameError

        if cost not in cost_matrices():
            raise UnknownNameError("--cost", cost, cost_matrices())
        if decision is not Decision.cost:
            raise BadInputError("--cost", cost, "only together with --decision cost")
    given = {"decision": decision.value if decision else None, "cost": cost}
    return {name: value for name, value in given.items() if value is not None}


def _check_sources(given: dict[str, Any], out: Path | None, skip_bad: bool, text_field: str | None) -> None:
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        hint = "triagelab triage 'chest pain, BP 80/40'"
        raise BadInputError("note", " and ".join(named) or None, "exactly one of TEXT, --file and --fhir", hint)
    if out is not None and given["TEXT"] is not None:
        raise BadInputError("--out", str(out), "only together with --file or --fhir")
    for name, value in (("--skip-bad", skip_bad or None), ("--text-field", text_field)):
        if value is not None and given["--file"] is None:
            raise BadInputError(name, value, "only together with --file")


def _check_out(out: Path | None, source: Path | None) -> None:
    """Raise BadInputError before any work is done, also where the answers would replace the notes."""
    from triagelab.files import check_output

    if out is None:
        return
    check_output(out, "--out")
    if source is not None and out.exists() and source.exists() and out.samefile(source):
        raise BadInputError("--out", str(out), "another file than the one that is read")


def _read_text(text: str) -> Presentation:
    from triagelab.cli.note_files import MAX_NOTE_CHARS, presentation

    if text == "-" and sys.stdin is None:
        raise BadInputError("TEXT", text, "a note on standard input", "standard input is closed")
    if text == "-":
        raw = sys.stdin.buffer.read(4 * MAX_NOTE_CHARS + 1) if hasattr(sys.stdin, "buffer") else sys.stdin.read()
        text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    # Bytes of a command line that are no UTF-8 arrive as lone surrogates, which nothing downstream can print.
    return presentation("note", text.encode("utf-8", "replace").decode("utf-8"), "TEXT")


def _note_file(path: Path, text_field: str | None, skip_bad: bool) -> NoteFile:
    from triagelab.cli.note_files import NoteFile
    from triagelab.files import open_input

    open_input(path, "--file").close()
    return NoteFile(path, text_field, skip_bad)


def _triage_file(agent: Agent, notes: NoteFile, out: Path | None, version: int, as_json: bool) -> None:
    from triagelab.cli.highlight import one_line

    rows = _rows(agent, notes, version)
    if out is not None:
        from triagelab.files import write_jsonl

        count = write_jsonl(out, rows)
        typer.echo(f"{count} note{'s' * (count != 1)} -> {out}")
    else:
        for row in rows:
            because = ", ".join(one_line(rule) for rule in row["because"])
            level = row["level"] if row["level"] is not None else "-"
            typer.echo(json.dumps(row, allow_nan=False) if as_json else f"{one_line(row['id'])}\t{level}\t{because}")
    _say_what_was_left(notes)


def _rows(agent: Agent, notes: NoteFile, version: int) -> Iterator[dict[str, Any]]:
    """Yield one row a note; at most one batch of notes is held at a time.

    Raises: DataFormatError for a file without a single note, so that no empty answer is taken for one.
    """
    from triagelab.cli.answers import row
    from triagelab.cli.progress import track_file

    tracked = track_file(notes, size=notes.size, place=lambda: notes.bytes_read, label="triage")
    answered = False
    while batch := list(islice(tracked, BATCH)):
        for presentation, prediction in zip(batch, agent.predict(batch), strict=True):
            yield row(presentation, prediction, version, full=False)
            answered = True
    if not answered:
        why = f"all {notes.bad} rows are bad, the first: {notes.rejects[0]}" if notes.bad else "there is no note in it"
        raise DataFormatError(f"{notes.path}: {why}")


def _say_what_was_left(notes: NoteFile) -> None:
    """Print on standard error which rows were left out and which fields nothing was done with."""
    from triagelab.cli.highlight import one_line

    if notes.bad:
        typer.echo(f"{notes.bad} row{'s' * (notes.bad != 1)} left out:", err=True)
        for line in notes.rejects:
            typer.echo(f"  {one_line(line, 300)}", err=True)
        if notes.bad > len(notes.rejects):
            typer.echo(f"  and {notes.bad - len(notes.rejects)} more", err=True)
    if notes.unused:
        names = sorted(one_line(name, 60) for name in notes.unused)
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        typer.echo(f"fields not used: {', '.join(names[:10])}{more}", err=True)


def _read_fhir(path: Path) -> Visit:
    from triagelab.datasets.fhir import read_visit

    visit = read_visit(path)
    if visit.skipped:
        counts = ", ".join(f"{reason} {count}" for reason, count in visit.skipped.items())
        typer.echo(f"left out of the bundle: {counts}", err=True)
    return visit


def _write_assessment(out: Path, visit: Visit, prediction: Prediction, version: int) -> None:
    from triagelab.datasets.fhir_risk import write_risk_assessment

    write_risk_assessment(out, visit, prediction, scale=f"esi-v{version}")
    typer.echo(f"RiskAssessment -> {out}", err=True)
