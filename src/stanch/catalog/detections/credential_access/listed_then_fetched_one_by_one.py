"""A program knows the names of what it needs; who lists them first and then fetches each, needs them all.

Reads: the lists of secrets, functions, task definitions or stacks that one session asked for within an hour, and how
many of them it then fetched.
Blind to: the console, names known from elsewhere, and what the principal does on other days too. Of role sessions only
secrets count: scanners of configuration work through functions and stacks by roles.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stanch.catalog.detections._questions import asked_by_hand, by_host, by_role, by_session, by_user_key, windows
from stanch.contracts.behaviour import About, Cell, History, Sighting, Whose
from stanch.domain.baseline import day_of
from stanch.domain.finding import Technique
from stanch.domain.severity import Severity

ABOUT = About(
    title="Secrets or settings listed, then fetched one by one",
    severity=Severity.MEDIUM,
    confidence=0.45,
    techniques=(Technique("attack", "T1555.006", "19"), Technique("attack", "T1552.001", "19")),
    playbook="stolen_user_key",
    by_hand="rotate what was fetched, and the passwords in it",
    whose=Whose.PRINCIPAL,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds for one session within one hour."""

    secrets: int = 3
    """Distinct secrets that a user's key or a host fetched: one or two are looked up by hand."""
    secrets_by_role: int = 5
    """Distinct secrets that a role's session fetched; people work by roles too."""
    settings: int = 5
    """Functions, task definitions or stacks of one kind that a user's key or a host fetched."""
    usual_days: int = 1
    """Days on which the principal fetches what it lists that are not yet its work."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is listed and then fetched: beginnings of API names, for some carry a version."""

    word: str
    lists: tuple[str, ...]
    fetches: tuple[str, ...]
    secret: bool = False


LIMITS = Limits()
_KINDS = (
    _Kind("secrets", ("ListSecrets",), ("GetSecretValue", "BatchGetSecretValue"), secret=True),
    _Kind("functions", ("ListFunctions",), ("GetFunction20", "GetFunctionConfiguration20")),
    _Kind("task definitions", ("ListTaskDefinition",), ("DescribeTaskDefinition",)),
    _Kind("stacks", ("ListStacks", "DescribeStacks"), ("GetTemplate",)),
)

_NAMES = tuple(name for kind in _KINDS for name in kind.lists + kind.fetches)


def judge(history: History, limits: Limits) -> Iterator[Sighting]:
    """Yield one sighting for each kind of thing that was listed and then fetched, by the session that fetched most."""
    named = (cell for cell in history.cells if cell.name.startswith(_NAMES))
    cells = [cell for cell in named if not cell.failed and _by_hand(cell, history)]
    for kind in _KINDS:
        best: tuple[int, list[Cell]] = (0, [])
        days: set[int] = set()
        for of_session in by_session(_of(kind, cells)).values():
            for window in windows(of_session):
                fetched = _fetched(kind, window)
                if fetched >= _least(kind, window[0], limits):
                    days.add(day_of(window[0].start))
                    best = max(best, (fetched, window), key=lambda found: found[0])
        if best[1] and len(days) <= limits.usual_days:
            yield Sighting(tuple(best[1]), f"{best[0]} {kind.word} fetched after listing them")


def _by_hand(cell: Cell, history: History) -> bool:
    known = by_user_key(cell) or by_host(cell) or by_role(cell)
    return known and not cell.console and asked_by_hand(cell, history)


def _of(kind: _Kind, cells: Sequence[Cell]) -> list[Cell]:
    return [
        cell for cell in cells if cell.name.startswith(kind.lists + kind.fetches) and (kind.secret or not by_role(cell))
    ]


def _fetched(kind: _Kind, cells: Sequence[Cell]) -> int:
    """How many were fetched after the first list; none where nothing was listed."""
    listed = min((cell.first for cell in cells if cell.name.startswith(kind.lists)), default=None)
    if listed is None:
        return 0
    after = [cell for cell in cells if cell.name.startswith(kind.fetches) and cell.last >= listed]
    if kind.secret:
        return len({secret for cell in after for secret in cell.objects})
    return sum(cell.count for cell in after)


def _least(kind: _Kind, cell: Cell, limits: Limits) -> int:
    if not kind.secret:
        return limits.settings
    return limits.secrets_by_role if by_role(cell) else limits.secrets
