"""An S3 key is no path: a prefix is text, and a folder is whatever ends at the next slash.

Reads: `s3://bucket/prefix`, and `s3://ARN/prefix` for an access point.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Self, TypeVar

from stanch.aws.bucket import Bucket, Listed
from stanch.aws.doorway import Doorway
from stanch.aws.ranged import Ranged
from stanch.aws.refusals import unread
from stanch.contracts.aws import AwsError
from stanch.stores.logs import S3

T = TypeVar("T")
_BUFFER = 1 << 18
_ACCESS_POINT = re.compile(
    r"(arn:[a-z0-9-]+:s3[a-z-]*:[a-z0-9-]*:\d{12}:(?:outpost[:/][a-z0-9-]+[:/])?accesspoint[:/][A-Za-z0-9.-]+)(?:/(.*))?",
    re.DOTALL,
)
_BUCKET = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])(?:/(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """One bucket or access point and the way to it; a value that any process can open."""

    name: str
    doorway: Doorway
    requester_pays: bool = False

    def bucket(self) -> Bucket:
        """The bucket itself; raises AwsError when there is nobody to ask as."""
        return Bucket(self.doorway.door(), self.name, requester_pays=self.requester_pays)

    def url(self, key: str = "") -> str:
        """What a person calls it."""
        return f"{S3}{self.name}/{key}"


@dataclass(frozen=True, slots=True)
class Prefix:
    """A place and the text that all keys begin with."""

    place: Place
    prefix: str

    @classmethod
    def parse(cls, path: str, doorway: Doorway, *, requester_pays: bool = False) -> Self:
        """Read `s3://bucket/prefix`; raises ValueError with what is wrong."""
        rest = path.removeprefix(S3)
        match = _ACCESS_POINT.fullmatch(rest) or _BUCKET.fullmatch(rest)
        if not match or (rest.startswith("arn:") and match.re is _BUCKET):
            raise ValueError(f"{path!r} names no bucket and no access point; write s3://bucket/prefix")
        if match[1].endswith("--x-s3"):
            # A walk that leaps needs keys in order; no service delivers logs here.
            raise ValueError(
                f"{path!r} is a directory bucket, which lists its keys in no order; copy the logs out of it"
            )
        return cls(Place(match[1], doorway, requester_pays), match[2] or "")


@dataclass(frozen=True, slots=True)
class S3File:
    """One object as it was listed; implements `contracts.source.LogFile`, and crosses into worker processes."""

    place: Place
    listed: Listed
    distant: ClassVar[bool] = True

    @property
    def path(self) -> str:
        """Its URL."""
        return self.place.url(self.listed.key)

    @property
    def size(self) -> int | None:
        """Bytes as stored."""
        return self.listed.size

    @property
    def version(self) -> str:
        """What tells this content from any other this key has had."""
        return f"{self.listed.etag} {self.listed.size}"

    def open(self) -> BinaryIO:
        """The stored bytes of what was listed, never of what replaced it; raises OSError, here or while reading."""
        bucket = self._asked(self.place.bucket)

        def part(start: int, stop: int, abandoned: Callable[[], bool]) -> memoryview:
            return self._asked(lambda: bucket.read(self.listed, start, stop, abandoned))

        return io.BufferedReader(Ranged(part, self.listed.size), _BUFFER)

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except AwsError as error:
            raise unread(error, self.place.url("*")) from error


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A prefix that could not be listed: an entry like any other, which cannot be opened and says why."""

    path: str
    why: OSError
    size: int | None = None

    def open(self) -> BinaryIO:
        """Raises the OSError that listing ended with."""
        raise self.why
