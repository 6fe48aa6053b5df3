"""AWS is eventually consistent: a change is in force within seconds, not when the call returns."""

from collections.abc import Callable

from stanch.contracts.action import Wait

PAUSES = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
"""Seconds between looks; together longer than the 3-4 s IAM is known to take, with room to spare."""


def settled(holds: Callable[[], bool], wait: Wait) -> bool:
    """Ask until it holds or the pauses are used up; the last answer."""
    for pause in PAUSES:
        if holds():
            return True
        wait(pause)
    return holds()
