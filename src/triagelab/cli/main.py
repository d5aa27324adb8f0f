"""The `triagelab` command: registers the verbs and turns every error into one line and exit code 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from triagelab.cli import (
    audit,
    crisis,
    data,
    doctor,
    evaluation,
    imaging,
    infer,
    play,
    score,
    serve,
    training,
    triage,
    validate,
)
from triagelab.errors import TriageLabError
from triagelab.version import VERSION

app = typer.Typer(
    name="triagelab",
    help="Train, stress-test and evaluate AI agents that triage patients. Research and education only, never a "
    "medical device.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for part in (training, doctor, data, triage, score, audit, evaluation, serve, play, validate, infer, crisis, imaging):
    part.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"triagelab {VERSION}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


STOPPED = 130


def _fail(message: str, code: int = 2) -> int:
    from triagelab.cli.highlight import safe  # names of files and what a user's code raises are data

    print(f"triagelab: {safe(' '.join(message.split()))}", file=sys.stderr)
    return code


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 bad input, 130 stopped by the user."""
    try:
        result = app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
        if result == STOPPED:  # typer turns Ctrl-C into this exit code without a word
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0
    except typer.TyperException as error:
        return _fail(f"{error.format_message().replace('Value error, ', '')} (try --help)")
    except TriageLabError as error:
        return _fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        return _fail(
            "stopped; train goes on with --resume, evaluate with the same command; else nothing was written", STOPPED
        )
    except BrokenPipeError:
        # The reader of a pipe went away (for example `| head`): nothing is wrong, and Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}")


def main() -> None:
    """Entry point of the console script."""
    # Nothing is sent anywhere by default; libraries read these when they are loaded.
    for name, value in {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRL_EXPERIMENTAL_SILENCE": "1",
        # Threads that spin while they wait make a run ten times slower as soon as another program wants a core.
        "OMP_WAIT_POLICY": "PASSIVE",
    }.items():
        os.environ.setdefault(name, value)
    sys.exit(run())


if __name__ == "__main__":
    main()
