"""What a caller asks within the hour tells what he is after; which day he asks it again tells whether it is his work.

Reads: cells of calls, each with its caller, hour, region and outcome.
Blind to: the minute within an hour of calls that were made all through it.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from stanch.catalog.detections._reads import CARETAKERS, purpose, through_a_service
from stanch.contracts.behaviour import HOUR, Cell, History
from stanch.domain.baseline import day_of
from stanch.domain.event import is_identity

_HOST = re.compile(r"i-[0-9a-f]{8}(?:[0-9a-f]{9})?", re.IGNORECASE)


def by_user_key(cell: Cell) -> bool:
    """Whether a user's own key made the calls, or a session made from one; not the console."""
    return ":user/" in cell.actor.arn and not cell.console


def by_host(cell: Cell) -> bool:
    """Whether an EC2 instance's credentials made the calls."""
    return cell.actor.session is not None and _HOST.fullmatch(cell.actor.session) is not None


def by_role(cell: Cell) -> bool:
    """Whether a role's session made the calls, and neither a person in the console nor an instance."""
    return ":assumed-role/" in cell.actor.arn and not cell.console and not by_host(cell)


def asked_by_hand(cell: Cell, history: History) -> bool:
    """Whether somebody with a name asked for himself: neither AWS nor a declared caretaker."""
    if cell.is_aws or through_a_service(cell) or not is_identity(cell.principal):
        return False
    return purpose(cell, history) not in CARETAKERS


def windows(cells: Sequence[Cell], seconds: int = HOUR) -> Iterator[list[Cell]]:
    """The cells of each window; windows overlap by half, so that a burst of half of one lies within one."""
    halves: dict[int, list[Cell]] = {}
    for cell in cells:
        halves.setdefault(cell.first * 2 // seconds, []).append(cell)
    for half, early in halves.items():
        yield early + halves.get(half + 1, [])


def by_session(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """The cells of each session."""
    sessions: dict[str, list[Cell]] = {}
    for cell in cells:
        sessions.setdefault(cell.actor.arn, []).append(cell)
    return sessions


def widest(cells: Sequence[Cell], least: int, count: Callable[[Sequence[Cell]], int]) -> tuple[list[Cell], int] | None:
    """The window that counts most, with the number of days on which any counts at least `least`; None of none."""
    days: set[int] = set()
    best: list[Cell] = []
    for of_session in by_session(cells).values():
        for window in windows(of_session):
            counted = count(window)
            if counted >= least:
                days.add(day_of(window[0].start))
                if counted > (count(best) if best else 0):
                    best = window
    return (best, len(days)) if best else None
