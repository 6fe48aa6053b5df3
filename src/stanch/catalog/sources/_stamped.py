"""CloudWatch Logs puts a time before each record where it exports a log group, and `aws logs tail` the stream as well.

A line without a record is told: a log group may hold more than CloudTrail's, and a text of several lines.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

from stanch.catalog.sources._json import BOM, Opened, lines, opened
from stanch.catalog.sources._outline import is_record
from stanch.catalog.sources._unreadable import Unreadable

_STAMP = re.compile(
    rb"\s*+\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9}+)?(?:Z|[+-]\d\d:?\d\d)?[ \t]++"
    rb"(?:[^\s{]\S{0,511}+[ \t]++)?(?=\{)"
)
_FIRST = 50
"""Lines of a file among which one must be a record."""
_NO_RECORD = "a line of a log group that is no record of CloudTrail"


@lru_cache(maxsize=2)  # it is asked when a file is recognised, and again when it is read
def stamped(head: bytes) -> bool:
    """Whether records of CloudTrail stand behind times in this file, by its first bytes."""
    first = head.removeprefix(BOM).split(b"\n", _FIRST)[:_FIRST]
    return any(is_record(line[stamp.end() :]) for line in first if (stamp := _STAMP.match(line)))


def records(stream: BinaryIO) -> Iterator[Opened]:
    """The record of each line, opened as `documents` opens one."""
    for line in lines(stream):
        if isinstance(line, Unreadable):
            yield line
        elif stamp := _STAMP.match(line):
            yield opened(line[stamp.end() :])
        elif line.lstrip()[:1] == b"{":
            yield opened(line)
        else:
            yield Unreadable(_NO_RECORD)
