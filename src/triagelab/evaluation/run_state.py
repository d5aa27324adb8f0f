"""What an evaluation folder remembers of its run, so that a stopped one goes on and another one is refused."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from triagelab.errors import RunStateError
from triagelab.evaluation.provenance import code_version
from triagelab.evaluation.records import RECORDS, drop_broken_tail, read_records
from triagelab.files import write_json

RUN = "run.json"
_log = logging.getLogger(__name__)


@dataclass
class RunState:
    """The settings of a run, the code that made its records, and the time it took over all calls.

    Attributes:
        settings: everything that decides the answers; a folder with other settings is refused.
        code_versions: in order; more than one where the code changed between two calls.
    """

    folder: Path
    settings: Mapping[str, Any]
    seconds: float = 0.0
    code_versions: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, folder: Path, settings: Mapping[str, Any]) -> RunState:
        """Return the state of a new run, or of the one in `folder` if its settings are the same.

        Raises: RunStateError for records of unknown origin and for other settings, naming what differs.
        """
        place = folder / RUN
        if not place.exists():
            if (folder / RECORDS).exists():
                raise RunStateError(f"{folder / RECORDS}: records without {RUN}; choose another folder or remove them")
            return cls(folder, settings, 0.0, [code_version()])
        saved = _read(place)
        before, now = _flat(saved.settings), _flat(settings)
        drift = [key for key in {**now, **before} if before.get(key) != now.get(key)]
        if drift:
            drift.sort(key=lambda key: key == "data_hash")  # other options often mean other data: they say it better
            changes = [f"{key} was {before.get(key)!r}, is {now.get(key)!r}" for key in drift[:3]]
            what = f"another configuration ({'; '.join(changes)})"
            raise RunStateError(f"{folder}: holds an evaluation with {what}; choose another folder")
        if code_version() not in saved.code_versions:
            _log.warning("%s: begun with code %s, now %s", folder, ", ".join(saved.code_versions), code_version())
        return saved

    def answered(self) -> set[tuple[str, int]]:
        """Return (case, repeat) of every answer that is on the disk; half a line at the end is cut off."""
        records = self.folder / RECORDS
        if not records.exists():
            return set()
        drop_broken_tail(records)
        return {record.key for record in read_records(records)}

    def add_code_version(self) -> None:
        """Note that answers of the present code are about to be written."""
        if code_version() not in self.code_versions:
            self.code_versions.append(code_version())

    def save(self) -> None:
        saved = {"settings": self.settings, "seconds": round(self.seconds, 3), "code_versions": self.code_versions}
        write_json(self.folder / RUN, {"kind": "evaluation run", **saved})


def code_versions(folder: Path) -> list[str]:
    """Return which code made the answers in a folder, in order; nothing for one without a run.json."""
    return _read(folder / RUN).code_versions if (folder / RUN).exists() else []


def _flat(settings: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Return settings with nested ones named by their path (options.stress.k)."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= _flat(value, f"{within}{key}.") if isinstance(value, Mapping) else {f"{within}{key}": value}
    return found


def _read(place: Path) -> RunState:
    try:
        raw = json.loads(place.read_text(encoding="utf-8"))
        versions = [str(version) for version in raw["code_versions"]]
        return RunState(place.parent, dict(raw["settings"]), float(raw["seconds"]), versions)
    except (ValueError, KeyError, TypeError) as error:
        raise RunStateError(f"{place}: not a run of triagelab evaluate; choose another folder") from error
