"""Where a result comes from: code version, data hash, configuration hash."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from triagelab.cases.schema import Case
from triagelab.version import PACKAGE, VERSION


@cache
def code_version() -> str:
    """Return the package version, with the commit behind a plus sign where the code is a git checkout."""
    version = VERSION
    root = PACKAGE.resolve().parents[1]
    if not (root / ".git").exists():
        return version
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return version
    return f"{version}+{done.stdout.strip()}"


def data_hash(cases: Iterable[Case]) -> str:
    """Return a hash of every case, in order: equal only for equal data in equal order."""
    digest = hashlib.blake2b(digest_size=8)
    for case in cases:
        digest.update(case.content_hash().encode())
    return digest.hexdigest()


def config_hash(config: Mapping[str, Any]) -> str:
    """Return a hash of a configuration of plain JSON values; the order of keys does not matter."""
    text = json.dumps(config, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
