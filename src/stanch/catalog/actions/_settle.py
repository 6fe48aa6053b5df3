"""AWS is eventually consistent: a change is in force within seconds, not when the call returns."""

from collections.abc import Callable, Collection, Sequence

from stanch.contracts.action import Wait
from stanch.contracts.aws import AwsError

PAUSES = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
"""Seconds between looks; together longer than the 3-4 s IAM is known to take, with room to spare."""

MINUTES = PAUSES * 16
"""For what takes its time to stop: a container half a minute, a notebook or an endpoint some; four minutes together."""


def settled(holds: Callable[[], bool], wait: Wait, pauses: Sequence[float] = PAUSES) -> bool:
    """Ask until it holds or the pauses are used up; the last answer."""
    for pause in pauses:
        if holds():
            return True
        wait(pause)
    return holds()


def patiently(attempt: Callable[[], object], busy: Collection[str], wait: Wait) -> None:
    """Attempt it until AWS no longer answers with one of these codes; raises AwsError for another, or in the end.

    AWS refuses to change what it is still busy changing; a moment later it lets it.
    """
    refusals: list[AwsError] = []

    def done() -> bool:
        try:
            attempt()
        except AwsError as error:
            if error.code not in busy:
                raise
            refusals.append(error)
            return False
        return True

    if not settled(done, wait):
        raise refusals[-1]
