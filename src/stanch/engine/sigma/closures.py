"""A tree walked once into nested functions answers each event several times faster than a tree walked each time."""

from collections.abc import Callable
from functools import lru_cache
from typing import assert_never

from stanch.engine.fields import Fields
from stanch.engine.sigma.tree import And, Const, Has, Keyword, Node, Not, Null, Or, Present, Same, Where
from stanch.engine.sigma.values import Test, test_of, text_of

Predicate = Callable[[Fields], bool]

CONDITIONS = 1 << 15
"""How many conditions are kept compiled: most pairs of source and name leave the same rest of a rule."""


@lru_cache(maxsize=CONDITIONS)
def predicate(node: Node) -> Predicate:
    """The function that says whether the condition holds for an event. It raises nothing that `Fields` does not."""
    match node:
        case Const(holds):
            return lambda fields: holds
        case Has(name, value):
            return _has(name, test_of(value))
        case Keyword(value):
            return _keyword(test_of(value))
        case Present(name):
            return lambda fields: any(value is not None for value in fields.values(name))
        case Null(name):
            return _null(name)
        case Same(name, other, where):
            return _same(name, other, where)
        case Not(part):
            holds_not = predicate(part)
            return lambda fields: not holds_not(fields)
        case And(parts):
            return every([predicate(part) for part in parts])
        case Or(parts):
            return some([predicate(part) for part in parts])
        case _:
            assert_never(node)


def _has(name: str, test: Test) -> Predicate:
    def holds(fields: Fields) -> bool:
        for value in fields.values(name):  # noqa: SIM110 - a loop, because any() over a generator costs twice as much
            if test(value):
                return True
        return False

    return holds


def _keyword(test: Test) -> Predicate:
    return lambda fields: any(map(test, fields.everything()))


def _null(name: str) -> Predicate:
    def holds(fields: Fields) -> bool:
        values = fields.values(name)
        return not values or any(value is None for value in values)

    return holds


def _same(name: str, other: str, where: Where) -> Predicate:
    stands = _STANDS[where]

    def holds(fields: Fields) -> bool:
        sought = _texts(fields, other)
        return bool(sought) and any(stands(text, one) for text in _texts(fields, name) for one in sought)

    return holds


def _texts(fields: Fields, name: str) -> list[str]:
    return [text.casefold() for value in fields.values(name) if (text := text_of(value)) is not None]


_STANDS: dict[Where, Callable[[str, str], bool]] = {
    Where.WHOLE: lambda text, sought: text == sought,
    Where.START: lambda text, sought: text.startswith(sought),
    Where.END: lambda text, sought: text.endswith(sought),
    Where.INSIDE: lambda text, sought: sought in text,
}


def every(parts: list[Predicate]) -> Predicate:
    """All of them hold."""
    if len(parts) == 1:
        return parts[0]

    def holds(fields: Fields) -> bool:
        for part in parts:  # noqa: SIM110 - as in _has
            if not part(fields):
                return False
        return True

    return holds


def some(parts: list[Predicate]) -> Predicate:
    """Any of them holds."""
    if len(parts) == 1:
        return parts[0]

    def holds(fields: Fields) -> bool:
        for part in parts:  # noqa: SIM110 - as in _has
            if part(fields):
                return True
        return False

    return holds
