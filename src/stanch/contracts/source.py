"""A source turns raw bytes into events: a module with these names, one file for each kind of log."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from stanch.domain.event import Event, Skipped


class LogFile(Protocol):
    """One file of logs, wherever it lies; opening it may raise OSError."""

    @property
    def path(self) -> str:
        """Its name for people and for evidence."""

    @property
    def size(self) -> int | None:
        """Bytes as stored, None for a stream."""

    def open(self) -> BinaryIO:
        """Its bytes as stored, still compressed."""


class Source(Protocol):
    """The names a module in `catalog/sources/` must hold. Its id is its path."""

    LOG: str
    """The `log` its events carry."""

    def recognises(self, path: str, head: bytes) -> bool:
        """Whether this file is of this log, from its path and its first inflated bytes."""

    def read(self, path: str, stream: BinaryIO) -> Iterator[Event | Skipped]:
        """Yield the events of one file, already inflated, and what of it could not be read.

        Bad content is a Skipped, never an exception.
        """
