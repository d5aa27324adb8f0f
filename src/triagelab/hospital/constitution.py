"""The safety constitution: ten rules no act may break, as data, and the middleware that blocks, explains and counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triagelab.hospital.acts import Act
from triagelab.hospital.results import Result

if TYPE_CHECKING:
    from triagelab.hospital.hospital import Hospital


def judge(h: Hospital, act: Act) -> Result | None:
    """Return the block of an act, None where no rule forbids it."""
    return None
