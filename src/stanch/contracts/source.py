"""A source turns raw bytes into events: a module with these names, one file for each kind of log."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from stanch.domain.event import Event, Skipped

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep a hostile file from taking the machine: bytes after inflating one file."""

    inflated_bytes: int = 2 * GIB


class Source(Protocol):
    """The names a module in `catalog/sources/` must hold. Its id is its path."""

    LOG: str
    """The `log` its events carry."""

    def recognises(self, path: str, head: bytes) -> bool:
        """Whether this file is of this log, from its path and its first inflated bytes (4 KiB)."""

    def read(self, path: str, stream: BinaryIO, limits: Limits) -> Iterator[Event | Skipped]:
        """Yield the events of one open file, and what of it could not be read. Never raises for bad input."""
