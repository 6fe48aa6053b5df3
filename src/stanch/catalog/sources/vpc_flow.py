"""VPC writes one flow record for each five-tuple at each network interface, every minute or every ten.

Reads: text of versions 2 to 10 in any custom format that its header names, the default format without a header, the
form in which CloudWatch Logs exports or tails either, and Parquet where S3 delivery puts it.
Blind to: what the bytes say; traffic to the instance metadata, the VPC's own resolver and Amazon's time service, and
DHCP: flow logs leave these out.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from stanch.domain.event import Event, Skipped

LOG = "vpc_flow"
TABLE = True
"""Its rows are summed as a table, by the million; none becomes an event."""

_FIELDS = frozenset(
    {"srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr", "interface-id", "log-status", "srcport", "dstport", "start"}
)
_DEFAULT = re.compile(
    rb"(?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)? (?:\S{1,512} )?)?"
    rb"2 (?:\d{12}|unknown) eni-[0-9a-f]+ (?:\S+ ){7}\d+ \d+ (?:ACCEPT|REJECT|-) "
    rb"(?:OK|NODATA|SKIPDATA)\s*"
)
_STAMP = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z ")
_BOM = b"\xef\xbb\xbf"
_PARQUET = b"PAR1"


def recognises(path: str, head: bytes) -> bool:
    """A header that names three fields of a flow log, a first line of the default format, or Parquet delivered as one.

    A Parquet file names its columns at its end only: there the path, which S3 delivery makes, decides.
    """
    if head.startswith(_PARQUET):
        return "vpcflowlogs" in path.lower()
    line = head.removeprefix(_BOM).partition(b"\n")[0]
    if _DEFAULT.fullmatch(line):
        return True
    words = _STAMP.sub(b"", line, count=1).decode("utf-8", "replace").lower().replace("_", "-").split()
    return len(_FIELDS.intersection(words)) >= 3 and ("srcaddr" in words or "pkt-srcaddr" in words)


def read(path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
    """Say that this file is to be summed with the others and not to be read record by record."""
    del stream  # a million rows are worth nothing one by one
    yield Skipped(path, "VPC flow logs: summed as a table, no record of theirs is an event", fault=False)
