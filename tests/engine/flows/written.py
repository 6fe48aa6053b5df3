"""Flow logs written by a test: rows by field name, as files that nobody has to store."""

import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from stanch.contracts.behaviour import FlowCell
from stanch.domain.estate import Estate, Perimeter
from stanch.engine.flows import Read, aggregate

START = 1779840000
V2 = [
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport",
    "protocol", "packets", "bytes", "start", "end", "action", "log-status",
]  # fmt: skip
V5 = [*V2, "vpc-id", "instance-id", "pkt-srcaddr", "pkt-dstaddr", "region", "pkt-dst-aws-service", "flow-direction"]
PLAIN = {
    "version": 2, "account-id": "111122223333", "interface-id": "eni-0a", "srcaddr": "10.0.0.5",
    "dstaddr": "203.0.113.9", "srcport": 40000, "dstport": 443, "protocol": 6, "packets": 10, "bytes": 1000,
    "start": START, "end": START + 60, "action": "ACCEPT", "log-status": "OK",
}  # fmt: skip

Row = Mapping[str, object]


def row(**fields: object) -> dict[str, object]:
    """A plain row with other values in these fields, `_` for `-`."""
    return {**PLAIN, **{name.replace("_", "-"): value for name, value in fields.items()}}


def line(values: Row, fields: Sequence[str] = V2) -> str:
    """One record; what it does not say is `-`."""
    return " ".join(str(values.get(name, "-")) for name in fields)


def text(rows: Sequence[Row], fields: Sequence[str] = V2, *, header: bool = True, end: str = "\n") -> bytes:
    """A file of these rows in this format."""
    lines = [" ".join(fields)] if header else []
    return "".join(each + end for each in [*lines, *(line(values, fields) for values in rows)]).encode()


@dataclass
class Stored:
    """A file of logs in memory."""

    content: bytes
    path: str = "flow.log"
    size: int | None = None
    opened: int = field(default=0)

    def open(self) -> BinaryIO:
        self.opened += 1
        return io.BytesIO(self.content)


@dataclass
class Local(Stored):
    """A file that lies on disk."""

    where: Path = Path()

    def open(self) -> BinaryIO:
        return self.where.open("rb")


class Gone(Stored):
    """A file that cannot be opened."""

    def open(self) -> BinaryIO:
        raise PermissionError(13, "Permission denied")


def summed(
    *contents: bytes | Stored, perimeter: Perimeter | None = None, limit: int = 1 << 30
) -> tuple[list[FlowCell], Read]:
    """All cells, host by host in the order of time, and what was read."""
    files = [
        each if isinstance(each, Stored) else Stored(each, f"{number}.log") for number, each in enumerate(contents)
    ]
    with aggregate(files, perimeter or Perimeter(), limit=limit) as table:
        return [cell for flows in table.histories(Estate()) for cell in flows.cells], table.read


def gz(content: bytes) -> bytes:
    """As S3 delivers."""
    return gzip.compress(content, mtime=0)
