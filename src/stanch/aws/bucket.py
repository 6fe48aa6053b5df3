"""S3 answers a listing a thousand keys at a time, in the order of their bytes, from any key one names."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from stanch.aws.door import Door
from stanch.aws.errors import WIRE, translated
from stanch.contracts.aws import AwsError

TRIES = 8
"""How often one page or range is asked for before it is given up; where S3 throttles, boto3 repeats each five times."""
_LONGEST_WAIT = 20.0
_PIECE = 1 << 18

# What passes by itself: a connection that broke, and S3 asking for patience. What could not even begin is not here:
# boto3 has repeated that five times already, and a network that is gone would be waited for once for each file.
_PASSING = {
    "ConnectionClosedError",
    "IncompleteReadError",
    "InternalError",
    "ReadTimeoutError",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ResponseStreamingError",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "500",
    "503",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was asked of S3 and what came: the figures of the bill."""

    requests: int = 0
    bytes: int = 0

    def __add__(self, other: "Fetched") -> "Fetched":
        return Fetched(self.requests + other.requests, self.bytes + other.bytes)


@dataclass(frozen=True, slots=True)
class Listed:
    """One object as it was listed; `etag` names this very content, quotes included."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a listing, in the order of keys; `token` leads to the next, None at the end."""

    objects: tuple[Listed, ...]
    folders: tuple[str, ...]
    token: str | None

    @classmethod
    def read(cls, answer: dict[str, Any]) -> Self:
        """From what ListObjectsV2 answers."""
        objects = tuple(Listed(str(o["Key"]), int(o["Size"]), str(o["ETag"])) for o in answer.get("Contents", ()))
        folders = tuple(str(folder["Prefix"]) for folder in answer.get("CommonPrefixes", ()))
        return cls(objects, folders, answer.get("NextContinuationToken"))


class Bucket:
    """One bucket, or one access point by its ARN, behind one door; safe to use from many threads."""

    def __init__(
        self,
        door: Door,
        name: str,
        *,
        requester_pays: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._door = door
        self._always: dict[str, Any] = {"Bucket": name}
        if requester_pays:
            self._always["RequestPayer"] = "requester"
        self._sleep = sleep
        self._fetched = Fetched()
        self._guard = threading.Lock()

    @property
    def fetched(self) -> Fetched:
        """What this object has cost so far; what boto3 repeats by itself is not counted."""
        return self._fetched

    def page(self, prefix: str, *, delimiter: str = "", after: str = "", token: str | None = None) -> Page:
        """One page of the keys under `prefix`, from the first after `after`; raises AwsError."""
        asked = {"Prefix": prefix, "Delimiter": delimiter, "StartAfter": after, "ContinuationToken": token}
        given = {**self._always, **{name: value for name, value in asked.items() if value}}
        tries = 0
        while True:
            self._count(Fetched(requests=1))
            try:
                return Page.read(self._door.call("s3", "ListObjectsV2", **given))
            except AwsError as error:
                tries += 1
                self._wait_or_raise(error, tries)

    def read(self, what: Listed, start: int, stop: int, abandoned: Callable[[], bool] = lambda: False) -> memoryview:
        """The bytes `start` to `stop` of this content and no other; a broken connection is taken up where it broke.

        Raises AwsError; code PreconditionFailed when the object has been replaced since it was listed. Returns what it
        has when `abandoned` says that nobody waits any longer.
        """
        got = bytearray()
        tries = 0
        while start + len(got) < stop and not abandoned():
            try:
                for piece in self._pieces(what, start + len(got), stop):
                    got += piece
                    if abandoned():
                        break
            except AwsError as error:
                tries += 1
                self._wait_or_raise(error, tries)
        return memoryview(got)

    def _pieces(self, what: Listed, start: int, stop: int) -> Iterator[bytes]:
        asked = {"Key": what.key, "IfMatch": what.etag}
        if start or stop < what.size:
            asked["Range"] = f"bytes={start}-{stop - 1}"
        self._count(Fetched(requests=1))
        answer = self._door.opened("s3", "GetObject", **self._always, **asked)
        body = answer["Body"]
        try:
            if answer.get("ETag") != what.etag or answer.get("ContentLength") != stop - start:
                raise AwsError("s3:GetObject", "PreconditionFailed", "the answer is of another content")
            while piece := body.read(min(_PIECE, stop - start)):
                self._count(Fetched(bytes=len(piece)))
                start += len(piece)
                yield piece
        except WIRE as error:
            raise translated("s3:GetObject", error) from error
        finally:
            body.close()
        if start < stop:
            raise AwsError("s3:GetObject", "IncompleteReadError", "the answer ended early")

    def _wait_or_raise(self, error: AwsError, tries: int) -> None:
        if tries >= TRIES or error.code not in _PASSING:
            raise error
        self._sleep(random.random() * min(_LONGEST_WAIT, 0.1 * 2**tries))  # noqa: S311 - jitter, not a secret

    def _count(self, more: Fetched) -> None:
        with self._guard:
            self._fetched += more
