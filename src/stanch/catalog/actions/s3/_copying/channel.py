"""A channel is one way out of a bucket; each part of it (a rule, an export) is stopped by itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from stanch.catalog.actions.s3._bucket import Bucket
from stanch.catalog.actions.s3._copying.places import Places


@dataclass(frozen=True, slots=True)
class Leak:
    """One part of a channel that leads outside: its value now, the value that stops it, where to, and the API call.

    `after` is what its undo cannot bring back, or what else it costs.
    """

    now: Any
    stopped: Any
    told: str
    after: str | None = None


class Channel(Protocol):
    """The names that a module in this folder must hold. Values are JSON; None is a part that is not there."""

    def leaks(self, bucket: Bucket, places: Places) -> Mapping[str, Leak]:
        """The parts that lead outside, by their ids. Raises AwsError."""

    def held(self, bucket: Bucket, ids: Collection[str]) -> dict[str, Any]:
        """The value of each of these parts. Raises AwsError."""

    def put(self, bucket: Bucket, values: Mapping[str, Any]) -> None:
        """Give these parts these values, and leave all others as they are. Raises AwsError."""
