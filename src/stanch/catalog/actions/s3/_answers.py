"""S3 has no word for "none": what is not configured is an error of its own name, and a listing goes on by a token."""

from collections.abc import Callable
from typing import Any

from stanch.contracts.aws import AwsError

Call = Callable[..., dict[str, Any]]
"""One call by its operation and parameters, in some bucket or account; raises AwsError."""


def found(call: Call, operation: str, absent: str, **params: Any) -> dict[str, Any] | None:
    """The answer, or None where AWS says with the code `absent` that there is none."""
    try:
        return call(operation, **params)
    except AwsError as error:
        if error.code != absent:
            raise
        return None


def listed(call: Call, operation: str, key: str, token: str, **params: Any) -> list[dict[str, Any]]:
    """All items under `key`; `token` goes on with the listing (botocore has no paginator for these)."""
    items: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        answer = call(operation, **params, **more)
        items.extend(answer.get(key) or ())
        following = answer.get(f"Next{token.removeprefix('Next')}")
        if not following:
            return items
        more = {token: str(following)}
