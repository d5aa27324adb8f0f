"""How the judgement points of ESI are settled: every choice is a named option, the documented default first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from triagelab.errors import BadInputError, UnknownNameError

VERSIONS: tuple[int, ...] = (4, 5)

CHOICES: Mapping[str, tuple[str, ...]] = {
    "danger_zone": ("two", "any", "never"),
    "severe_pain": ("corroborated", "always", "never"),
    "neonatal_fever": (">", ">="),
    "infant_fever": ("at_least_2", "consider"),
    "child_fever": ("algorithm", "chapter"),
    "unknown_resources": ("cautious", "expected", "known"),
    "ecg_and_xray": ("one", "each"),
    "advanced_imaging": ("one", "each"),
    "confusion_v4": ("B", "A"),
}
"""Every option and its values, the default first."""


@dataclass(frozen=True)
class EsiOptions:
    """The preferred reading at each judgement point; other defensible readings go into the acceptable set.

    Attributes:
        danger_zone: with danger-zone vitals, level 2 for a saturation below 92 % that is not the baseline or for two
            signs (`two`), for any sign (`any`), or for none (`never`).
        severe_pain: pain of 7 or more gives level 2 with a finding or cause that supports it (`corroborated`), always
            or never.
        neonatal_fever: up to 28 days the limit of 38.0 C is strict (`>`) or inclusive (`>=`).
        infant_fever: from 29 days to 3 months fever is at least level 2, or level 2 is only considered.
        child_fever: version 5 prints two fever limits from 3 months on: 39.0 C (`algorithm`) and 38.5 C (`chapter`).
        unknown_resources: an unknown resource counts (`cautious`), counts by how common it is (`expected`), or does
            not count (`known`).
        ecg_and_xray: an ECG and a plain film are one line of the resource table, or one each.
        advanced_imaging: CT and ultrasound are one line of the resource table, or one each.
        confusion_v4: version 4 names an acute mental status change at A and new confusion at B; new confusion alone is
            read at `B` or at `A`.

    Raises: BadInputError for a value that is not among the choices.
    """

    danger_zone: str = "two"
    severe_pain: str = "corroborated"
    neonatal_fever: str = ">"
    infant_fever: str = "at_least_2"
    child_fever: str = "algorithm"
    unknown_resources: str = "cautious"
    ecg_and_xray: str = "one"
    advanced_imaging: str = "one"
    confusion_v4: str = "B"

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value not in CHOICES[item.name]:
                raise BadInputError(item.name, value, ", ".join(CHOICES[item.name]))

    @classmethod
    def from_mapping(cls, raw: Mapping[str, str]) -> EsiOptions:
        """Return options from a mapping. Raises: UnknownNameError for an option in no list."""
        for name in raw:
            if name not in CHOICES:
                raise UnknownNameError("option", name, CHOICES)
        return cls(**raw)

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


def check_version(version: object) -> int:
    """Return the handbook version. Raises: BadInputError unless it is 4 or 5."""
    if isinstance(version, bool) or version not in VERSIONS:
        raise BadInputError("version", version, "4 or 5")
    return int(version)  # type: ignore[call-overload]
