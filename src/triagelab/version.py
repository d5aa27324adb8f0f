"""The version, and where the package lies: for caches and records that must know which code made them."""

from __future__ import annotations

from pathlib import Path

VERSION = "0.1.0"
PACKAGE = Path(__file__).parent
