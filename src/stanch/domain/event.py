"""One record of a log, as the service wrote it, with the few facts that every log has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One log record.

    `id` is the log's own id (CloudTrail eventID), `time` is aware UTC, `log` the source's id, `file` where the record
    was read, `record` the raw form: hostile text, never trusted to have any field or type.
    """

    id: str
    time: datetime
    log: str
    file: str
    record: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that could not be read: never silent, always with why.

    `fault` is False where skipping is right (a digest, a duplicate file), True where something is missing. `part` says
    that the rest of the file was read.
    """

    path: str
    why: str
    fault: bool = True
    part: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: the caller's ARN, the role session's name, and the identity that the lineage began with."""

    arn: str
    session: str | None = None
    origin: str | None = None
    account: str | None = None
    access_key: str | None = None
    address: str | None = None

    @property
    def root(self) -> str:
        """What one actor's deeds are joined by: the origin where it is known."""
        return self.origin or self.arn


def is_identity(name: str) -> bool:
    """Whether this names somebody: an ARN does, and so does the account and principal id of another account's caller.

    `anonymous` or a service's name is shared by everybody who has none.
    """
    return name.startswith("arn:") or (name[:12].isdigit() and name[12:13] == ":")
