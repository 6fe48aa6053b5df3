"""What belongs to an account in one region, such as whether a service is on, has no ARN of AWS's; here it has one."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from stanch.contracts.collector import Look

T = TypeVar("T")


def account_in(look: Look, service: str) -> str:
    """The ARN of the account as a service has it in the region; lists of the service are asked of it too."""
    return f"arn:{look.partition}:{service}:{look.region}:{look.account}:account"


def batches(found: Sequence[T], size: int) -> Iterator[list[T]]:
    """So many at a time, for calls that describe several things at once."""
    for start in range(0, len(found), size):
        yield list(found[start : start + size])
