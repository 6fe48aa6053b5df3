"""A rule names a field of a log record by its path, as in `requestParameters.instancesSet.items.instanceId`.

The path runs through objects and through lists, each element of a list being looked at. Records are hostile: any type
may stand anywhere, and nesting ten thousand levels deep costs time in proportion to its size, never a stack overflow.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol


class Fields(Protocol):
    """An event as rules see it: the record's own fields, and whatever an enricher knows besides."""

    def values(self, name: str) -> Sequence[Any]:
        """The values at a dotted path, as logged: () where the field is absent, (None,) for JSON null.

        An object in last place is itself the value; an empty list holds nothing, like an absent field.
        """

    def everything(self) -> Iterable[Any]:
        """Every value of the event that is neither object nor list."""


class RecordFields:
    """The fields of one plain record: nested dicts and lists as a JSON decoder makes them."""

    __slots__ = ("_found", "_record")

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record: Any = record if isinstance(record, dict) else dict(record)
        self._found: dict[str, Sequence[Any]] = {}

    def values(self, name: str) -> Sequence[Any]:
        """The values at a dotted path; looked up once for all rules that ask."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = _at(self._record, _steps(name))
        return found

    def everything(self) -> Iterable[Any]:
        """Every leaf value of the record, in no promised order."""
        return leaves(self._record)


def leaves(value: Any) -> Iterator[Any]:
    """Every value within `value` that is neither object nor list; `value` itself when it is neither."""
    pending = [value]
    while pending:
        here = pending.pop()
        if isinstance(here, dict):
            pending.extend(here.values())
        elif isinstance(here, list):
            pending.extend(here)
        else:
            yield here


@lru_cache(maxsize=4096)
def _steps(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _at(here: Any, steps: tuple[str, ...]) -> Sequence[Any]:
    for at, step in enumerate(steps):
        if isinstance(here, dict):
            if step not in here:
                return ()
            here = here[step]
        elif isinstance(here, list):
            return _through(here, steps[at:])
        else:
            return ()
    return tuple(_elements([here])) if isinstance(here, list) else (here,)


def _through(here: list[Any], steps: tuple[str, ...]) -> Sequence[Any]:
    """Follow the rest of a path from every element of a list."""
    front: Iterable[Any] = [here]
    for step in steps:
        front = [item[step] for item in _elements(front) if isinstance(item, dict) and step in item]
    return tuple(_elements(front))


def _elements(front: Iterable[Any]) -> Iterator[Any]:
    """The items in their order, lists within lists flattened."""
    pending = [iter(front)]
    while pending:
        for item in pending[-1]:
            if isinstance(item, list):
                pending.append(iter(item))
                break
            yield item
        else:
            pending.pop()
