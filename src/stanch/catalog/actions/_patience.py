"""AWS refuses to change what it is still busy changing; a moment later it lets it."""

from collections.abc import Callable, Collection

from stanch.catalog.actions._settle import settled
from stanch.contracts.action import Wait
from stanch.contracts.aws import AwsError


def patiently(attempt: Callable[[], object], busy: Collection[str], wait: Wait) -> None:
    """Attempt it until AWS no longer answers with one of these codes; raises AwsError for another, or in the end."""
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
