"""Whoever creates a flow log chooses its fields and their order: only a file's first line tells which column is which.

Reads: the header of S3 delivery, the default format of version 2 without a header, and either behind the time that an
export of CloudWatch Logs writes before each message.
Source: Amazon VPC User Guide, "Flow log records".
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

NUMBERS = {
    "srcport": "INTEGER",
    "dstport": "INTEGER",
    "protocol": "SMALLINT",
    "packets": "BIGINT",
    "bytes": "BIGINT",
    "start": "BIGINT",
    "end": "BIGINT",
}
WORDS = (
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "action",
    "log-status",
    "vpc-id",
    "instance-id",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "region",
    "pkt-dst-aws-service",
    "flow-direction",
    "traffic-path",
)
USED = frozenset((*NUMBERS, *WORDS))
"""The fields that are summed or grouped by; all others, today's and tomorrow's, are passed over."""
DEFAULT = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport",
    "protocol", "packets", "bytes", "start", "end", "action", "log-status",
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9-]{0,60}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_MOST_FIELDS = 200


class FormError(ValueError):
    """These columns are no flow log that can be summed; the message says what is missing."""


class LacksError(FormError):
    """A header names columns, but not all without which nothing can be summed."""


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of a file: the field in each, in the order of the file; `headed` says that line 1 only names them."""

    fields: tuple[str, ...]
    headed: bool = True

    @classmethod
    def of_line(cls, line: bytes) -> Self:
        """Read the first line of a text file; raises FormError."""
        words = line.decode("utf-8", "replace").removeprefix("\ufeff").split()
        if len(words) > _MOST_FIELDS:
            raise FormError(f"its first line has {len(words)} fields")
        stamp = ("",) * _before(words)
        rest = words[len(stamp) :]
        names = [name_of(word) for word in rest]
        if sum(name in USED for name in names) >= 3 and all(map(_NAME.fullmatch, names)):
            return cls(_sufficient((*stamp, *names)))
        if len(rest) == len(DEFAULT) and rest[0] == "2" and rest[13] in {"OK", "NODATA", "SKIPDATA"}:
            return cls((*stamp, *DEFAULT), headed=False)
        raise FormError("no header names its columns, and they are not the 14 of the default format")

    @classmethod
    def of_columns(cls, names: Iterable[str]) -> Self:
        """Read the column names of a Parquet file, where `-` is written `_`; raises FormError."""
        return cls(_sufficient(tuple(name_of(name) for name in names)))

    def column(self, field: str) -> int | None:
        """Where a field is, None where this format does not log it; the first one counts."""
        return self.fields.index(field) if field in self.fields else None


def _before(words: Sequence[str]) -> int:
    """Columns that CloudWatch Logs puts before those of the log: a time, and the stream's name in `aws logs tail`."""
    if not words or not _STAMP.fullmatch(words[0]):
        return 0
    return 2 if len(words) == len(DEFAULT) + 2 and words[2] == "2" else 1


def name_of(word: str) -> str:
    """A field's name as the User Guide writes it."""
    return word.lower().replace("_", "-")


def _sufficient(fields: tuple[str, ...]) -> tuple[str, ...]:
    wanted = (("srcaddr", "pkt-srcaddr"), ("dstaddr", "pkt-dstaddr"), ("start",), ("bytes",))
    missing = [either[0] for either in wanted if not any(field in fields for field in either)]
    if missing:
        raise LacksError(f"its format does not log {', '.join(missing)}")
    return fields
