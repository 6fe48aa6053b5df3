"""moto is put right from outside: its classes keep their names, single methods get a new body."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F")


def replaces(owner: Any, name: str) -> Callable[[F], F]:
    """Put the decorated function in the place of `owner.name`, which must exist: no upgrade of moto passes unseen."""
    if not hasattr(owner, name):
        raise AttributeError(
            f"moto has no {owner.__name__}.{name} any more: read its release notes, then change the patch"
        )

    def put(function: F) -> F:
        setattr(owner, name, function)
        return function

    return put


def adds(owner: type, name: str) -> Callable[[F], F]:
    """Give `owner` a method that moto lacks; it must still lack it."""
    if hasattr(owner, name):
        raise AttributeError(f"moto has its own {owner.__name__}.{name} now: drop the patch, or make it a replacement")

    def put(function: F) -> F:
        setattr(owner, name, function)
        return function

    return put
