"""Undo overwrites nothing it did not write: each part must still be as it was left, or be back already."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stanch.domain.step import State

Path = tuple[str, ...]
_MOMENT = re.compile(r"\d{4}-?\d\d-?\d\dT\d\d:?\d\d:?\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_ABSENT = "(absent)"


def plain(state: State) -> dict[str, Any]:
    """The state as the journal gives it back: lists for tuples, text keys."""
    read: dict[str, Any] = json.loads(json.dumps(state))
    return read


def timeless(calls: Iterable[str]) -> list[str]:
    """Calls in words without their moments: what looking again a minute later must find the same."""
    return [_MOMENT.sub("T", call) for call in calls]


def same(one: State, other: State) -> bool:
    """Whether two states say the same."""
    return not list(_differing(one, other))


def strays(now: State, left: State, before: State) -> list[str]:
    """The parts of `now` that are neither as stanch left them nor as they were before, each shown as a difference."""
    ours, theirs, first = _leaves(now), _leaves(left), _leaves(before)
    return [
        _shown(path, theirs.get(path, _ABSENT), ours.get(path, _ABSENT))
        for path in _differing(now, left)
        if not _equal(ours.get(path, _ABSENT), first.get(path, _ABSENT))
    ]


def first(before: State, after: State, now: State) -> dict[str, Any]:
    """The state to lead back to: `before` where `now` is as stanch left it or as it was, else what somebody made it."""
    kept: dict[str, Any] = {}
    for key, value in now.items():
        old, ours = before.get(key), after.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping) and isinstance(ours, Mapping):
            kept[key] = first(old, ours, value)
        else:
            kept[key] = old if _equal(value, ours) or _equal(value, old) else value
    return kept


def differences(now: State, wanted: State) -> list[str]:
    """How `now` differs from `wanted`, in words."""
    ours, theirs = _leaves(now), _leaves(wanted)
    return [_shown(path, theirs.get(path, _ABSENT), ours.get(path, _ABSENT)) for path in _differing(now, wanted)]


def _differing(one: State, other: State) -> Iterator[Path]:
    ours, theirs = _leaves(one), _leaves(other)
    for path in dict.fromkeys((*ours, *theirs)):
        if not _equal(ours.get(path, _ABSENT), theirs.get(path, _ABSENT)):
            yield path


def _leaves(state: State, above: Path = ()) -> dict[Path, Any]:
    leaves: dict[Path, Any] = {}
    for key, value in state.items():
        if isinstance(value, Mapping):
            leaves |= _leaves(value, (*above, key))
        else:
            leaves[(*above, key)] = value
    return leaves


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) or (_document(one) is not None and bool(_document(one) == _document(other)))


def _document(value: Any) -> Any:
    """A policy kept as text, read; AWS may print the same policy in another way."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _shown(path: Path, was: Any, now: Any) -> str:
    where = " / ".join(path)
    one, other = _document(was), _document(now)
    if one is None or other is None:
        return f"{where}: was {_short(was)}, is {_short(now)}"
    lines = difflib.unified_diff(
        json.dumps(one, indent=1).splitlines(), json.dumps(other, indent=1).splitlines(), lineterm="", n=1
    )
    return "\n".join([f"{where}:", *(line for line in lines if not line.startswith(("---", "+++", "@@")))])


def documents(state: State) -> list[str]:
    """The policies in a state, as text."""
    return [leaf for leaf in _leaves(state).values() if isinstance(_document(leaf), Mapping)]


def _short(value: Any) -> str:
    text = value if value == _ABSENT else json.dumps(value)
    return text if len(text) <= 500 else f"{text[:500]}..."
