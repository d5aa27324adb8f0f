"""What is sent to crisis-v1 in a step: acts of the session's role, or of all six, as plain flat data.

Only the outer form is refused as a whole. What stands inside goes to the hospital, which refuses single acts with a
reason; nested, endless and unlimited values are cut to short text before, so that a record stays small.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from triagelab.errors import BadInputError

MOST_ACTS = 100
"""Acts of one role in one step that are kept; the hospital reads fewer."""
MOST_FIELDS = 16
MOST_ROLES = 12
LONGEST_TEXT = 400
"""Characters of a text in an act that are kept; the hospital refuses texts that are shorter than that already."""
LONGEST_REASONING = 20_000
_LARGEST = 10.0**12

Scalar = str | int | float | bool | None
PlainAct = dict[str, Scalar]


class CrisisAction(BaseModel):
    """The acts of one step; an empty list lets the step pass.

    Attributes:
        acts: of the role that the session plays, such as `{"act": "place", "patient": "P-003", "area": "resus"}`.
        roles: role -> its acts, where a session plays all six.
        reasoning: free text that is kept in the record and read by nobody in the hospital.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    acts: list[PlainAct] | None = Field(default=None, max_length=MOST_ACTS)
    roles: dict[str, list[PlainAct]] | None = Field(default=None, max_length=MOST_ROLES)
    reasoning: str = Field(default="", max_length=LONGEST_REASONING)

    @field_validator("acts", mode="before")
    @classmethod
    def _flat_acts(cls, value: object) -> object:
        return flat_acts(value)

    @field_validator("roles", mode="before")
    @classmethod
    def _flat_roles(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {str(role)[:LONGEST_TEXT]: flat_acts(acts) for role, acts in list(value.items())[: MOST_ROLES + 1]}

    @model_validator(mode="after")
    def _something(self) -> CrisisAction:
        if self.acts is None and self.roles is None:
            raise ValueError("acts or roles is needed; an empty list does nothing")
        return self


def flat_acts(value: object) -> object:
    """Return a list of acts with values that are scalars; anything that is no list is left for the model to refuse."""
    if not isinstance(value, list | tuple):
        return value
    return [_flat(item) if isinstance(item, Mapping) else item for item in value[: MOST_ACTS + 1]]


def _flat(item: Mapping[Any, Any]) -> PlainAct:
    return {str(name)[:LONGEST_TEXT]: _scalar(value) for name, value in list(item.items())[:MOST_FIELDS]}


def _scalar(value: object) -> Scalar:
    if isinstance(value, str):
        return value[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if math.isfinite(value) and abs(value) <= _LARGEST else "a number without measure"
    return f"a {type(value).__name__}"


def read_action(raw: Mapping[str, Any]) -> CrisisAction:
    """Return the action that a mapping stands for. Raises: BadInputError with the field and what is allowed."""
    try:
        return CrisisAction.model_validate(dict(raw))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(["action", *(str(part)[:40] for part in first["loc"])])
        shown = f"a {type(first.get('input')).__name__}"
        raise BadInputError(field, shown, first["msg"].removeprefix("Value error, ")) from None


__all__ = ["LONGEST_REASONING", "MOST_ACTS", "CrisisAction", "PlainAct", "read_action"]
