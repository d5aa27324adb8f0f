"""Reading with limits and writing whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import IO, Any, TypeVar

from pydantic import BaseModel, ValidationError

from triagelab.errors import BadInputError, DataFormatError

Table = TypeVar("Table", bound=BaseModel)
MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_TOML_BYTES = 4 * 1024 * 1024


@contextmanager
def atomic_writer(path: Path | str, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a temporary neighbour of `path` and rename it over `path` only if the block ends without an error.

    A link is followed and stays. Raises: BadInputError for a folder, a device or a place that cannot be written.
    """
    target = Path(os.path.realpath(path))
    check_output(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    except OSError as error:
        raise BadInputError("output path", str(path), "a place that can be written", str(error.strerror)) from error
    try:
        with os.fdopen(handle, mode, encoding=None if "b" in mode else "utf-8") as stream:
            yield stream
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def check_output(path: Path | str, field: str = "output path") -> None:
    """Raise BadInputError for something that is there and no regular file: it cannot be replaced by one."""
    target = Path(path)
    if target.exists() and not target.is_file():
        what = "a folder" if target.is_dir() else "a device or a pipe"
        raise BadInputError(field, str(path), "the name of a file", f"this is {what}")


def write_json(path: Path | str, value: object) -> None:
    """Write `value` as indented JSON, whole or not at all. NaN is refused."""
    with atomic_writer(path) as stream:
        json.dump(value, stream, indent=2, ensure_ascii=False, allow_nan=False)
        stream.write("\n")


def write_jsonl(path: Path | str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write one JSON object a line, whole or not at all; return the number of lines."""
    count = 0
    with atomic_writer(path) as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
            count += 1
    return count


def open_input(path: Path | str, field: str = "file") -> IO[bytes]:
    """Open an existing regular file for reading, or say in one line why that is not possible."""
    source = Path(path)
    if not source.is_file():
        what = "a folder" if source.is_dir() else "a device or a pipe" if source.exists() else "not there"
        raise BadInputError(field, str(path), "an existing file", f"it is {what}")
    try:
        return source.open("rb")
    except OSError as error:
        raise BadInputError(field, str(path), "a readable file", str(error.strerror)) from error


def read_jsonl(path: Path | str, field: str = "file") -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object) for every non-empty line, with bounded memory a line.

    Raises: DataFormatError with file and line for anything that is not one JSON object.
    """
    with open_input(path, field) as stream:
        for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""), start=1):
            if len(line) > MAX_LINE_BYTES:
                raise DataFormatError(f"{path}:{number}: a line is longer than {MAX_LINE_BYTES} bytes")
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataFormatError(
                    f"{path}:{number}: not JSON ({str(error)[:80]}); expected one object a line"
                ) from error
            if not isinstance(row, dict):
                raise DataFormatError(f"{path}:{number}: expected a JSON object, got {type(row).__name__}")
            yield number, row


def read_toml(path: Path | str, field: str = "file") -> dict[str, Any]:
    """Parse a TOML file of bounded size.

    Raises: DataFormatError with the parser's place in the file.
    """
    with open_input(path, field) as stream:
        data = stream.read(MAX_TOML_BYTES + 1)
    if len(data) > MAX_TOML_BYTES:
        raise DataFormatError(f"{path}: larger than {MAX_TOML_BYTES} bytes")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataFormatError(f"{path}: not TOML ({error})") from error


def packaged_table(package: str, name: str, kind: type[Table]) -> Table:
    """Return the packaged table `data/NAME` of a package, checked against its model.

    Raises: DataFormatError naming the file and the entry that is wrong.
    """
    source = resources.files(package) / "data" / name
    try:
        return kind.model_validate(read_toml(str(source)))
    except ValidationError as error:
        problem = error.errors()[0]
        raise DataFormatError(f"{name}: {problem['loc']}: {problem['msg']}") from error
