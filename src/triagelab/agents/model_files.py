"""A fitted model on disk: a JSON file with its settings and, beside it, a file of arrays. No pickle, no code."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from triagelab.errors import DataFormatError
from triagelab.files import atomic_writer, open_input, write_json

MAX_MODEL_BYTES, MAX_ARRAY_BYTES = 64 * 1024**2, 512 * 1024**2


class FittedModel(BaseModel):
    """Base of the settings files.

    Attributes:
        arrays_sha256: hash of the file with the arrays; both files belong to one fit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    arrays_sha256: str = ""


Model = TypeVar("Model", bound=BaseModel)


def write_model(folder: Path, name: str, model: FittedModel, arrays: Mapping[str, np.ndarray]) -> None:
    """Write `name`.npz and `name`.json; the arrays first, so that a killed save leaves no model that loads."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    data = buffer.getvalue()
    with atomic_writer(folder / f"{name}.npz", "wb") as stream:
        stream.write(data)
    signed = model.model_copy(update={"arrays_sha256": hashlib.sha256(data).hexdigest()})
    write_json(folder / f"{name}.json", json.loads(signed.model_dump_json()))


def read_settings(place: Path, kind: type[Model]) -> Model:
    """Return the settings file, checked against its model.

    Raises: DataFormatError naming the file and the field; BadInputError where there is no such file.
    """
    try:
        return kind.model_validate_json(_read(place, MAX_MODEL_BYTES))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][:3]) or "file"
        raise DataFormatError(f"{place}: {where}: {first['msg']}") from error


def read_arrays(folder: Path, name: str, sha256: str) -> dict[str, np.ndarray]:
    """Return the arrays that were written with the settings of that hash.

    Raises: DataFormatError if the file is damaged, changed, or from another fit.
    """
    place = folder / f"{name}.npz"
    data = _read(place, MAX_ARRAY_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DataFormatError(f"{place}: not the arrays that {name}.json was written with; fit again")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as opened:
            return {key: opened[key] for key in opened.files}
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DataFormatError(f"{place}: {str(error)[:100]}") from error


def _read(place: Path, limit: int) -> bytes:
    with open_input(place, "model") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise DataFormatError(f"{place}: larger than {limit} bytes; that is not a file of this agent")
    return data
