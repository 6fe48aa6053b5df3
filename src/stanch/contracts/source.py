"""A source turns raw bytes into events: a module with these names, one file for each kind of log."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol, runtime_checkable

from stanch.domain.event import Event, Skipped


class LogFile(Protocol):
    """One file of logs, wherever it lies; opening it may raise OSError.

    One that takes long to begin has an attribute `distant`, which is true: several may be opened side by side. One that
    only the process that made it can open has an attribute `stays`, which is true.
    """

    @property
    def path(self) -> str:
        """Its name for people and for evidence: text, whatever bytes it lies under."""

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


class Batch(Protocol):
    """Some records of one file, still as text: `text` is a JSON list of them."""

    @property
    def text(self) -> bytes:
        """The list, as long as a processor's cache likes it."""

    def event(self, record: bytes) -> Event | None:
        """One record of the list as an event; None for one that is none, which is told when all batches are read."""

    def slowly(self) -> Iterator[Event]:
        """Every event of the list, read one by one, whatever is wrong with the others."""


@runtime_checkable
class Batched(Protocol):
    """A source whose files may be cut into batches, so that records nobody asks for are never decoded."""

    def splittable(self, head: bytes) -> bool:
        """Whether this file, by its first inflated bytes, can be cut."""

    def batches(self, path: str, stream: BinaryIO, head: bytes) -> Iterator[Batch | Skipped]:
        """Yield the batches of one such file, and last what of it could not be read; never raises for bad content."""
