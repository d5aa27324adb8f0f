"""An attribute that is worked out when it is first asked for, without the lock of `functools.cached_property`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class once(Generic[Value]):  # lower case, as the decorator that it is
    """Decorator: the method is called once for each object, and its value kept in the object's `__dict__`."""

    def __init__(self, work_out: Callable[[Any], Value]) -> None:
        self.work_out, self.name = work_out, work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...
    @overload
    def __get__(self, owner: object, kind: type) -> Value: ...
    def __get__(self, owner: object | None, kind: type) -> Self | Value:
        if owner is None:
            return self
        value = owner.__dict__[self.name] = self.work_out(owner)
        return value


__all__ = ["once"]
