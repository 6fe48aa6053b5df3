"""What is told to stop takes its time: a container half a minute, a notebook or an endpoint a few minutes."""

from collections.abc import Callable

from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Wait

ROUNDS = 16
"""How often the usual pauses are gone through: together some four minutes."""


def stopped(holds: Callable[[], bool], wait: Wait) -> bool:
    """Ask until it holds or the patience ends; the last answer."""
    return any(settled(holds, wait) for _ in range(ROUNDS))
